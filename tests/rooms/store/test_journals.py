"""Journals: they grow with the commits, wait for their recorder, and go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rooms.store import Commit, Fenced, Lease, Store
from rooms.store.keys import shard_keys
from rooms.store.limits import Limits
from tests.rooms.store.making import ROOM, TTL, Valkey, commit, take


@pytest.fixture
def key(lease: Lease) -> str:
    return shard_keys(lease.shard).journal(ROOM, 1)


async def test_every_commit_adds_an_item(store: Store, lease: Lease, valkey: Valkey, key: str) -> None:
    for item in (b"one", b"two", b"three"):
        await commit(store, Commit(lease, journals={(ROOM, 1): item, (ROOM, 2): b"other"}))
    assert await store.journal(ROOM, 1) == [b"one", b"two", b"three"]
    assert await valkey.pttl(key) == -1


async def test_a_whole_one_waits_for_its_recorder_for_a_bounded_time(
    store: Store, lease: Lease, valkey: Valkey, key: str
) -> None:
    await commit(store, Commit(lease, journals={(ROOM, 1): b"all"}, whole=[(ROOM, 1)], parcels={}))
    assert 0 < await valkey.pttl(key) <= Limits().journal_ms
    await store.forget_journal(ROOM, 1)
    assert await store.journal(ROOM, 1) == []


async def test_one_that_is_given_up_goes_at_once(store: Store, lease: Lease, valkey: Valkey, key: str) -> None:
    await commit(store, Commit(lease, journals={(ROOM, 1): b"long"}))
    await commit(store, Commit(lease, given_up=[(ROOM, 1)]))
    assert not await valkey.exists(key)


async def test_everything_else_of_the_commit_finds_its_place_beside_it(
    store: Store, lease: Lease, valkey: Valkey
) -> None:
    """Keys and arguments are told apart by their number alone."""
    everything = Commit(
        lease,
        rooms={ROOM: b"room"},
        events={ROOM: [b"e1", b"e2"]},
        outbox=[b"match"],
        bots=[b"call"],
        replies={"token": b"yes"},
        journals={(ROOM, 1): b"j1", (ROOM, 2): b"j2"},
        whole=[(ROOM, 1)],
        given_up=[(ROOM, 3)],
    )
    await commit(store, everything)
    keys = shard_keys(lease.shard)
    assert await valkey.lrange(keys.events(ROOM), 0, -1) == [b"e1", b"e2"]
    assert await valkey.lrange(keys.reply("token"), 0, -1) == [b"yes"]
    assert await store.journal(ROOM, 1) == [b"j1"]
    assert await store.journal(ROOM, 2) == [b"j2"]


async def test_a_stale_owner_adds_nothing(store: Store, lease: Lease) -> None:
    await store.release(lease)
    await take(store, "engine-2")
    (refused,) = await store.commit([replace(Commit(lease), journals={(ROOM, 1): b"ghost"})], TTL)
    assert isinstance(refused, Fenced)
    assert await store.journal(ROOM, 1) == []
