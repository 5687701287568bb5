from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from lobby import callers as module
from lobby.caching import cache_client
from lobby.callers import Callers
from lobby.tokens import Caller, change_word, digest_of, look_up, make_token, revoke_token, word_key
from tests.lobby.world import Lobby


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The digests that the database was asked for."""
    asked: list[str] = []

    async def look(digest: str) -> tuple[Caller, datetime | None] | None:
        asked.append(digest)
        return await look_up(digest)

    monkeypatch.setattr(module, "look_up", look)
    return asked


async def word() -> bytes | None:
    found: bytes | None = await cache_client().call("GET", word_key())
    return found


async def test_one_look_up_for_many_calls(lobby: Lobby, live_db: None, looked: list[str]) -> None:
    text, row = await make_token("Robo", ["read"])
    await change_word()
    callers, now = Callers(), await word()
    found = [await callers.find(digest_of(text), now) for _ in range(5)]
    assert [caller.token if caller else None for caller in found] == [row.pk] * 5
    assert len(looked) == 1


async def test_nobody_is_remembered_for_a_token_that_does_not_count(
    lobby: Lobby, live_db: None, looked: list[str]
) -> None:
    await change_word()
    callers, now = Callers(), await word()
    assert [await callers.find("0" * 64, now) for _ in range(2)] == [None, None]
    assert len(looked) == 2


async def test_who_may_operate_is_looked_up_for_each_call(lobby: Lobby, live_db: None, looked: list[str]) -> None:
    text, _ = await make_token("Night shift", ["operate"])
    await change_word()
    callers, now = Callers(), await word()
    for _ in range(3):
        assert await callers.find(digest_of(text), now) is not None
    assert len(looked) == 3


async def test_only_who_has_the_token_makes_every_process_look_again(lobby: Lobby, live_db: None) -> None:
    _, row = await make_token("Robo", ["read"], owner="g-ann")
    await change_word()
    before = await word()
    assert not await revoke_token(row.pk, "g-bob")
    assert await word() == before
    assert await revoke_token(row.pk, "g-ann")
    assert await word() != before


async def test_a_token_that_is_revoked_elsewhere_is_out_at_once(lobby: Lobby, live_db: None) -> None:
    text, row = await make_token("Robo", ["read"], owner="g-ann")
    await change_word()
    here, there = Callers(), Callers()
    for callers in (here, there):
        assert await callers.find(digest_of(text), await word()) is not None
    await revoke_token(row.pk, "g-ann")
    for callers in (here, there):
        assert await callers.find(digest_of(text), await word()) is None


async def test_a_cache_that_lost_the_word_gets_another_one(lobby: Lobby, live_db: None, looked: list[str]) -> None:
    text, _ = await make_token("Robo", ["read"])
    await change_word()
    callers, first = Callers(), await word()
    await callers.find(digest_of(text), first)
    await cache_client().call("DEL", word_key())
    assert await callers.find(digest_of(text), await word()) is not None, "it is not refused meanwhile"
    second = await word()
    assert second not in (None, first)
    assert await callers.find(digest_of(text), second) is not None
    assert len(looked) == 3, "nothing that was known under the first word counts"


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(minutes=10)], ids=["", "written by a clock ahead of ours"])
async def test_the_time_of_use_stays_as_exact_as_it_was(
    lobby: Lobby, live_db: None, looked: list[str], monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    text, row = await make_token("Robo", ["read"])
    await type(row).objects.filter(pk=row.pk).aupdate(used_at=timezone.now() + ahead)
    await change_word()
    callers, now = Callers(), await word()
    await callers.find(digest_of(text), now)
    later = timezone.now() + timedelta(seconds=61)
    monkeypatch.setattr(module, "timezone", SimpleNamespace(now=lambda: later))
    await callers.find(digest_of(text), now)
    assert len(looked) == 2


async def test_a_use_is_noted_to_be_written_once_a_minute(
    lobby: Lobby, live_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[int] = []
    monkeypatch.setattr(module, "uses", SimpleNamespace(note=noted.append))
    text, row = await make_token("Night shift", ["operate"])
    await change_word()
    callers, now = Callers(), await word()
    await callers.find(digest_of(text), now)
    assert noted == [row.pk]
    await type(row).objects.filter(pk=row.pk).aupdate(used_at=timezone.now())
    await callers.find(digest_of(text), now)
    assert noted == [row.pk]


async def test_so_many_are_remembered_and_no_more(
    lobby: Lobby, live_db: None, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KNOWN", 2)
    await change_word()
    callers, now = Callers(), await word()
    texts = [(await make_token(f"Robo {number}", ["read"]))[0] for number in range(3)]
    for text in (texts[0], texts[1], texts[0], texts[2], texts[0]):
        await callers.find(digest_of(text), now)
    assert len(looked) == 3
    await callers.find(digest_of(texts[1]), now)
    assert len(looked) == 4, "the one that was not asked for longest went"
