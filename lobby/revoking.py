"""Living tokens as whoever runs the server sees them, those of guests too, and the end of one.

manage.py token --list | --revoke WHICH -> [revoking] -> database, and the word that callers.py goes by
"""

from __future__ import annotations

from typing import Final

from django.utils import timezone

from lobby.errors import LobbyError
from lobby.models import Token
from lobby.tokens import PREFIX, change_word, digest_of

MOST_LISTED: Final = 500
"""Living tokens in one list: the newest."""


async def living_tokens() -> tuple[list[Token], int]:
    """The newest MOST_LISTED tokens that count, newest first, and how many count altogether."""
    living = Token.objects.filter(revoked_at=None)
    return [row async for row in living[:MOST_LISTED]], await living.acount()


async def end_token(which: str) -> Token:
    """End the token with this number, these first letters or this whole text, whoever made it. Its row.

    Raises LobbyError: there is none, letters fit several, it was revoked before, or the processes that run could not
    be told (what the database says counts with them within a minute then; asking again tells them at once).
    """
    row = await _find(which.strip())
    ended = await Token.objects.filter(pk=row.pk, revoked_at=None).aupdate(revoked_at=timezone.now())
    try:
        await change_word()  # also for one that was revoked: the processes may not have been told
    except LobbyError as error:
        message = (
            f"Token {row.pk} “{row.name}” is revoked in the database, but Redis does not answer, so web processes may "
            "let it in for up to a minute more. Run this again when Redis answers."
        )
        raise LobbyError("not_told", message, error.status) from error
    if not ended:
        when = f"{row.revoked_at:%Y-%m-%d %H:%M} UTC" if row.revoked_at else "a moment ago"
        raise LobbyError("revoked", f"Token {row.pk} “{row.name}” was revoked already, {when}. It lets nobody in.", 409)
    return row


async def _find(which: str) -> Token:
    if which.isdecimal():
        fits = Token.objects.filter(pk=int(which)) if len(which) < 19 else Token.objects.none()  # the key has 64 bits
    elif which.startswith(PREFIX):
        fits = Token.objects.filter(digest=digest_of(which))
        if not await fits.aexists():
            fits = Token.objects.filter(hint=which.rstrip("…"), revoked_at=None)
    else:
        fits = Token.objects.none()
    rows = [row async for row in fits[:2]]
    if not rows:
        message = (
            f"There is no token “{which[:12]}”. `manage.py token --list` shows those that count, with their numbers."
        )
        raise LobbyError("not_found", message, 404)
    if len(rows) > 1:
        message = f"Several tokens begin with “{which[:12]}”. Give the number that `manage.py token --list` shows."
        raise LobbyError("several", message, 409)
    return rows[0]
