"""The store as a whole: one for each event loop, and only on a Redis that agrees with it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from rooms.store import ShardsDiffer, Store, StoreUnavailable
from rooms.store.store import _stores
from tests.rooms.store.making import SHARDS, Valkey


async def test_the_first_to_come_decides_the_number_of_shards(store: Store, valkey_url: str) -> None:
    await store.check()
    same, other = Store(valkey_url, SHARDS), Store(valkey_url, SHARDS + 1)
    await same.check()
    assert len(store.incarnation) == 16
    assert same.incarnation == store.incarnation
    with pytest.raises(ShardsDiffer) as caught:
        await other.check()
    assert (caught.value.stored, caught.value.ours) == (SHARDS, SHARDS + 1)
    await same.aclose()
    await other.aclose()


async def test_a_redis_that_lost_its_memory_has_another_incarnation(store: Store, valkey: Valkey) -> None:
    await store.check()
    before = store.incarnation
    await valkey.flushall()
    await store.check()
    assert store.incarnation != before


async def test_no_redis(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await Store(f"unix://{tmp_path}/none.sock", 4).check()


async def test_its_clock_is_that_of_redis(store: Store) -> None:
    assert abs(await store.now_ms() - time.time() * 1000) < 1000


def test_one_for_each_event_loop(valkey_url: str) -> None:
    """Connections belong to a loop; stores of loops that ended are forgotten."""

    async def use() -> Store:
        store = Store.of_loop(valkey_url, SHARDS)
        assert store is Store.of_loop(valkey_url, SHARDS)
        assert store is not Store.of_loop(valkey_url, SHARDS + 1)
        await store.check()
        await store.aclose()
        return store

    assert asyncio.run(use()) is not asyncio.run(use())
    assert sum(loop.is_closed() for loop in _stores) <= 1
