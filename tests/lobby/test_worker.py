from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from lobby import worker
from lobby.models import Match, Replay, Token
from lobby.stores import live_store
from lobby.worker import run_lobby, sweep
from rooms.core.facts import MatchOver
from rooms.core.journal import dump_lines
from rooms.store.keys import shard_keys
from tests.lobby.test_records import over
from tests.lobby.world import Lobby, until

OUTBOX = shard_keys(3).outbox


async def put(lobby: Lobby, raw: bytes) -> None:
    """A fact in the outbox, as a commit leaves it."""
    await lobby.valkey.xadd(OUTBOX, {"e": raw})


@pytest.fixture
async def running(lobby: Lobby, live_db: None) -> AsyncIterator[asyncio.Task[None]]:
    """The worker at work."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_lobby(stop))
    yield task
    stop.set()
    async with asyncio.timeout(5):
        await task


async def test_matches_are_recorded_once_and_leave_the_outbox(lobby: Lobby, running: asyncio.Task[None]) -> None:
    raw = msgspec.msgpack.encode(over())
    await put(lobby, raw)
    await put(lobby, raw)
    await put(lobby, msgspec.msgpack.encode(over(match=2)))
    await until(lambda: _emptied(lobby))
    assert await Match.objects.acount() == 2


async def test_what_cannot_be_read_is_let_go(
    lobby: Lobby, running: asyncio.Task[None], caplog: pytest.LogCaptureFixture
) -> None:
    await put(lobby, b"\xc1")
    await put(lobby, msgspec.msgpack.encode(over()))
    await until(lambda: _emptied(lobby))
    assert await Match.objects.acount() == 1
    assert "cannot be read" in caplog.text


async def test_a_match_waits_for_the_database(
    lobby: Lobby, running: asyncio.Task[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = asyncio.Event()

    async def fail(*_: object) -> bool:
        tried.set()
        raise OperationalError("database is locked")

    monkeypatch.setattr(worker, "AGAIN_S", 0.01)
    monkeypatch.setattr(worker, "arecord_match", fail)
    await put(lobby, msgspec.msgpack.encode(over()))
    async with asyncio.timeout(5):
        await tried.wait()
    assert await lobby.valkey.xlen(OUTBOX) == 1
    assert not running.done()


async def test_a_journal_goes_to_the_database_and_leaves_redis(lobby: Lobby, running: asyncio.Task[None]) -> None:
    match = over(journalled=True)
    journal = await journal_of(lobby, match)
    await put(lobby, msgspec.msgpack.encode(match))
    await until(lambda: _emptied(lobby))
    assert await Replay.objects.acount() == 1
    assert not await lobby.valkey.exists(journal)


async def test_a_recorder_killed_between_recording_and_saying_so_leaves_one_record(
    lobby: Lobby, live_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one killed before it recorded leaves none: the fact is still there for the next."""
    match = over(journalled=True)
    journal = await journal_of(lobby, match)
    await put(lobby, msgspec.msgpack.encode(match))
    store = live_store()
    for killed_at, recorded in (("arecord_match", 0), ("forget_journal", 1)):
        facts = await store.facts("outbox", worker.GROUP, f"killed-at-{killed_at}", 0)
        with monkeypatch.context() as patch:
            patch.setattr(worker if killed_at == "arecord_match" else store, killed_at, _killed)
            with pytest.raises(KeyboardInterrupt):
                await worker.record(store, facts[0])
        assert await Match.objects.acount() == await Replay.objects.acount() == recorded
        assert await lobby.valkey.exists(journal)
        await lobby.valkey.xgroup_destroy(OUTBOX, worker.GROUP)  # what it took is handed out again, here without delay
    (fact,) = await store.facts("outbox", worker.GROUP, "the next", 0)
    await worker.record(store, fact)
    assert await Match.objects.acount() == await Replay.objects.acount() == 1
    assert not await lobby.valkey.exists(journal)


async def _killed(*_: object) -> None:
    raise KeyboardInterrupt


async def journal_of(lobby: Lobby, match: MatchOver) -> str:
    """Put a journal of one line into Redis, as a commit leaves it; its key."""
    key = shard_keys(live_store().shard_of(match.room)).journal(match.room, match.match)
    await lobby.valkey.rpush(key, dump_lines([b"\x01"]))
    return key


async def test_old_replays_are_swept(live_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    match = await Match.objects.acreate(number=1, version=1, ticks=1, started_at=now, ended_at=now)
    replay = await Replay.objects.acreate(match=match, format=1, lines=b"")
    await Replay.objects.filter(pk=replay.pk).aupdate(created_at=now - timedelta(days=91))
    monkeypatch.setitem(settings.HOLDFAST, "REPLAY_DAYS", 0)
    assert await sweep() == (0, 0, 0)
    monkeypatch.setitem(settings.HOLDFAST, "REPLAY_DAYS", 90)
    assert await sweep() == (0, 0, 1)
    assert await Match.objects.acount() == 1


async def test_old_revoked_tokens_and_visits_are_swept(live_db: None) -> None:
    now = timezone.now()
    for name, revoked in (("old", now - timedelta(days=31)), ("new", now), ("living", None)):
        await Token.objects.acreate(digest=name, hint="", name=name, player=name, revoked_at=revoked)
    await Session.objects.acreate(session_key="a", session_data="", expire_date=now - timedelta(days=1))
    await Session.objects.acreate(session_key="b", session_data="", expire_date=now + timedelta(days=1))
    assert await sweep() == (1, 1, 0)
    assert [token.name async for token in Token.objects.order_by("name")] == ["living", "new"]


async def _emptied(lobby: Lobby) -> bool:
    return await lobby.valkey.xlen(OUTBOX) == 0
