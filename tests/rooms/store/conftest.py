"""Stores on a real, empty Valkey."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from rooms.store import Lease, Limits, Store
from tests.rooms.store.making import SHARDS, take


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    """A store of four shards."""
    store = Store(valkey_url, SHARDS)
    yield store
    await store.aclose()


@pytest.fixture
async def small(valkey_url: str) -> AsyncIterator[Store]:
    """A store whose limits are soon reached."""
    store = Store(valkey_url, SHARDS, Limits(log_entries=5, entry_bytes=200, events=3, lapsed_ms=2000, reply_ms=200))
    yield store
    await store.aclose()


@pytest.fixture
async def lease(store: Store) -> Lease:
    """The lease of ROOM's shard, loaded."""
    lease = await take(store)
    await store.load(lease)
    return lease
