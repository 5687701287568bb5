from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from lobby.errors import LobbyError
from lobby.models import Token
from lobby.tokens import (
    MOST_TOKENS,
    PREFIX,
    digest_of,
    find_caller,
    forget_tokens,
    make_token,
    make_tokens,
    revoke_token,
    tokens_of,
)
from tests.lobby.world import Lobby


async def test_a_token_is_kept_as_a_digest_alone(live_db: None) -> None:
    text, row = await make_token(" Robo ", ["play", "read"])
    assert text.startswith(PREFIX)
    assert row.digest == digest_of(text)
    assert text.startswith(row.hint)
    assert text not in {str(getattr(row, field.name)) for field in Token._meta.fields}
    assert (row.name, row.scopes) == ("Robo", ["read", "play"])


async def test_the_caller_is_a_player_of_its_own(live_db: None) -> None:
    text, row = await make_token("Robo", ["read"])
    caller = await find_caller(text)
    assert caller is not None
    assert (caller.token, caller.player.kind) == (row.pk, "api")
    assert caller.scopes == frozenset({"read"})
    assert await find_caller(text + "x") is None


async def test_use_is_written_down_at_most_once_a_minute(live_db: None) -> None:
    text, row = await make_token("Robo", ["read"])
    await find_caller(text)
    await row.arefresh_from_db()
    first = row.used_at
    assert first is not None
    await find_caller(text)
    await row.arefresh_from_db()
    assert row.used_at == first
    await Token.objects.aupdate(used_at=timezone.now() - timedelta(minutes=2))
    await find_caller(text)
    await row.arefresh_from_db()
    assert row.used_at is not None
    assert row.used_at > first


async def test_a_revoked_token_counts_no_more_and_only_its_owner_revokes(live_db: None, lobby: Lobby) -> None:
    text, row = await make_token("Robo", ["read"], owner="g-ann")
    assert not await revoke_token(row.pk, "g-bob")
    assert not await revoke_token(row.pk, "")
    assert await revoke_token(row.pk, "g-ann")
    assert not await revoke_token(row.pk, "g-ann")
    assert await find_caller(text) is None
    assert await tokens_of("g-ann").acount() == 0


@pytest.mark.parametrize(
    ("name", "scopes", "field"), [("", ["read"], "name"), ("x" * 25, ["read"], "name"), ("R", [], "scopes")]
)
async def test_what_is_wrong_is_named(live_db: None, name: str, scopes: list[str], field: str) -> None:
    with pytest.raises(LobbyError) as caught:
        await make_token(name, scopes)
    assert field in caught.value.fields


async def test_an_unknown_scope_is_named(live_db: None) -> None:
    with pytest.raises(LobbyError, match="no scope fly; choose from read, play, open"):
        await make_token("Robo", ["read", "fly"])


async def test_a_guest_has_a_limited_number(live_db: None) -> None:
    for number in range(MOST_TOKENS):
        await make_token(f"R{number}", ["read"], owner="g-ann")
    with pytest.raises(LobbyError, match="Revoke one"):
        await make_token("Robo", ["read"], owner="g-ann")
    await make_token("Robo", ["read"], owner="g-bob")


async def test_operators_tokens_are_made_on_the_server_alone(live_db: None) -> None:
    with pytest.raises(LobbyError, match="no scope operate"):
        await make_token("Robo", ["operate"], owner="g-ann")
    text, _ = await make_token("Night shift", ["operate"])
    caller = await find_caller(text)
    assert caller is not None
    assert caller.scopes == frozenset({"operate"})


async def test_many_are_made_and_forgotten_at_once(live_db: None) -> None:
    kept, _ = await make_token("Robo", ["read"])
    texts = await make_tokens("Load", 600, ["read", "play"])
    callers = [await find_caller(text) for text in texts[:2]]
    assert [(c.player.name, sorted(c.scopes)) for c in callers if c] == [
        ("Load 1", ["play", "read"]),
        ("Load 2", ["play", "read"]),
    ]
    assert len({c.player.id for c in callers if c}) == 2
    await forget_tokens(texts)
    assert [await find_caller(texts[0]), await find_caller(texts[-1])] == [None, None]
    assert await find_caller(kept) is not None
