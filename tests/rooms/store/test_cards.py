"""Cards: what the lobby reads at first, and what it is told from then on."""

from __future__ import annotations

import asyncio

from rooms.core.ids import RoomId
from rooms.store import Changes, Commit, Edition, Lease, Store
from tests.rooms.store.making import ROOM, TTL, Valkey, commit, cut_subscribers, take

ROOMS = [RoomId(f"{n:022d}") for n in range(8)]


async def test_the_cards_of_each_shard(store: Store) -> None:
    """And each by itself, from its own shard."""
    commits: dict[int, Commit] = {}
    for room in ROOMS:
        shard = store.shard_of(room)
        if shard not in commits:
            commits[shard] = Commit(await take(store, room=room))
        commits[shard].cards[room] = room.encode()
    assert len(commits) > 1
    assert await store.commit(list(commits.values()), TTL) == [None] * len(commits)
    for shard in range(store.shards):
        edition, cards = await store.cards(shard)
        assert cards == {room: room.encode() for room in ROOMS if store.shard_of(room) == shard}
        assert (edition.fed, bool(edition.memory)) == (int(shard in commits), shard in commits)
    assert await store.card(ROOMS[3]) == ROOMS[3].encode()
    assert await store.card(ROOM) is None


async def test_a_room_is_shown_as_its_last_commit_left_it(store: Store, lease: Lease) -> None:
    assert await store.room(ROOM) is None
    await commit(store, Commit(lease, rooms={ROOM: b"1"}))
    await commit(store, Commit(lease, rooms={ROOM: b"2"}))
    assert await store.room(ROOM) == (b"2", b"")


async def test_the_feed_begins_with_a_call_to_look_and_numbers_every_change(store: Store, lease: Lease) -> None:
    feed = store.card_feed()
    assert await anext(feed) is None
    await commit(store, Commit(lease, cards={ROOM: b"1"}))
    await commit(store, Commit(lease, rooms={ROOM: b"no card"}))
    await commit(store, Commit(lease, cards={ROOM: b"2"}))
    await commit(store, Commit(lease, closed=[ROOM]))
    told = [await anext(feed) for _ in range(3)]
    shard = lease.shard
    assert told == [Changes(shard, n, [(ROOM, card)]) for n, card in ((1, b"1"), (2, b"2"), (3, None))]
    assert (await store.editions())[shard] == Edition(lease.memory, 3)
    await feed.aclose()


async def test_after_a_lost_connection_the_reader_is_told_to_look(store: Store, lease: Lease, valkey: Valkey) -> None:
    feed = store.card_feed()
    assert await anext(feed) is None
    assert await cut_subscribers(valkey) == 1
    assert await asyncio.wait_for(anext(feed), 30) is None
    await commit(store, Commit(lease, cards={ROOM: b"1"}))
    async for changes in feed:
        assert changes == Changes(lease.shard, 1, [(ROOM, b"1")])
        break
    await feed.aclose()


async def test_whoever_reads_is_told_to_look_once_a_shard_has_another_memory(store: Store, valkey: Valkey) -> None:
    """Rooms that Redis forgot are closed by no commit. Taking a lease alone says nothing."""
    old = await take(store)
    feed = store.card_feed()
    assert await anext(feed) is None
    await store.release(old)
    await commit(store, Commit(await take(store), cards={ROOM: b"1"}))
    assert await asyncio.wait_for(anext(feed), 30) == Changes(old.shard, 1, [(ROOM, b"1")])
    await valkey.flushdb()
    new = await take(store)
    assert await asyncio.wait_for(anext(feed), 30) is None
    assert await store.renounce(new.shard, new.memory)
    assert await asyncio.wait_for(anext(feed), 30) is None
    await feed.aclose()
