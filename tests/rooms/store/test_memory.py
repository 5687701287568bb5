"""Memory: who had more acknowledged than Redis has says so, once, and nobody plays on as if nothing were gone."""

from __future__ import annotations

import pytest

from rooms.store import Commit, Fenced, Lease, LeaseRow, Store
from rooms.store.commit import Kept
from rooms.store.keys import shard_keys
from rooms.store.memory import went_back
from tests.rooms.store.making import ROOM, SHARDS, TTL, Valkey, commit, take

KEPT = Kept("word", 1000, 20)


@pytest.mark.parametrize(
    ("row", "is_less"),
    [
        (LeaseRow(0, "a", 1000, 1, "word", 20, 5), False),
        (LeaseRow(0, "a", 1000, 1, "word", 21, 5), False),
        (LeaseRow(0, "a", 1000, 1, "word", 19, 5), True),
        (LeaseRow(0, "b", 1700, 1, "word", 90, 20), False),
        (LeaseRow(0, "b", 1700, 1, "word", 90, 19), True),  # the next owner has made up for the number
        (LeaseRow(0, "b", 900, 1, "word", 90, 19), False),  # that row is older than our lease: `since` says nothing
        (LeaseRow(0, "a", 1000, 1, "other", 3, 0), False),  # said already
        (LeaseRow(0, "", 0, 0, "", 0, 0), False),  # nothing is left that could be played on
    ],
)
def test_what_counts_as_going_back(row: LeaseRow, is_less: bool) -> None:
    assert went_back(KEPT, row) is is_less
    assert not went_back(None, row)


async def test_a_shard_gets_its_word_from_the_first_who_takes_it(store: Store) -> None:
    assert await store.memories() == [""] * SHARDS
    first = await store.take(1, "a", TTL)
    assert first is not None
    assert await store.memories() == ["", first.memory, "", ""]
    await store.release(first)
    second = await store.take(1, "b", TTL)
    assert second is not None
    assert second.memory == first.memory != ""


async def test_it_is_renounced_once_and_fences_the_present_owner(store: Store, lease: Lease, valkey: Valkey) -> None:
    await store.check()
    before = store.incarnation
    assert await store.renounce(lease.shard, lease.memory)
    assert not await store.renounce(lease.shard, lease.memory)
    words = await store.memories()
    assert words[lease.shard] not in ("", lease.memory)
    await store.check()
    assert store.incarnation == words[lease.shard] != before
    (fenced,) = await store.commit([Commit(lease, rooms={ROOM: b"r"})], TTL)
    assert isinstance(fenced, Fenced)
    assert fenced.why == "head"
    anew = await take(store)
    assert anew.memory == words[lease.shard]
    await store.load(anew)
    await commit(store, Commit(anew, rooms={ROOM: b"r"}))


async def test_who_had_more_acknowledged_sees_it_from_outside(
    store: Store, lease: Lease, valkey: Valkey, valkey_url: str
) -> None:
    """Also when another engine has the shard by now, and has no idea."""
    keys = shard_keys(lease.shard)
    older = {key: await valkey.dump(key) for key in (keys.meta, keys.lease)}
    await commit(store, Commit(lease, rooms={ROOM: b"1"}))
    assert not any(row.went_back for row in await store.leases())
    for key, dump in older.items():
        await valkey.restore(key, 0, dump, replace=True)
    await valkey.hset(keys.lease, "until", 1)
    other = Store(valkey_url, SHARDS)
    theirs = await other.take(lease.shard, "b", TTL)
    assert theirs is not None
    await other.load(theirs)
    for _ in range(3):
        await commit(other, Commit(theirs, rooms={ROOM: b"2"}))
    assert [row.shard for row in await store.leases() if row.went_back] == [lease.shard]
    assert not any(row.went_back for row in await other.leases())
    await other.release(theirs)
    await other.aclose()


async def test_data_that_went_back_are_not_loaded(store: Store, lease: Lease, valkey: Valkey) -> None:
    older = await valkey.dump(shard_keys(lease.shard).meta)
    await commit(store, Commit(lease, rooms={ROOM: b"1"}))
    await valkey.restore(shard_keys(lease.shard).meta, 0, older or b"", replace=True)
    anew = await take(store)
    with pytest.raises(Fenced, match="memory"):
        await store.load(anew)
