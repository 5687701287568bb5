"""The commit: all of it or nothing of it, and never from anyone but the owner with the newest picture."""

from __future__ import annotations

import msgspec
import pytest

from rooms.core.ids import RoomId, WebId
from rooms.core.inputs import Entry, Lapse
from rooms.store import START, Commit, Fenced, Lease, Limits, Parcelled, Store, StoreUnavailable
from rooms.store.commit import UNKNOWN, Heads, read_paces
from rooms.store.keys import PARCELS, ShardKeys, shard_keys
from rooms.store.mailbox import split
from tests.rooms.store.making import ROOM, TTL, WEB, Valkey, commit, take, until

OTHER = RoomId("o" * 22)
"""Another room; commits do not care that its shard is not theirs."""


@pytest.fixture
def keys(lease: Lease) -> ShardKeys:
    return shard_keys(lease.shard)


async def everything(valkey: Valkey) -> dict[bytes, bytes | None]:
    """All of Redis, without the lease's clock."""
    return {key: await valkey.dump(key) async for key in valkey.scan_iter() if not key.endswith(b":lease")}


def full(lease: Lease, last: str | None = None) -> Commit:
    """A commit that touches everything there is."""
    return Commit(
        lease,
        last=last,
        rooms={ROOM: b"room", OTHER: b"other"},
        paces={20: {ROOM: b"pace", OTHER: b"too"}, 30: {}},
        cards={ROOM: b"card"},
        events={ROOM: [b"e1", b"e2"], OTHER: [b"f1"]},
        outbox=[b"match"],
        bots=[b"call-1", b"call-2"],
        parcels={WEB: b"parcel:\x00"},
        replies={"token": b"yes"},
    )


async def test_everything_it_holds_is_written(store: Store, lease: Lease, keys: ShardKeys, valkey: Valkey) -> None:
    ids = [await store.append_to(ROOM, Lapse(WEB)) for _ in range(3)]
    await commit(store, full(lease, last=ids[1]))
    assert await valkey.hgetall(keys.rooms) == {ROOM.encode(): b"room", OTHER.encode(): b"other"}
    assert read_paces(await valkey.hvals(keys.paces)) == {ROOM: b"pace", OTHER: b"too"}
    assert await valkey.hgetall(keys.cards) == {ROOM.encode(): b"card"}
    assert await valkey.lrange(keys.events(ROOM), 0, -1) == [b"e1", b"e2"]
    assert await valkey.lrange(keys.events(OTHER), 0, -1) == [b"f1"]
    assert [fields for _, fields in await valkey.xrange(keys.outbox)] == [{b"f": b"match"}]
    assert [fields for _, fields in await valkey.xrange(keys.bots)] == [{b"f": b"call-1"}, {b"f": b"call-2"}]
    assert await valkey.lrange(keys.reply("token"), 0, -1) == [b"yes"]
    meta = {b"commits": b"1", b"last": ids[1].encode(), b"memory": lease.memory.encode(), b"fed": b"1"}
    assert await valkey.hgetall(keys.meta) == meta
    assert [id_.decode() for id_, _ in await valkey.xrange(keys.log)] == ids[2:]


async def test_trimming_leaves_what_was_not_read(store: Store, lease: Lease, keys: ShardKeys, valkey: Valkey) -> None:
    """Exactly, over whole blocks of a stream and within one."""
    ids = [
        id_ for _ in range(7) for id_ in await store.append([(lease.shard, Entry(ROOM, Lapse(WEB))) for _ in range(50)])
    ]
    await commit(store, Commit(lease, last=ids[222]))
    assert [id_.decode() for id_, _ in await valkey.xrange(keys.log)] == ids[223:]
    await commit(store, Commit(lease))
    assert await valkey.xlen(keys.log) == len(ids) - 223
    await commit(store, Commit(lease, last=ids[-1]))
    assert await valkey.xlen(keys.log) == 0
    (later,) = await store.append([(lease.shard, Entry(ROOM, Lapse(WEB)))])
    ((_, rows),) = await store.read({lease.shard: ids[-1]}, block_ms=0, count=9)
    assert [id_ for id_, _ in rows] == [later]


async def test_closing_leaves_nothing_of_a_room(store: Store, lease: Lease, valkey: Valkey) -> None:
    """Even when the same pass still wrote it."""
    await commit(store, Commit(lease))
    empty = {key async for key in valkey.scan_iter()}
    await commit(store, Commit(lease, rooms={ROOM: b"r"}, cards={ROOM: b"c"}, events={ROOM: [b"e"]}))
    last = Commit(lease, rooms={ROOM: b"r2"}, cards={ROOM: b"c2"}, events={ROOM: [b"e2"]}, closed=[ROOM, OTHER])
    await commit(store, last)
    assert {key async for key in valkey.scan_iter()} == empty


