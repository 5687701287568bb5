"""Telling of a commit later: only while nobody has committed since, and never not at all."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from rooms.core.ids import WebId
from rooms.protocol.bus import parse_parcel
from rooms.store import Changes, Commit, Gap, Lease, Limits, Parcelled, Store, StoreUnavailable
from rooms.store.parts import feed as feed_of
from rooms.store.telling import EMPTY
from tests.rooms.store.making import ROOM, TTL, WEB, Valkey, commit, take


@pytest.fixture
def _no_replica(monkeypatch: pytest.MonkeyPatch) -> None:
    """WAIT gives up at once."""
    monkeypatch.setattr("rooms.store.client.WAIT_MS", 1)


@pytest.mark.usefixtures("_no_replica")
async def test_what_was_never_told_is_a_hole_for_whoever_listens(store: Store, valkey_url: str) -> None:
    """The engine knows it (here), or it died in between: the next one to load the shard says so."""
    careful = Store(valkey_url, store.shards, Limits(wait_replicas=1))
    lease = await take(store)
    mailbox, feed = store.mailbox(WEB), store.card_feed()
    await mailbox.opened()
    assert await anext(feed) is None
    await commit(store, Commit(lease, parcels={WEB: b"1"}))
    assert await anext(mailbox) == Parcelled(lease.shard, 1, b"1")
    held = Commit(lease, rooms={ROOM: b"2"}, cards={ROOM: b"2"}, parcels={WEB: b"2"}, replies={"token": b"no"})
    with pytest.raises(StoreUnavailable, match="Only 0 replicas of 1"):
        await careful.commit([held], TTL)
    assert await store.reply(lease.shard, "token", 0.05) is None
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(mailbox), 0.05)

    heir = await store.take(lease.shard, lease.owner, TTL)
    assert heir is not None
    assert (await store.load(heir)).rooms == {ROOM: b"2"}
    assert await asyncio.wait_for(anext(mailbox), 5) == Gap(lease.shard)
    assert await asyncio.wait_for(anext(mailbox), 5) == Parcelled(lease.shard, 3, EMPTY)
    assert await asyncio.wait_for(anext(feed), 5) is None
    await store.load(heir)  # it is said once
    await commit(store, Commit(heir, parcels={WEB: b"4"}))
    assert await asyncio.wait_for(anext(mailbox), 5) == Parcelled(lease.shard, 4, b"4")
    for opened in (mailbox, feed, careful):
        await opened.aclose()


@pytest.mark.usefixtures("_no_replica")
async def test_cards_are_told_under_the_number_they_were_committed_with(store: Store, valkey_url: str) -> None:
    careful = Store(valkey_url, store.shards, Limits(wait_replicas=1))
    lease, feed = await take(store), store.card_feed()
    assert await anext(feed) is None
    await commit(store, Commit(lease, cards={ROOM: b"1"}))
    held = Commit(lease, cards={ROOM: b"2"})
    with pytest.raises(StoreUnavailable, match="Only 0 replicas of 1"):
        await careful.commit([held], TTL)
    assert await store._commits._telling.tell([(held, 2, feed_of(held))]) == [1]
    told = [await asyncio.wait_for(anext(feed), 5) for _ in range(2)]
    assert told == [Changes(lease.shard, n, [(ROOM, b"%d" % n)]) for n in (1, 2)]
    for opened in (feed, careful):
        await opened.aclose()


async def test_a_stale_engine_tells_nothing(store: Store, lease: Lease, valkey: Valkey) -> None:
    """It stalled between its commit and this; another has taken the shard, and may have told newer things."""
    mailbox = store.mailbox(WEB)
    await mailbox.opened()
    late = Commit(lease, parcels={WEB: b"late"}, replies={"token": b"late"})
    await commit(store, Commit(lease))
    heir = await store.take(lease.shard, lease.owner, TTL)
    assert heir is not None
    telling = store._commits._telling
    assert await telling.tell([(late, 1, b"")]) == [0]
    await telling.retell(lease)
    assert await store.reply(lease.shard, "token", 0.05) is None
    await commit(store, Commit(heir, parcels={WEB: b"new", WebId("deaf"): b"x"}))
    assert await asyncio.wait_for(anext(mailbox), 5) == Parcelled(lease.shard, 1, b"new")
    await mailbox.aclose()


def test_a_parcel_with_nothing_in_it_is_one() -> None:
    assert list(parse_parcel(EMPTY)) == []
    assert msgspec.msgpack.decode(EMPTY) == []
