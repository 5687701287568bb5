"""Leases: one holder at a time by Redis' clock, and an epoch that only grows."""

from __future__ import annotations

import pytest

from rooms.store import Lease, Store
from tests.rooms.store.making import SHARDS, TTL, Valkey, until


async def test_one_holder_at_a_time(store: Store) -> None:
    first = await store.take(2, "a", TTL)
    assert first is not None
    assert (first.shard, first.owner) == (2, "a")
    assert await store.take(2, "b", TTL) is None
    assert await store.take(3, "b", TTL) is not None


async def test_taking_again_begins_a_new_epoch(store: Store) -> None:
    """Whatever was on its way under the old one is refused."""
    first = await store.take(0, "a", TTL)
    assert first is not None
    second = await store.take(0, "a", TTL)
    assert second is not None
    assert second.epoch > first.epoch
    assert await store.renew([first, second], TTL) == [first]


async def test_it_lapses_by_redis_clock(store: Store) -> None:
    held = await store.take(0, "a", 80)
    assert held is not None

    async def taken() -> bool:
        taken = await store.take(0, "b", TTL)
        return taken is not None and taken.epoch > held.epoch

    assert not await taken()
    await until(taken)
    assert await store.renew([held], TTL) == [held]


async def test_one_that_lapsed_and_nobody_took_is_still_ours(store: Store) -> None:
    held = await store.take(0, "a", 1)
    assert held is not None

    async def lapsed() -> bool:
        return (await store.leases())[0].left_ms == 0

    await until(lapsed)
    assert await store.renew([held], TTL) == []
    assert (await store.leases())[0].left_ms > 0


async def test_one_that_lapsed_for_long_is_taken_anew_with_its_gap(store: Store) -> None:
    """Redis stood still: the rooms of the shard must not count that time, and only taking tells how long it was."""
    held = await store.take(0, "a", 1)
    assert held is not None
    free_from = await store.now_ms()

    async def a_while() -> bool:
        return await store.now_ms() > free_from + 50

    await until(a_while)
    assert await store.renew([held], 20) == [held]
    again = await store.take(0, "a", TTL)
    assert again is not None
    assert again.gap_ms >= 45


async def test_renewing_holds_it_longer(store: Store) -> None:
    leases = [lease for shard in range(SHARDS) if (lease := await store.take(shard, "a", 500))]
    assert await store.renew(leases, TTL) == []
    assert all(TTL - 5000 < row.left_ms <= TTL for row in await store.leases())
    assert await store.renew([], TTL) == []


async def test_released_it_is_free_and_its_epoch_stays(store: Store) -> None:
    held = await store.take(0, "a", TTL)
    assert held is not None
    await store.release(held)
    row = (await store.leases())[0]
    assert (row.owner, row.epoch, row.left_ms) == ("", held.epoch, 0)
    assert await store.renew([held], TTL) == [held]
    assert ((await store.take(0, "b", TTL)) or held).epoch > held.epoch


@pytest.mark.parametrize("how", ["lapsed", "released"])
async def test_it_says_for_how_long_nobody_held_it(store: Store, how: str) -> None:
    """Time that the rooms of the shard should not count."""
    first = await store.take(0, "a", 1 if how == "lapsed" else TTL)
    assert first is not None
    assert first.gap_ms == 0
    if how == "released":
        await store.release(first)
    free_from = await store.now_ms()

    async def a_while() -> bool:
        return await store.now_ms() > free_from + 50

    await until(a_while)
    second = await store.take(0, "b", TTL)
    assert second is not None
    assert 50 <= second.gap_ms <= await store.now_ms() - free_from + 1000
    assert second.epoch > first.epoch


async def test_only_the_holder_can_release(store: Store) -> None:
    old = await store.take(0, "a", TTL)
    new = await store.take(0, "a", TTL)
    assert old is not None
    await store.release(old)
    assert new is not None
    await store.release(Lease(0, "b", new.epoch))
    assert await store.renew([new], TTL) == []


async def test_everybody_sees_every_shard(store: Store) -> None:
    held = await store.take(1, "engine-b", TTL)
    assert held is not None
    rows = await store.leases()
    assert [row.shard for row in rows] == list(range(SHARDS))
    assert [(row.owner, row.epoch) for row in rows] == [("", 0), ("engine-b", held.epoch), ("", 0), ("", 0)]


@pytest.mark.parametrize("ttl", [1, 10**12])
async def test_times_are_whole_milliseconds(store: Store, valkey: Valkey, ttl: int) -> None:
    """However large: Lua knows only floating-point numbers."""
    before = await store.now_ms()
    await store.take(0, "a", ttl)
    until_ms = int(await valkey.hget("hf:{s00}:lease", "until") or b"")
    assert before + ttl <= until_ms <= await store.now_ms() + ttl


async def test_epochs_are_made_from_the_time_and_grow_even_when_it_does_not(store: Store, valkey: Valkey) -> None:
    before = await store.now_ms()
    taken = [await store.take(0, "a", TTL) for _ in range(50)]  # more than one in a millisecond
    epochs = [lease.epoch for lease in taken if lease is not None]
    assert before <= epochs[0] <= await store.now_ms()
    assert len(epochs) == 50
    assert sorted(set(epochs)) == epochs
    await valkey.hset("hf:{s00}:lease", "epoch", before + 10**9)  # Redis' clock was put back by a fortnight
    assert ((await store.take(0, "a", TTL)) or taken[0]) == Lease(0, "a", before + 10**9 + 1)


@pytest.mark.parametrize("how", ["forgotten", "rolled back"])
async def test_no_epoch_is_given_twice_whatever_redis_forgets(store: Store, valkey: Valkey, how: str) -> None:
    await store.take(0, "a", TTL)
    older = await valkey.dump("hf:{s00}:lease")
    newest = await store.take(0, "a", TTL)
    await valkey.delete("hf:{s00}:lease")
    if how == "rolled back":
        await valkey.restore("hf:{s00}:lease", 0, older)
    assert newest is not None

    async def later() -> bool:
        return await store.now_ms() > newest.epoch  # nothing is restored within a millisecond

    await until(later)
    again = await store.take(0, "a", TTL)
    assert again is not None
    assert again.epoch > newest.epoch
    assert await store.renew([newest, again], TTL) == [newest]


async def test_several_at_once(store: Store) -> None:
    assert await store.take(1, "b", TTL) is not None
    taken = await store.take_all(range(SHARDS), "a", TTL)
    assert [None if lease is None else lease.owner for lease in taken] == ["a", None, "a", "a"]
    await store.release_all([held for held in taken if held is not None])
    assert [row.owner for row in await store.leases()] == ["", "b", "", ""]


async def test_one_whose_shard_is_not_where_we_left_it_counts_as_lost(store: Store, valkey: Valkey) -> None:
    """Idle rooms commit nothing, so that their engine would not learn of it before the next move."""
    lease = await store.take(0, "a", TTL)
    assert lease is not None
    await store.load(lease)
    assert await store.renew([lease], TTL) == []
    await valkey.hincrby("hf:{s00}:meta", "commits", 1)
    assert await store.renew([lease], TTL) == [lease]
