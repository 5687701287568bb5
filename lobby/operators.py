"""Who may operate: a bearer token with the scope `operate`, shown once to a form and kept by the browser's session.

The session names the token's row and not its text, and each request looks it up again: one that is revoked is out at
once. A token has 256 random bits and is looked up by its digest, so neither guessing nor timing leads to one.
"""

from __future__ import annotations

from typing import Final

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from lobby.errors import LobbyError
from lobby.models import Token
from lobby.throttle import OPERATOR_ADDRESS, OPERATOR_ALL, address_of, spend
from lobby.tokens import digest_of

KEY: Final = "operator"
SESSION_S: Final = 12 * 3600
"""A shift: after that the token is asked for again."""


async def sign_in(request: HttpRequest, text: str) -> None:
    """Make this browser the operator's. Raises LobbyError when the token does not count, or after too many tries."""
    await spend((OPERATOR_ADDRESS, address_of(request)), (OPERATOR_ALL, "all"))
    digest = digest_of(text.strip())
    row = await Token.objects.filter(digest=digest, revoked_at=None).afirst()
    if row is None or not constant_time_compare(row.digest, digest) or "operate" not in row.scopes:
        message = "This is no operator's token. Make one on the server: manage.py token NAME --scopes operate"
        raise LobbyError("no_operator", message, 403, {"token": message})
    session = _session(request)
    await session.acycle_key()
    await session.aset(KEY, row.pk)
    await session.aset_expiry(SESSION_S)


async def sign_out(request: HttpRequest) -> None:
    """Forget it."""
    await _session(request).aflush()


async def operator_of(request: HttpRequest) -> Token | None:
    """The token that this browser has shown, while it counts; None for everybody else."""
    pk = await _session(request).aget(KEY)
    if pk is None:
        return None
    row: Token | None = await Token.objects.filter(pk=pk, revoked_at=None).afirst()
    return row if row is not None and "operate" in row.scopes else None


def _session(request: HttpRequest) -> SessionBase:
    session: SessionBase = request.session
    return session
