"""A store of eight shards on an empty Valkey, and a room that listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from rooms.core.ids import RoomId
from rooms.store import Store
from tests.rooms.engine.playing import WEB, Table


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    store = Store(valkey_url, 8)
    await store.check()
    await store.beat_web(WEB, 60_000)
    yield store
    await store.aclose()


@pytest.fixture
async def table(store: Store) -> AsyncIterator[Table]:
    table = Table(store, RoomId("T" * 22))
    table.listening = asyncio.Event()
    task = asyncio.create_task(table.listen())
    await table.listening.wait()
    yield table
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
