"""The store on a real cluster: the same laws as on one Redis, and what the death of a node costs."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from rooms.core.ids import RoomId, WebId
from rooms.core.inputs import Entry, Lapse, parse_pack
from rooms.store import (
    START,
    CardFeed,
    Commit,
    Fenced,
    Gap,
    Lease,
    Limits,
    NotAppended,
    Parcelled,
    Store,
    StoreUnavailable,
)
from rooms.store.cluster import read_map
from rooms.store.keys import shard_keys
from rooms.store.mailbox import Mailbox
from tests.rooms.store.making import TTL, WEB, commit, until
from tests.support.cluster import Member, ValkeyCluster

SHARDS = 8


@pytest.fixture(scope="module")
def cluster() -> Iterator[ValkeyCluster]:
    """One for all tests here; the last ones kill its nodes, and start them again."""
    with ValkeyCluster(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))) as ours:
        yield ours


@pytest.fixture
async def store(cluster: ValkeyCluster) -> AsyncIterator[Store]:
    """Eight shards over three primaries, all empty."""
    await asyncio.to_thread(cluster.flush)
    ours = Store(cluster.url, SHARDS)
    yield ours
    await ours.aclose()


def room(shard: int) -> RoomId:
    """A name; whose shard it is does not matter here."""
    return RoomId(f"room-{shard}")


async def take_all(store: Store, owner: str = "engine-1") -> list[Lease]:
    leases = [await store.take(shard, owner, TTL) for shard in range(SHARDS)]
    held = [lease for lease in leases if lease is not None]
    for lease in held:
        await store.load(lease)
    assert len(held) == SHARDS
    return held


def by_primary(cluster: ValkeyCluster) -> dict[Member, set[int]]:
    """The shards of each primary."""
    found: dict[Member, set[int]] = {}
    for shard in range(SHARDS):
        found.setdefault(cluster.primary_of(shard_keys(shard).log), set()).add(shard)
    return found


async def soon(mailbox: Mailbox) -> object:
    return await asyncio.wait_for(anext(mailbox), 30)


# -- the same laws


async def test_the_shards_are_spread_over_all_primaries(cluster: ValkeyCluster) -> None:
    assert len(by_primary(cluster)) == 3


async def test_one_append_and_one_read_serve_all_shards(store: Store) -> None:
    """The ids come back in the order of what was given, whatever node each went to."""
    entries = [(n % SHARDS, Entry(room(n), Lapse(WEB))) for n in range(3 * SHARDS)]
    ids = await store.append(entries)
    read = dict(await store.read(dict.fromkeys(range(SHARDS), START), block_ms=1000, count=100))
    for (shard, entry), id_ in zip(entries, ids, strict=True):
        assert parse_pack(dict(read[shard])[id_]) == [entry]
    assert await store.read({shard: read[shard][-1][0] for shard in range(SHARDS)}, block_ms=30, count=1) == []


async def test_a_reader_sees_what_comes_while_it_waits(store: Store) -> None:
    reading = asyncio.create_task(store.read(dict.fromkeys(range(SHARDS), START), block_ms=20_000, count=1))
    await asyncio.sleep(0.05)
    await store.append([(3, Entry(room(3), Lapse(WEB)))])
    ((shard, _),) = await asyncio.wait_for(reading, 5)
    assert shard == 3


async def test_one_commit_call_serves_all_shards_and_each_stands_for_itself(store: Store) -> None:
    leases = await take_all(store)
    await store.take(2, leases[2].owner, TTL)
    results = await store.commit([Commit(lease, rooms={room(lease.shard): b"r"}) for lease in leases], TTL)
    assert [isinstance(result, Fenced) for result in results] == [shard == 2 for shard in range(SHARDS)]
    again = await store.take(5, "heir", TTL)
    assert again is None
    assert (await store.load(leases[5])).rooms == {room(5): b"r"}
    assert [row.owner for row in await store.leases()] == [leases[0].owner] * SHARDS


async def test_parcels_of_every_shard_reach_the_mailbox(store: Store) -> None:
    """By SPUBLISH, whose count of hearers is right: a parcel that nobody hears ends the count."""
    leases = await take_all(store)
    mailbox = store.mailbox(WEB)
    await mailbox.opened()
    for n in (1, 2):
        parcels = {WEB: b"parcel-%d" % n, WebId("deaf"): b"x"}
        assert await store.commit([Commit(lease, parcels=parcels) for lease in leases], TTL) == [None] * SHARDS
        got = [await soon(mailbox) for _ in range(SHARDS)]
        assert {(post.shard, post.n, post.raw) for post in got if isinstance(post, Parcelled)} == {
            (shard, n, b"parcel-%d" % n) for shard in range(SHARDS)
        }
    await mailbox.aclose()


async def test_replies_cards_and_facts(store: Store) -> None:
    leases = await take_all(store)
    feed = store.card_feed()
    assert await anext(feed) is None
    waiting = [asyncio.create_task(store.reply(shard, f"token-{shard}", 10)) for shard in range(SHARDS)]
    whole = [
        Commit(lease, cards={room(lease.shard): b"card"}, outbox=[b"m%d" % lease.shard], replies={f"token-{n}": b"yes"})
        for n, lease in enumerate(leases)
    ]
    assert await store.commit(whole, TTL) == [None] * SHARDS
    assert await asyncio.gather(*waiting) == [b"yes"] * SHARDS
    read = [await store.cards(shard) for shard in range(SHARDS)]
    assert [cards for _, cards in read] == [{room(shard): b"card"} for shard in range(SHARDS)]
    assert [edition for edition, _ in read] == await store.editions()
    heard: set[RoomId] = set()
    while len(heard) < SHARDS:
        changes = await asyncio.wait_for(anext(feed), 10)
        heard |= {name for name, _ in changes.cards} if changes else set()
    await feed.aclose()
    facts = await store.facts("outbox", "record", "me", 1000)
    assert {(fact.shard, fact.raw) for fact in facts} == {(shard, b"m%d" % shard) for shard in range(SHARDS)}
    await store.done("outbox", "record", facts)
    assert await store.facts("outbox", "record", "me", 50) == []


async def test_who_lives_and_how_many_shards_there_are(store: Store) -> None:
    await store.check()
    assert await store.beat_engine("a", TTL) == ["a"]
    await store.beat_web(WEB, TTL)
    assert await store.living_webs() == [WEB]
    assert abs(await store.now_ms() - time.time() * 1000) < 1000


# -- replicas that must have it


async def test_nobody_is_told_before_a_replica_has_it(cluster: ValkeyCluster, store: Store) -> None:
    """Here the replica of one shard is frozen: that shard's commit fails, its parcel and its answer are held back."""
    careful = Store(cluster.url, SHARDS, Limits(wait_replicas=1))
    leases = await take_all(careful)
    mailbox = careful.mailbox(WEB)
    await mailbox.opened()
    told = [Commit(lease, parcels={WEB: b"1"}, replies={"t": b"yes"}) for lease in leases]
    assert await careful.commit(told, TTL) == [None] * SHARDS
    assert {getattr(await soon(mailbox), "raw", None) for _ in range(SHARDS)} == {b"1"}
    assert await careful.reply(0, "t", 1) == b"yes"

    replica = next(member for member in cluster.members if member.has_role("slave"))
    port = replica.info("replication")["master_port"]
    slow = next(shards for primary, shards in by_primary(cluster).items() if primary.port == port)
    replica.pause()
    try:
        results = await careful.commit(
            [Commit(lease, rooms={room(0): b"2"}, parcels={WEB: b"2"}) for lease in leases], TTL
        )
        assert {shard for shard, result in enumerate(results) if result is not None} == slow
        assert all("replicas" in str(result) for result in results if result is not None)
        got = [await soon(mailbox) for _ in range(SHARDS - len(slow))]
        assert {getattr(post, "shard", None) for post in got} == set(range(SHARDS)) - slow
    finally:
        replica.resume()
    at = min(slow)
    loaded = await careful.load(leases[at])  # the next owner: it was committed, and nobody knows
    assert loaded.rooms == {room(0): b"2"}
    assert await soon(mailbox) == Gap(at)
    assert getattr(await soon(mailbox), "raw", None) == b"\x90"  # a parcel with nothing in it
    assert await careful.commit([Commit(leases[at], parcels={WEB: b"3"})], TTL) == [None]
    assert getattr(await soon(mailbox), "raw", None) == b"3"
    await mailbox.aclose()
    await careful.aclose()


