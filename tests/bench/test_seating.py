"""Rooms for measurements: filled through the log, with and without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from rooms.engine.config import EngineConfig
from rooms.engine.runner import Engine
from rooms.games import forget_games
from rooms.store import Store
from tests.bench import games
from tests.bench.seating import audience, open_rooms
from tests.rooms.engine.playing import until


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(games.install(tmp_path / "site"))
    forget_games()
    yield
    monkeypatch.undo()
    forget_games()


@pytest.fixture
async def running(valkey_url: str, installed: None) -> AsyncIterator[Engine]:
    stop = asyncio.Event()
    engine = Engine(EngineConfig(valkey_url, shards=4), stop)
    task = asyncio.create_task(engine.run())
    yield engine
    stop.set()
    await task


async def test_matches_tick_without_sockets_and_with_them(running: Engine, valkey_url: str) -> None:
    store = Store(valkey_url, 4)
    rooms = await open_rooms(store, "pulse", 3, players=8)
    assert len(set(rooms)) == 3
    first = running.counters.rooms_advanced
    await until(lambda: running.counters.rooms_advanced >= first + 9)
    parcels = running.counters.parcels
    async with audience(store, rooms, players=8):
        await until(lambda: running.counters.parcels > parcels + 9)
        tables = [running.holding.shards[store.shard_of(room)].tables[room] for room in rooms]
        assert [len(table.live.room.sockets) for table in tables] == [8, 8, 8]
        size = len(msgspec.msgpack.encode(tables[0].live.state))
        assert 460 <= size <= 480
    await until(lambda: not any(table.live.room.sockets for table in tables))
    assert {table.live.room.phase for table in tables} == {"playing"}, "those who are away keep their seats"
    await store.aclose()
