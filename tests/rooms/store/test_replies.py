"""Replies: one answer for one caller, or silence in time."""

from __future__ import annotations

import asyncio
import time

import pytest

from rooms.store import Commit, Lease, Store
from tests.rooms.store.making import Valkey, commit, take, until


async def test_the_answer_comes_to_who_waits(store: Store, lease: Lease) -> None:
    waiting = asyncio.create_task(store.reply(lease.shard, "token", 5.0))
    await asyncio.sleep(0)
    await commit(store, Commit(lease, replies={"token": b"yes", "other": b"no"}))
    assert await waiting == b"yes"


async def test_it_may_come_before_anybody_waits_and_is_fetched_once(store: Store, lease: Lease) -> None:
    await commit(store, Commit(lease, replies={"token": b"yes"}))
    assert await store.reply(lease.shard, "token", 1.0) == b"yes"
    assert await store.reply(lease.shard, "token", 0.02) is None


@pytest.mark.parametrize("timeout", [0.0, 0.05])
async def test_none_in_time(store: Store, timeout: float) -> None:
    began = time.monotonic()
    assert await store.reply(0, "nobody", timeout) is None
    assert time.monotonic() - began < 1.0


async def test_one_that_nobody_fetches_goes(small: Store, valkey: Valkey) -> None:
    """Here after 200 ms."""
    lease = await take(small)
    await commit(small, Commit(lease, replies={"token": b"yes"}))
    key = f"hf:{{s{lease.shard:02d}}}:re:token"
    assert 0 < await valkey.pttl(key) <= 200

    async def gone() -> bool:
        return not await valkey.exists(key)

    await until(gone)


async def test_many_wait_at_once(store: Store, lease: Lease) -> None:
    """More than there are connections for waiting: they queue and nobody is refused."""
    waiting = [asyncio.create_task(store.reply(lease.shard, f"t{n}", 0.2)) for n in range(150)]
    assert await asyncio.gather(*waiting) == [None] * 150