# -- a node dies


async def test_a_dead_primary_stops_its_own_shards_until_its_replica_takes_over(
    cluster: ValkeyCluster, store: Store
) -> None:
    leases = await take_all(store)
    mailbox = store.mailbox(WEB)
    await mailbox.opened()
    feed = store.card_feed()
    assert await anext(feed) is None
    primary = cluster.primary_of("hf:meta")
    dead = by_primary(cluster)[primary]
    assert (
        await store.commit([Commit(lease, rooms={room(lease.shard): b"1"}) for lease in leases], TTL) == [None] * SHARDS
    )
    await asyncio.sleep(0.1)  # asynchronous replication: the last commit is to be there
    primary.kill()
    killed = time.monotonic()
    results = await store.commit([Commit(lease, parcels={WEB: b"x"}) for lease in leases], TTL)
    assert {shard for shard, result in enumerate(results) if isinstance(result, StoreUnavailable)} == dead
    with pytest.raises(NotAppended) as caught:
        await store.append([(shard, Entry(room(shard), Lapse(WEB))) for shard in range(SHARDS)])
    assert set(caught.value.refused) == dead
    assert {shard for shard, edition in enumerate(await store.editions()) if edition is None} == dead
    living = [leases[shard] for shard in sorted(set(range(SHARDS)) - dead)]
    gaps = [time.monotonic()]

    async def is_back() -> bool:
        assert await store.commit([Commit(lease) for lease in living], TTL) == [None] * len(living)
        gaps.append(time.monotonic())
        try:
            return all([await store.take(shard, leases[0].owner, TTL) for shard in dead])
        except StoreUnavailable:
            return False

    await until(is_back)
    assert time.monotonic() - killed < 10
    assert max(later - former for former, later in pairwise(gaps)) < 0.5
    heir = await store.take(min(dead), leases[0].owner, TTL)
    assert heir is not None
    assert (await store.load(heir)).rooms == {room(heir.shard): b"1"}
    seen: set[object] = set()
    while not {Gap(shard) for shard in dead} <= seen:
        seen.add(await soon(mailbox))
    await commit(store, Commit(heir, parcels={WEB: b"heard"}))
    while getattr(await soon(mailbox), "raw", None) != b"heard":
        pass  # what the living shards had for us may come as late as this
    hearing = asyncio.create_task(hear_a_card(feed))

    async def is_heard() -> bool:
        await commit(store, Commit(heir, cards={room(0): b"c"}))
        return hearing.done()

    await until(is_heard)
    await feed.aclose()
    await mailbox.aclose()
    await asyncio.to_thread(primary.start)
    await asyncio.to_thread(cluster.wait_until_whole)