async def test_only_the_newest_events_are_kept(small: Store, valkey: Valkey) -> None:
    """Here three."""
    lease = await take(small)
    for text in (b"1", b"2"):
        await commit(small, Commit(lease, events={ROOM: [text + b"a", text + b"b"]}))
    assert await valkey.lrange(shard_keys(lease.shard).events(ROOM), 0, -1) == [b"1b", b"2a", b"2b"]


async def test_streams_of_facts_have_an_end(valkey_url: str, valkey: Valkey) -> None:
    """The oldest go, a whole block of the stream at a time (Redis trims `~`)."""
    store = Store(valkey_url, 4, Limits(outbox=50, bots=50))
    lease = await take(store)
    for _ in range(6):
        await commit(store, Commit(lease, outbox=[b"o"] * 100, bots=[b"b"] * 100))
    keys = shard_keys(lease.shard)
    assert 50 <= await valkey.xlen(keys.outbox) <= 200
    assert 50 <= await valkey.xlen(keys.bots) <= 200
    await store.aclose()


async def test_more_than_lua_could_unpack(
    store: Store, lease: Lease, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """unpack() takes about 8,000 values; each list here is longer than that. How long it takes does not matter."""
    monkeypatch.setattr("rooms.store.client.COMMAND_S", 30.0)
    rooms = {RoomId(f"{n:022d}"): b"%d" % n for n in range(4101)}
    events = {ROOM: [b"%d" % n for n in range(8201)]}
    await commit(store, Commit(lease, rooms=rooms, cards=rooms, events=events))
    keys = shard_keys(lease.shard)
    assert await valkey.hgetall(keys.rooms) == {room.encode(): blob for room, blob in rooms.items()}
    assert await valkey.hlen(keys.cards) == 4101
    assert await valkey.lrange(keys.events(ROOM), 0, -1) == events[ROOM][-256:]
    await commit(store, Commit(lease, closed=list(rooms)))
    assert await valkey.exists(keys.rooms, keys.cards) == 0


async def test_a_large_room(store: Store, lease: Lease) -> None:
    await commit(store, Commit(lease, rooms={ROOM: b"\x00" * 524_288}))
    assert (await store.load(lease)).rooms[ROOM] == b"\x00" * 524_288


async def test_it_renews_a_lease_of_which_a_fifth_is_over(store: Store, lease: Lease, valkey: Valkey) -> None:
    """The others are renewed by rounds of balancing: a commit need not write what hardly changes."""
    assert await store.commit([Commit(lease)], 5 * TTL) == [None]
    assert (await store.leases())[lease.shard].left_ms > 4 * TTL
    until_ms = await valkey.hget(shard_keys(lease.shard).lease, "until")
    assert await store.commit([Commit(lease)], 5 * TTL) == [None]
    assert await valkey.hget(shard_keys(lease.shard).lease, "until") == until_ms


async def test_several_shards_in_one_go(store: Store, valkey: Valkey) -> None:
    """Each stands for itself: one that is refused does not hold up the others."""
    leases = [await store.take(shard, "me", TTL) for shard in range(4)]
    held = [lease for lease in leases if lease]
    assert len(held) == 4
    await store.take(2, "me", TTL)
    mailbox = store.mailbox(WEB)
    await mailbox.opened()
    answers = await store.commit([full(lease) for lease in held], TTL)
    assert [answer is None for answer in answers] == [True, True, False, True]
    assert [await anext(mailbox) for _ in range(3)] == [Parcelled(at, 1, b"parcel:\x00") for at in (0, 1, 3)]
    for lease in held:
        keys, written = shard_keys(lease.shard), 0 if lease.shard == 2 else 1
        assert await valkey.exists(keys.rooms, keys.events(OTHER), keys.reply("token"), keys.out) == 4 * written
        assert await valkey.xlen(keys.outbox) == written
    assert await store.commit([], TTL) == []
    await mailbox.aclose()


@pytest.mark.parametrize(("limit", "messages"), [(1_048_576, 1), (25, 2), (10, 4)])
async def test_parcels_of_several_shards_are_one_message_up_to_a_limit(
    valkey_url: str, valkey: Valkey, limit: int, messages: int
) -> None:
    """None is cut in two: a larger one has a message of its own."""
    store = Store(valkey_url, 4, Limits(message_bytes=limit))
    leases = await store.take_all(range(4), "me", TTL)
    async with valkey.pubsub(ignore_subscribe_messages=True) as ears:
        await ears.subscribe(PARCELS + WEB)
        await ears.get_message(timeout=0.2)
        said = [Commit(lease, parcels={WEB: b"x" * 12, WebId("deaf"): b"y"}) for lease in leases if lease]
        assert await store.commit(said, TTL) == [None] * 4
        heard = [await ears.get_message(timeout=1) for _ in range(messages)]
        parcels = [parcelled for message in heard for parcelled in split(message["data"])]
        assert parcels == [Parcelled(shard, 1, b"x" * 12) for shard in range(4)]
        await valkey.publish(PARCELS + WEB, "end")
        assert (await ears.get_message(timeout=1))["data"] == b"end"
    assert await valkey.hkeys(shard_keys(3).out) == [WEB.encode()]
    await store.aclose()


async def test_a_log_may_be_trimmed_later(store: Store, lease: Lease, keys: ShardKeys, valkey: Valkey) -> None:
    """What counts is the id up to which all is committed: whoever loads reads on from there."""
    ids = [await store.append_to(ROOM, Lapse(WEB)) for _ in range(3)]
    await commit(store, Commit(lease, last=ids[0], trims=False))
    assert await valkey.xlen(keys.log) == 3
    assert (await store.load(lease)).last == ids[0]
    await commit(store, Commit(lease, last=ids[1]))
    assert [id_.decode() for id_, _ in await valkey.xrange(keys.log)] == ids[2:]


async def test_scripts_forgotten_in_the_middle(store: Store, lease: Lease, valkey: Valkey) -> None:
    await commit(store, Commit(lease, events={ROOM: [b"1"]}))
    await valkey.script_flush()
    await commit(store, Commit(lease, events={ROOM: [b"2"]}))
    assert (await valkey.hget(shard_keys(lease.shard).meta, "commits")) == b"2"


# -- the fence


@pytest.mark.parametrize("how", ["taken over", "taken again", "released", "lost"])
async def test_a_stale_epoch_writes_nothing(store: Store, lease: Lease, valkey: Valkey, how: str) -> None:
    """Nor does it publish, answer, trim or renew."""
    last = await store.append_to(ROOM, Lapse(WEB))
    if how == "released":
        await store.release(lease)
    elif how == "lost":
        await valkey.delete(shard_keys(lease.shard).lease)
    else:
        await valkey.hset(shard_keys(lease.shard).lease, "until", 1)
        assert await store.take(lease.shard, "b" if how == "taken over" else lease.owner, TTL)
    async with valkey.pubsub() as ears:
        await ears.psubscribe("*")
        assert (await ears.get_message(timeout=1))["type"] == "psubscribe"
        before, rows = await everything(valkey), await store.leases()
        (fenced,) = await store.commit([full(lease, last)], 5 * TTL)
        assert isinstance(fenced, Fenced)
        assert fenced.why == "lease"
        assert (fenced.shard, fenced.epoch) == (lease.shard, lease.epoch)
        assert (fenced.seen_owner, fenced.seen_epoch) == (rows[lease.shard].owner, rows[lease.shard].epoch)
        assert await everything(valkey) == before
        assert (await store.leases())[lease.shard].left_ms <= rows[lease.shard].left_ms
        await valkey.publish("end", "")
        assert (await ears.get_message(timeout=1))["channel"] == b"end"


async def test_one_that_lapsed_and_nobody_took_may_still_commit(store: Store, lease: Lease, valkey: Valkey) -> None:
    await valkey.hset(shard_keys(lease.shard).lease, "until", 1)
    await commit(store, Commit(lease))
    assert (await store.leases())[lease.shard].left_ms > 0


async def test_a_picture_that_is_not_the_newest_is_refused(store: Store, lease: Lease, valkey: Valkey) -> None:
    """Redis came back from an older file, lease and all: what we have in memory is not what it has."""
    keys = shard_keys(lease.shard)
    await commit(store, Commit(lease, rooms={ROOM: b"1"}))
    kept = await valkey.dump(keys.meta), await valkey.dump(keys.rooms)
    await commit(store, Commit(lease, rooms={ROOM: b"2"}))
    for key, dump in zip((keys.meta, keys.rooms), kept, strict=True):
        await valkey.restore(key, 0, dump or b"", replace=True)
    for _ in range(2):  # it stays refused until the shard is loaded, and that until the memory is renounced
        (fenced,) = await store.commit([Commit(lease, events={ROOM: [b"e"]})], TTL)
        assert isinstance(fenced, Fenced)
        assert fenced.why == "head"
    with pytest.raises(Fenced, match="memory"):
        await store.load(lease)
    assert await store.renounce(lease.shard, lease.memory)
    anew = await take(store)
    assert (await store.load(anew)).rooms == {ROOM: b"1"}
    await commit(store, Commit(anew, events={ROOM: [b"e"]}))


async def test_after_an_unknown_outcome_nothing_is_written_until_the_shard_is_loaded(
    store: Store, lease: Lease, valkey: Valkey
) -> None:
    """Redis was busy, the commit ran after its caller gave up: a second one must not be put on top of it."""
    await valkey.execute_command("CLIENT", "PAUSE", 1200, "WRITE")
    with pytest.raises(StoreUnavailable, match="did not answer"):
        await store.commit([Commit(lease, rooms={ROOM: b"late"})], TTL)
    await valkey.execute_command("CLIENT", "UNPAUSE")
    (fenced,) = await store.commit([Commit(lease, rooms={ROOM: b"wrong"})], TTL)
    assert isinstance(fenced, Fenced)
    assert fenced.why == "head"
    loaded = await store.load(lease)
    assert loaded.rooms.get(ROOM, b"late") == b"late"
    await commit(store, Commit(lease, rooms={ROOM: b"next"}))


async def test_a_lease_that_was_never_loaded_is_checked_by_its_epoch(store: Store) -> None:
    lease = await take(store)
    await commit(store, Commit(lease, rooms={ROOM: b"1"}))
    await commit(store, Commit(lease, rooms={ROOM: b"2"}))


def test_heads_belong_to_an_epoch() -> None:
    heads, old, new = Heads(), Lease(1, "a", 4), Lease(1, "a", 5)
    assert heads.get(old) is None
    heads.set(old, UNKNOWN)
    assert (heads.get(old), heads.get(new)) == (UNKNOWN, None)
    heads.set(new, 7)
    assert (heads.get(old), heads.get(new)) == (None, 7)


# -- what is published


async def test_parcels_are_counted_for_each_web_process(
    store: Store, lease: Lease, keys: ShardKeys, valkey: Valkey
) -> None:
    async with valkey.pubsub(ignore_subscribe_messages=True) as ears:
        await ears.subscribe(PARCELS + WEB)
        await ears.get_message(timeout=0.2)
        for _ in range(2):
            await commit(store, Commit(lease, parcels={WEB: b"p:q", WebId("deaf"): b"x"}))
        heard = [(await ears.get_message(timeout=1))["data"] for _ in range(2)]
        assert heard == [b"%d:%d:3\np:q" % (lease.shard, n) for n in (1, 2)]
        assert await valkey.hgetall(keys.out) == {WEB.encode(): b"2"}  # nothing is kept for the deaf

    async def forgotten() -> bool:
        await commit(store, Commit(lease, parcels={WEB: b"p"}))
        return await valkey.exists(keys.out) == 0

    await until(forgotten)


async def test_the_card_feed_is_told_what_changed(store: Store, lease: Lease, valkey: Valkey) -> None:
    async with valkey.pubsub(ignore_subscribe_messages=True) as ears:
        await ears.subscribe("hf:cards")
        await ears.get_message(timeout=0.2)
        await commit(store, Commit(lease, rooms={ROOM: b"r"}))
        await commit(store, Commit(lease, cards={ROOM: b"c", OTHER: b"d"}, closed=[OTHER]))
        heard = (await ears.get_message(timeout=1))["data"]
    number, _, body = heard.partition(b":")
    assert (number, msgspec.msgpack.decode(body)) == (b"1", [lease.shard, [[ROOM, b"c"], [OTHER, None]]])


async def test_an_untouched_shard_begins_at_the_start(store: Store, lease: Lease) -> None:
    await commit(store, Commit(lease))
    assert (await store.load(lease)).last == START


async def test_a_group_of_paces_is_written_whole_and_goes_when_it_is_empty(
    store: Store, lease: Lease, keys: ShardKeys, valkey: Valkey
) -> None:
    await commit(store, Commit(lease, paces={20: {ROOM: b"1", OTHER: b"2"}, 30: {ROOM: b"3"}}))
    await commit(store, Commit(lease, paces={20: {OTHER: b"4"}, 30: {}}))
    assert await valkey.hkeys(keys.paces) == [b"20"]
    assert read_paces(await valkey.hvals(keys.paces)) == {OTHER: b"4"}
    await commit(store, Commit(lease, paces={20: {}}))
    assert await valkey.exists(keys.paces) == 0
