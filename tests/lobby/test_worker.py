from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from lobby import worker
from lobby.models import Match, Token
from lobby.worker import run_lobby, sweep
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

    async def fail(_: object) -> bool:
        tried.set()
        raise OperationalError("database is locked")

    monkeypatch.setattr(worker, "AGAIN_S", 0.01)
    monkeypatch.setattr(worker, "arecord_match", fail)
    await put(lobby, msgspec.msgpack.encode(over()))
    async with asyncio.timeout(5):
        await tried.wait()
    assert await lobby.valkey.xlen(OUTBOX) == 1
    assert not running.done()


async def test_old_revoked_tokens_and_visits_are_swept(live_db: None) -> None:
    now = timezone.now()
    for name, revoked in (("old", now - timedelta(days=31)), ("new", now), ("living", None)):
        await Token.objects.acreate(digest=name, hint="", name=name, player=name, revoked_at=revoked)
    await Session.objects.acreate(session_key="a", session_data="", expire_date=now - timedelta(days=1))
    await Session.objects.acreate(session_key="b", session_data="", expire_date=now + timedelta(days=1))
    assert await sweep() == (1, 1)
    assert [token.name async for token in Token.objects.order_by("name")] == ["living", "new"]


async def _emptied(lobby: Lobby) -> bool:
    return await lobby.valkey.xlen(OUTBOX) == 0
