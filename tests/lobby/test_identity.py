from __future__ import annotations

from typing import Any

import pytest
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from lobby.identity import (
    COOKIE,
    RENEW_S,
    SALT,
    YEAR_S,
    Guest,
    GuestIdentity,
    GuestMiddleware,
    TokenIdentity,
    new_guest,
    read_guest,
    sign_guest,
)
from lobby.tokens import make_token, revoke_token
from rooms.core.ids import RoomId
from rooms.core.inputs import Player
from rooms.passes import sign_bot_pass
from tests.lobby.world import ANN, Lobby, page

ROOM = RoomId("r" * 22)


def test_a_guest_survives_the_cookie() -> None:
    assert read_guest(sign_guest(Guest(ANN, picked=True))) == Guest(ANN, picked=True)


def test_strangers_get_different_ids_and_a_name() -> None:
    first, second = new_guest(), new_guest()
    assert first.player.id != second.player.id
    assert first.player.name
    assert not first.picked


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "nonsense",
        sign_guest(Guest(ANN, True))[:-1] + "x",
        signing.dumps(["g-ann", "Ann", True], salt="another"),
        signing.dumps(["g-ann", "Ann"], salt=SALT),
        signing.dumps(["g-ann", "x" * 25, True], salt=SALT),
        signing.dumps({"id": "g-ann"}, salt=SALT),
    ],
    ids=["empty", "nonsense", "last letter changed", "another salt", "a part missing", "name too long", "an object"],
)
def test_cookies_that_are_not_ours_make_no_guest(cookie: str) -> None:
    assert read_guest(cookie) is None


@pytest.mark.parametrize(("age", "fresh"), [(RENEW_S - 10, False), (RENEW_S + 10, True), (YEAR_S + 10, None)])
def test_old_cookies_are_renewed_and_lapse(monkeypatch: pytest.MonkeyPatch, age: int, fresh: bool | None) -> None:
    import time

    now = time.time()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now - age)
    cookie = sign_guest(Guest(ANN, True))
    monkeypatch.setattr("django.core.signing.time.time", lambda: now)
    guest = read_guest(cookie)
    assert (guest.fresh if guest else None) is fresh


def _through_middleware(request: HttpRequest) -> tuple[Any, HttpResponse]:
    seen: list[Any] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    return seen, GuestMiddleware(view)(request)


def _request(path: str, scheme: str = "http", cookie: str = "") -> HttpRequest:
    request = RequestFactory().get(path, secure=scheme == "https")
    if cookie:
        request.COOKIES[COOKIE] = cookie
    return request


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_stranger_becomes_a_guest(scheme: str) -> None:
    (request,), response = _through_middleware(_request("/", scheme))
    cookie = response.cookies[COOKIE]
    guest = read_guest(cookie.value)
    assert guest is not None
    assert guest.player == request.player
    assert (cookie["httponly"], cookie["samesite"], bool(cookie["secure"])) == (True, "Lax", scheme == "https")


def test_a_known_guest_keeps_the_cookie() -> None:
    (request,), response = _through_middleware(_request("/", cookie=sign_guest(Guest(ANN, True))))
    assert request.player == ANN
    assert COOKIE not in response.cookies


@pytest.mark.parametrize("path", ["/api/v1/rooms", "/healthz", "/static/x.css"])
def test_programs_are_not_made_guests(path: str) -> None:
    (request,), response = _through_middleware(_request(path))
    assert request.player is None
    assert COOKIE not in response.cookies


async def test_the_middleware_works_without_a_thread_too(lobby: Lobby) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.player.name)  # type: ignore[attr-defined]

    response = await GuestMiddleware(view)(_request("/", cookie=sign_guest(Guest(ANN, True))))
    assert response.content == b"Ann"


async def test_pages_know_the_guest(lobby: Lobby) -> None:
    answer = await page("Berta").get("/name/")
    assert "Playing as Berta" in answer.content.decode()


# -- sockets


class Seen:
    """An ASGI application that remembers its scope."""

    scope: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope


async def _player_of(identity: Any, **headers: str) -> Player | None:
    app = Seen()
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "websocket", "path": f"/ws/token/rooms/{ROOM}/", "headers": raw}
    await identity(app)(scope, None, None)
    found: Player | None = app.scope["player"]
    return found


async def test_sockets_know_the_guest_by_the_cookie() -> None:
    cookie = f"other=1; {COOKIE}={sign_guest(Guest(ANN, True))}"
    assert await _player_of(GuestIdentity, cookie=cookie) == ANN
    assert await _player_of(GuestIdentity, cookie=f"{COOKIE}=forged") is None
    assert await _player_of(GuestIdentity) is None


async def test_sockets_know_programs_by_a_token_with_the_scope_play(lobby: Lobby, live_db: None) -> None:
    text, row = await make_token("Robo", ["play"], owner="g-ann")
    player = await _player_of(TokenIdentity, authorization=f"Bearer {text}")
    assert player is not None
    assert (player.id, player.name, player.kind) == (row.player, "Robo", "api")
    reader, _ = await make_token("Reader", ["read"])
    assert await _player_of(TokenIdentity, authorization=f"Bearer {reader}") is None
    await revoke_token(row.pk, "g-ann")
    assert await _player_of(TokenIdentity, authorization=f"Bearer {text}") is None


@pytest.mark.parametrize("header", ["", "Bearer", "Basic hf_x", "Bearer hf_unknown", "Bearer other"])
async def test_sockets_without_a_token_that_counts_are_nobody(live_db: None, header: str) -> None:
    assert await _player_of(TokenIdentity, **({"authorization": header} if header else {})) is None


async def test_sockets_know_a_bot_by_its_pass_for_this_room_alone() -> None:
    bot = Player(ANN.id, "Echo", "bot")
    assert await _player_of(TokenIdentity, authorization=f"Bearer {sign_bot_pass(bot, ROOM)}") == bot
    other = sign_bot_pass(bot, RoomId("o" * 22))
    assert await _player_of(TokenIdentity, authorization=f"Bearer {other}") is None
