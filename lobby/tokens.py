"""Bearer tokens: made once and shown once, kept as a digest, looked up by it.

A token has 256 random bits, so a plain SHA-256 is enough: there is nothing to guess that a slow hash would protect.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from django.utils import timezone

from lobby.caching import cache_client, cache_key
from lobby.errors import LobbyError, store_down
from lobby.models import Token
from lobby.names import BadName, tidy_name
from rooms.core.ids import PlayerId
from rooms.core.inputs import Player
from rooms.store import StoreUnavailable

PREFIX: Final = "hf_"
Scope = Literal["read", "play", "open", "operate"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
SCOPE_WORDS: Final[dict[Scope, str]] = {
    "read": "See games, rooms and matches",
    "play": "Take a seat: quick play, and connect to rooms",
    "open": "Open new rooms",
    "operate": "See every room, resume and close it",
}
GUEST_SCOPES: Final[tuple[Scope, ...]] = tuple(scope for scope in SCOPES if scope != "operate")
"""What a guest may give to a token; the rest is for whoever runs the server, by `manage.py token`."""
MOST_TOKENS: Final = 10
"""Living tokens of one guest."""
USED_EVERY: Final = timedelta(minutes=1)
"""How exact `used_at` is: a busy program must not write to the database at every call."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that showed a token that counts: which one, who it plays as, what it may do."""

    token: int
    player: Player
    scopes: frozenset[str]


def digest_of(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def tidy_scopes(scopes: list[str], allowed: tuple[Scope, ...] = SCOPES) -> list[str]:
    """The scopes in their usual order. Raises LobbyError when one is none of `allowed`, or there is none."""
    unknown = sorted(set(scopes) - set(allowed))
    if unknown:
        message = f"There is no scope {', '.join(unknown)}; choose from {', '.join(allowed)}."
        raise LobbyError("unknown_scope", message, fields={"scopes": message})
    if not scopes:
        message = "Choose at least one thing that it may do."
        raise LobbyError("no_scope", message, fields={"scopes": message})
    return [scope for scope in SCOPES if scope in scopes]


async def make_token(name: str, scopes: list[str], owner: str = "") -> tuple[str, Token]:
    """A new token: its text, which nobody can learn again, and its row. Raises LobbyError."""
    try:
        name = tidy_name(name)
    except BadName as error:
        raise LobbyError("bad_name", str(error), fields={"name": str(error)}) from error
    scopes = tidy_scopes(scopes, GUEST_SCOPES if owner else SCOPES)
    if owner and await tokens_of(owner).acount() >= MOST_TOKENS:
        raise LobbyError("too_many_tokens", f"You have {MOST_TOKENS} tokens. Revoke one before you make another.", 409)
    text = PREFIX + secrets.token_urlsafe(32)
    row = await Token.objects.acreate(
        digest=digest_of(text),
        hint=text[:9],
        name=name,
        player=f"a-{secrets.token_urlsafe(12)}",
        owner=owner,
        scopes=scopes,
    )
    return text, row


def tokens_of(owner: str):  # type: ignore[no-untyped-def]  # the query set's own type has two unstable parameters
    """The living tokens of a guest, newest first."""
    return Token.objects.filter(owner=owner, revoked_at=None)


async def revoke_token(token: int, owner: str) -> bool:
    """End a token of `owner`'s. False when there is no such living one. Raises LobbyError: try it again."""
    if not await Token.objects.filter(pk=token, owner=owner).aexists():
        return False  # only for one's own must every process look again
    ended = await tokens_of(owner).filter(pk=token).aupdate(revoked_at=timezone.now())
    await change_word()
    return bool(ended)


async def find_caller(text: str) -> Caller | None:
    """Who shows `text`: one look-up, and at most one write a minute to say that the token was used."""
    found = await look_up(digest_of(text))
    if found is None:
        return None
    caller, used = found
    if use_is_due(used):
        await write_uses([caller.token])
    return caller


async def look_up(digest: str) -> tuple[Caller, datetime | None] | None:
    """Who shows the token with this digest, and when it was used, as far as that is written down."""
    row = await Token.objects.filter(digest=digest, revoked_at=None).afirst()
    if row is None:
        return None
    return Caller(row.pk, Player(PlayerId(row.player), row.name, "api"), frozenset(row.scopes)), row.used_at


def use_is_due(used: datetime | None) -> bool:
    """Whether a use of now is worth writing down."""
    return used is None or timezone.now() - used > USED_EVERY


async def write_uses(tokens: Collection[int]) -> None:
    """These tokens, some hundred at most, are used now."""
    await Token.objects.filter(pk__in=tokens).aupdate(used_at=timezone.now())


def word_key() -> str:
    """Where the cache keeps a word that is another one whenever a token was revoked (callers.py)."""
    return cache_key("tokens:word")


async def change_word() -> None:
    """What any process knows of tokens counts no more. Raises LobbyError."""
    await _write_word()


async def renew_word() -> None:
    """The cache has none, or has just got one from somebody else. Raises LobbyError."""
    await _write_word("NX")


async def _write_word(*how: str) -> None:
    try:
        await cache_client().call("SET", word_key(), secrets.token_urlsafe(9), *how)
    except StoreUnavailable as error:
        raise store_down() from error


async def make_tokens(name: str, count: int, scopes: list[str]) -> list[str]:
    """Many tokens at once, of players called "<name> 1" and so on, for whoever runs the server. Their texts."""
    texts = [PREFIX + secrets.token_urlsafe(32) for _ in range(count)]
    await Token.objects.abulk_create(
        Token(
            digest=digest_of(text),
            hint=text[:9],
            name=f"{name} {number}",
            player=f"a-{secrets.token_urlsafe(12)}",
            owner="",
            scopes=tidy_scopes(scopes),
        )
        for number, text in enumerate(texts, 1)
    )
    return texts


async def forget_tokens(texts: Sequence[str]) -> None:
    """Remove tokens that only one program has had, and will not use again."""
    for start in range(0, len(texts), 500):  # SQLite takes a thousand names in one question
        some = [digest_of(text) for text in texts[start : start + 500]]
        await Token.objects.filter(digest__in=some).adelete()
