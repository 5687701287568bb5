"""Who is there: a guest by signed cookie, or a program by bearer token. Pages, API and sockets all ask here.

browser -> GuestMiddleware (pages) | GuestIdentity (sockets)        bot -> TokenIdentity (sockets), `lobby.tokens` (API)

The cookie holds the player's id and name, signed, so that a socket is known without a look into any store.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, cast

from asgiref.sync import iscoroutinefunction
from channels.db import aclose_old_connections
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.cookie import parse_cookie
from django.utils.decorators import sync_and_async_middleware

from lobby.names import LONGEST_NAME, generated_name
from lobby.tokens import PREFIX, Caller, find_caller
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Player
from rooms.passes import read_bot_pass

logger = logging.getLogger(__name__)

COOKIE: Final = "hf_guest"
SALT: Final = "holdfast.guest"
YEAR_S: Final = 365 * 24 * 3600
RENEW_S: Final = 30 * 24 * 3600
"""A cookie older than this is written anew, so that it lapses a year after the last visit and not the first."""
NO_GUESTS: Final = re.compile(r"/(api/|healthz|metrics|static/)")
"""Where a stranger is not made a guest: programs call these, and each call would make a new one."""

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Guest:
    """A person without an account. `picked`: they chose the name themselves."""

    player: Player
    picked: bool
    fresh: bool = False
    """The cookie must be written: it is new, or it grows old."""


def new_guest() -> Guest:
    """A stranger becomes a guest, with a name to begin with."""
    player = Player(PlayerId(f"g-{secrets.token_urlsafe(12)}"), generated_name())
    return Guest(player, picked=False, fresh=True)


def sign_guest(guest: Guest) -> str:
    """The cookie's value."""
    return signing.dumps([guest.player.id, guest.player.name, guest.picked], salt=SALT)


def read_guest(cookie: str) -> Guest | None:
    """The guest in a cookie, or None where it is missing, forged, too old or not of this shape."""
    if not cookie:
        return None
    try:
        held = signing.loads(cookie, salt=SALT, max_age=YEAR_S)
    except signing.BadSignature:
        logger.info("a guest cookie was not signed by this server, or is too old")
        return None
    match held:
        case [str(player), str(name), bool(picked)] if len(player) <= 64 and 0 < len(name) <= LONGEST_NAME:
            return Guest(Player(PlayerId(player), name), picked, fresh=_grows_old(cookie))
    return None


def _grows_old(cookie: str) -> bool:
    try:
        signing.loads(cookie, salt=SALT, max_age=RENEW_S)
    except signing.SignatureExpired:
        return True
    return False


def write_cookie(response: HttpResponse, guest: Guest, *, secure: bool) -> None:
    """Put the guest into the answer's cookie: no script reads it, and no other site sends it."""
    response.set_cookie(
        COOKIE, sign_guest(guest), max_age=YEAR_S, httponly=True, samesite="Lax", secure=secure, path="/"
    )


class PlayerRequest(HttpRequest):
    """A request that went through `GuestMiddleware`; views of the lobby name it as their argument."""

    guest: Guest
    player: Player


@sync_and_async_middleware
def GuestMiddleware(get_response: Any) -> Any:
    """Give every request `guest` and `player` (None where strangers stay strangers), and keep the cookie."""

    def before(request: HttpRequest) -> Guest | None:
        guest = read_guest(request.COOKIES.get(COOKIE, ""))
        if guest is None and not NO_GUESTS.match(request.path):
            guest = new_guest()
        known = cast(Any, request)
        known.guest, known.player = guest, guest.player if guest else None
        return guest

    def after(request: HttpRequest, response: HttpResponse, guest: Guest | None) -> HttpResponse:
        if guest and guest.fresh and COOKIE not in response.cookies:
            write_cookie(response, guest, secure=request.is_secure())
        return response

    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponse:
            guest = before(request)
            return after(request, await get_response(request), guest)

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponse:
        guest = before(request)
        return after(request, get_response(request), guest)

    return synchronous


# -- sockets: scope["player"] is a Player, or None for somebody unknown (the consumer refuses)


def header(scope: Scope, name: bytes) -> str:
    """A header of a handshake, or ""."""
    return next((value.decode("latin-1") for key, value in scope.get("headers", ()) if key == name), "")


class GuestIdentity:
    """ASGI middleware: the player in the cookie. No look into any store, no other thread."""

    def __init__(self, app: Application) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Any, send: Any) -> Awaitable[None]:  # no coroutine: gameserver/asgi.py
        guest = read_guest(parse_cookie(header(scope, b"cookie")).get(COOKIE, ""))
        return self.app({**scope, "player": guest.player if guest else None}, receive, send)


class TokenIdentity:
    """ASGI middleware: the player of a bearer token with the scope "play", or of a built-in bot's pass."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        scheme, _, token = header(scope, b"authorization").partition(" ")
        player = await self._player(token.strip(), scope) if scheme.lower() == "bearer" else None
        await self.app({**scope, "player": player}, receive, send)

    async def _player(self, token: str, scope: Scope) -> Player | None:
        if not token.startswith(PREFIX):
            room = scope.get("path", "").rstrip("/").rpartition("/")[2]
            return read_bot_pass(token, RoomId(room))
        await aclose_old_connections()  # no request ends here, which would do it
        caller: Caller | None = await find_caller(token)
        return caller.player if caller and "play" in caller.scopes else None
