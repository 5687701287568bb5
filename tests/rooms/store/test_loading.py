"""Loading: the whole of a shard as its last commit left it, and only for its owner."""

from __future__ import annotations

import pytest

from rooms.core.ids import RoomId
from rooms.core.inputs import Lapse
from rooms.store import START, Commit, Fenced, Lease, Loaded, Store
from rooms.store.keys import shard_keys
from rooms.store.loading import BATCH
from tests.rooms.store.making import ROOM, TTL, WEB, Valkey, commit


async def test_an_empty_shard(store: Store, lease: Lease) -> None:
    assert await store.load(lease) == Loaded(START)


async def test_what_the_last_commit_left(store: Store, lease: Lease, valkey_url: str) -> None:
    """Also in another process, under another lease; more rooms than one round trip fetches."""
    last = await store.append_to(ROOM, Lapse(WEB))
    rooms = {RoomId(f"{n:022d}"): b"room %d" % n for n in range(2 * BATCH + 1)}
    events = {room: [b"1 " + blob, b"2 " + blob] for room, blob in rooms.items()}
    rooms[ROOM], events[ROOM] = b"silent", []
    paces = {20: {ROOM: b"on"}, 30: {next(iter(rooms)): b"and on"}}
    await commit(store, Commit(lease, last, rooms, paces, events={room: e for room, e in events.items() if e}))
    await store.release(lease)
    other = Store(valkey_url, store.shards)
    theirs = await other.take(lease.shard, "b", TTL)
    assert theirs is not None
    assert await other.load(theirs) == Loaded(last, rooms, events, {**paces[20], **paces[30]}, [20, 30])
    await other.aclose()


@pytest.mark.parametrize("how", ["taken again", "released", "lost"])
async def test_only_the_owner_loads(store: Store, lease: Lease, valkey: Valkey, how: str) -> None:
    if how == "taken again":
        await store.take(lease.shard, lease.owner, TTL)
    elif how == "released":
        await store.release(lease)
    else:
        await valkey.flushall()
    with pytest.raises(Fenced):
        await store.load(lease)


async def test_a_room_that_goes_while_loading_is_left_out(
    store: Store, lease: Lease, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That only happens when the lease is lost meanwhile, and then the whole is refused."""
    await commit(store, Commit(lease, rooms={ROOM: b"r"}))
    fetch = store._loading._fetch

    async def late(*args: object) -> object:
        await valkey.hdel(shard_keys(lease.shard).rooms, ROOM)
        await valkey.hset(shard_keys(lease.shard).lease, mapping={"owner": "b", "epoch": 2})
        return await fetch(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(store._loading, "_fetch", late)
    with pytest.raises(Fenced) as caught:
        await store.load(lease)
    assert (caught.value.seen_owner, caught.value.seen_epoch) == ("b", 2)
