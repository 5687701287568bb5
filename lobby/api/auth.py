"""Who calls the API: a bearer token that counts, within its limits, with the scope that the call needs."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from lobby.callers import callers
from lobby.errors import LobbyError
from lobby.throttle import API_ADDRESS, API_STRANGER, API_TOKEN, REPLAY_GUEST, address_of, spend, spend_and_ask
from lobby.tokens import SCOPE_WORDS, Caller, Scope, digest_of, word_key


class Bearer(HttpBearer):
    """`Authorization: Bearer hf_...`"""

    async def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """The caller; None for a token that does not count. Raises LobbyError beyond a limit."""
        address, digest = address_of(request), digest_of(token)
        (word,) = await spend_and_ask([(API_ADDRESS, address), (API_TOKEN, digest)], [("GET", word_key())])
        caller = await callers.find(digest, word)
        if caller is None:
            await spend((API_STRANGER, address))
        return caller


async def guest(request: HttpRequest) -> Caller | None:
    """The guest of a page of ours, by cookie, for the calls that pages make too. Raises LobbyError beyond a limit."""
    player = getattr(request, "player", None)
    if player is None:
        return None
    await spend((API_ADDRESS, address_of(request)), (REPLAY_GUEST, player.id))
    return Caller(0, player, frozenset({"read"}))


def caller_with(request: HttpRequest, scope: Scope) -> Caller:
    """The caller, if its token has `scope`. Raises LobbyError."""
    caller: Caller = cast(Any, request).auth
    if scope not in caller.scopes:
        raise LobbyError("scope_missing", f"This token lacks the scope “{scope}” ({SCOPE_WORDS[scope].lower()}).", 403)
    return caller
