"""Facts: each at least once, whoever dies, and gone when done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from rooms.store import Commit, Fact, Store
from rooms.store.client import Client
from rooms.store.keys import Stream, shard_keys
from rooms.store.outbox import Outbox
from tests.rooms.store.making import SHARDS, TTL, Valkey, commit, until

OUT: Stream = "outbox"
KEYS = [shard_keys(shard) for shard in range(SHARDS)]


@pytest.fixture
async def readers(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Outbox, Outbox]]:
    """Two processes; what one takes and does not finish is overdue after 100 ms."""
    monkeypatch.setattr("rooms.store.outbox.CLAIM_S", 0.02)
    clients = [Client(valkey_url) for _ in range(2)]
    first, second = (Outbox(client, KEYS, overdue_ms=100) for client in clients)
    yield first, second
    for client in clients:
        await client.aclose()


async def write(store: Store, shard: int, *facts: bytes, bots: tuple[bytes, ...] = ()) -> None:
    lease = await store.take(shard, "me", TTL)
    assert lease is not None
    await commit(store, Commit(lease, outbox=list(facts), bots=list(bots)))


def raws(facts: list[Fact]) -> list[bytes]:
    return sorted(fact.raw for fact in facts)


async def test_facts_of_every_shard_come_once_and_leave_when_done(store: Store, valkey: Valkey) -> None:
    for shard in range(SHARDS):
        await write(store, shard, b"%d a" % shard, b"%d b" % shard)
    facts = await store.facts(OUT, "record", "w1", 0)
    assert raws(facts) == [b"%d %s" % (shard, which) for shard in range(SHARDS) for which in (b"a", b"b")]
    assert {fact.shard for fact in facts} == set(range(SHARDS))
    assert await store.facts(OUT, "record", "w2", 0) == []
    await store.done(OUT, "record", facts[1:])
    assert sum([await valkey.xlen(keys.outbox) for keys in KEYS]) == 1
    await store.done(OUT, "record", facts)
    await store.done(OUT, "record", [])
    assert sum([await valkey.xlen(keys.outbox) for keys in KEYS]) == 0
    assert (await valkey.xpending(KEYS[0].outbox, "record"))["pending"] == 0


async def test_streams_are_apart(store: Store) -> None:
    await write(store, 1, b"match", bots=(b"call",))
    assert raws(await store.facts("bots", "bots", "b", 0)) == [b"call"]
    assert raws(await store.facts(OUT, "record", "w", 0)) == [b"match"]


async def test_a_waiting_reader_wakes_up(store: Store, valkey: Valkey) -> None:
    reading = asyncio.create_task(store.facts(OUT, "record", "w", 5000))

    async def waits() -> bool:
        return int((await valkey.info("clients"))["blocked_clients"]) == 1

    await until(waits)
    await write(store, 2, b"new")
    assert raws(await reading) == [b"new"]


async def test_what_a_dead_reader_took_goes_to_another(
    store: Store, readers: tuple[Outbox, Outbox], caplog: pytest.LogCaptureFixture
) -> None:
    """It died between taking and `done`."""
    caplog.set_level("INFO", "rooms.store.outbox")
    dead, heir = readers
    await write(store, 0, b"0")
    await write(store, 3, b"3")
    assert raws(await dead.facts(OUT, "record", "dead", 0)) == [b"0", b"3"]
    found: list[Fact] = []

    async def inherited() -> bool:
        found.extend(await heir.facts(OUT, "record", "heir", 0))
        return len(found) == 2

    await until(inherited)
    assert raws(found) == [b"0", b"3"]
    assert any("handed out again" in record.getMessage() for record in caplog.records)
    await heir.done(OUT, "record", found)
    await asyncio.sleep(0.15)
    assert await dead.facts(OUT, "record", "dead", 0) == []


async def test_what_a_reader_failed_to_deal_with_comes_back_to_it(store: Store, readers: tuple[Outbox, Outbox]) -> None:
    await write(store, 0, b"0")
    reader, _ = readers
    assert raws(await reader.facts(OUT, "record", "w", 0)) == [b"0"]

    async def again() -> bool:
        return raws(await reader.facts(OUT, "record", "w", 0)) == [b"0"]

    await until(again)


async def test_facts_written_before_any_reader_came_are_read(store: Store, valkey_url: str) -> None:
    await write(store, 0, b"early")
    other = Store(valkey_url, SHARDS)
    assert raws(await other.facts(OUT, "record", "w", 0)) == [b"early"]
    await other.aclose()


async def test_redis_that_lost_its_memory_gets_its_groups_anew(store: Store, valkey: Valkey) -> None:
    assert await store.facts(OUT, "record", "w", 0) == []
    await valkey.flushall()
    assert await store.facts(OUT, "record", "w", 0) == []
    await write(store, 0, b"after")
    assert raws(await store.facts(OUT, "record", "w", 0)) == [b"after"]


async def test_two_readers_begin_at_once(store: Store, valkey_url: str) -> None:
    """One of them finds the group made already."""
    others = [Store(valkey_url, SHARDS) for _ in range(5)]
    got = await asyncio.gather(*(one.facts(OUT, "record", f"w{n}", 0) for n, one in enumerate(others)))
    assert got == [[]] * 5
    for one in others:
        await one.aclose()


async def test_trimmed_facts_are_not_handed_out_as_empty(
    store: Store, readers: tuple[Outbox, Outbox], valkey: Valkey
) -> None:
    """The stream reached its limit while a reader held them."""
    reader, _ = readers
    await write(store, 0, b"0")
    assert raws(await reader.facts(OUT, "record", "w", 0)) == [b"0"]
    await valkey.xtrim(KEYS[0].outbox, maxlen=0, approximate=False)
    await asyncio.sleep(0.15)
    assert await reader.facts(OUT, "record", "w", 0) == []


async def test_dead_consumers_are_forgotten_once_they_owe_nothing(
    store: Store, readers: tuple[Outbox, Outbox], valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names are new for each process, so that the dead would pile up."""
    dead, heir = readers
    await write(store, 0, b"0")
    await dead.facts(OUT, "record", "owes", 0)
    await dead.facts(OUT, "record", "owes-nothing", 0)
    monkeypatch.setattr("rooms.store.outbox.SILENT_MS", 50)
    monkeypatch.setattr("rooms.store.outbox.SWEEP_S", 0.0)
    await asyncio.sleep(0.06)
    patient = Outbox(heir._client, KEYS, overdue_ms=60_000)

    async def names() -> set[bytes]:
        return {row["name"] for row in await valkey.xinfo_consumers(KEYS[0].outbox, "record")}

    async def swept() -> bool:
        await patient.facts(OUT, "record", "lives", 0)
        return await names() == {b"owes", b"lives"}

    await until(swept)


async def test_redis_that_loses_its_memory_again_while_one_waits_is_asked_again(store: Store, valkey: Valkey) -> None:
    """The group was just made anew, and is gone once more."""
    waiting = asyncio.create_task(store.facts("outbox", "record", "w", 5000))
    await until(lambda: _blocked(valkey))
    await valkey.flushall()
    assert await asyncio.wait_for(waiting, 5) == []
    assert await store.facts("outbox", "record", "w", 0) == []


async def _blocked(valkey: Valkey) -> bool:
    return int((await valkey.info("clients"))["blocked_clients"]) > 0