async def test_shards_that_move_in_an_orderly_way_lose_nothing(cluster: ValkeyCluster, store: Store) -> None:
    """A fail-over by hand: MOVED is followed, and the mailbox subscribes where the shards are now."""
    leases = await take_all(store)
    mailbox = store.mailbox(WEB)
    await mailbox.opened()
    replica = next(member for member in cluster.members if member.has_role("slave"))
    port = replica.info("replication")["master_port"]
    moving = next(shards for primary, shards in by_primary(cluster).items() if primary.port == port)
    replica.say("CLUSTER", "FAILOVER")
    await asyncio.to_thread(lambda: wait_for_master(replica))
    assert await store.commit([Commit(lease) for lease in leases], TTL) == [None] * SHARDS
    seen: set[object] = set()
    while not {Gap(shard) for shard in moving} <= seen:
        seen.add(await soon(mailbox))
    assert await store.commit([Commit(lease, parcels={WEB: b"all"}) for lease in leases], TTL) == [None] * SHARDS
    assert {getattr(await soon(mailbox), "shard", None) for _ in range(SHARDS)} == set(range(SHARDS))
    await mailbox.aclose()


async def hear_a_card(feed: CardFeed) -> None:
    """Return when the feed brings a card: over the loss of its node, if it was at that one."""
    while not await anext(feed):
        pass


def wait_for_master(member: Member) -> None:
    from tests.support.processes import wait_for

    wait_for(lambda: member.has_role("master"), 10, "it does not take over")


# -- addresses


async def test_nobody_there() -> None:
    nowhere = Store("redis+cluster://127.0.0.1:1,127.0.0.1:2", SHARDS)
    with pytest.raises(StoreUnavailable, match=r"No node of the Redis Cluster can be asked: .*cannot be reached"):
        await nowhere.check()
    await nowhere.aclose()


async def test_one_redis_is_no_cluster_and_a_cluster_is_not_one_redis(cluster: ValkeyCluster, tmp_path: Path) -> None:
    from tests.support.cluster import free_ports

    with Member(tmp_path, free_ports(1)[0]) as single:
        wrong = Store(f"redis+cluster://127.0.0.1:{single.port}", SHARDS)
        with pytest.raises(StoreUnavailable, match="is no node of a cluster"):
            await wrong.check()
        await wrong.aclose()
    wrong = Store(f"redis://127.0.0.1:{cluster.members[1].port}", SHARDS)
    with pytest.raises(StoreUnavailable, match=r"an address of a cluster is redis\+cluster"):
        await wrong.check()
    await wrong.aclose()


def test_the_map() -> None:
    rows = [[0, 2, [b"10.0.0.1", 7000, b"id", []], [b"10.0.0.2", 7001, b"id"]], [5, 5, [b"", 7002, b"id"]]]
    whole, epoch, slots = read_map(b"cluster_state:ok\r\ncluster_current_epoch:7\r\n", rows, ("asked", 1))
    assert (whole, epoch) == (True, 7)
    assert slots == {0: ("10.0.0.1", 7000), 1: ("10.0.0.1", 7000), 2: ("10.0.0.1", 7000), 5: ("asked", 7002)}
