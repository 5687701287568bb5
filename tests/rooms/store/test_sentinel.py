"""The store behind Sentinels: it finds the primary, and finds the new one after a fail-over."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from rooms.store import Commit, Limits, Parcelled, Reconnected, Store, StoreUnavailable
from tests.rooms.store.making import ROOM, SHARDS, TTL, WEB, commit, listening, take, until
from tests.support.sentinel import Watched


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    """One for all tests here; the last one kills its primary."""
    with Watched(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))) as ours:
        yield ours


@pytest.fixture
async def store(watched: Watched) -> AsyncIterator[Store]:
    """On an empty primary, whose commits wait for the replica."""
    watched.primary().say("FLUSHALL")
    ours = Store(watched.url, SHARDS, Limits(wait_replicas=1))
    yield ours
    await ours.aclose()


async def test_the_primary_is_found_although_a_sentinel_is_away(watched: Watched, store: Store) -> None:
    await store.check()
    lease = await take(store)
    await store.load(lease)
    await commit(store, Commit(lease, rooms={ROOM: b"r"}))
    assert watched.members[1].say("HGET", f"hf:{{s{lease.shard:02d}}}:rooms", ROOM) == "r"  # WAIT: it is there too


async def test_no_sentinel_and_no_such_name(watched: Watched) -> None:
    nowhere = Store("redis+sentinel://127.0.0.1:1,127.0.0.1:2/rooms", SHARDS)
    with pytest.raises(StoreUnavailable, match="No Sentinel says who the primary is"):
        await nowhere.check()
    unknown = Store(watched.url.replace("/rooms", "/other"), SHARDS)
    with pytest.raises(StoreUnavailable, match="knows no primary named 'other'"):
        await unknown.check()
    for wrong in (nowhere, unknown):
        await wrong.aclose()


async def test_whoever_is_named_must_be_a_primary(watched: Watched) -> None:
    """In the middle of a fail-over a Sentinel may name one that is not (any more)."""
    replica = next(member for member in watched.members if member is not watched.primary())

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if b"GET-MASTER" in line:
                port = str(replica.port)
                writer.write(f"*2\r\n$9\r\n127.0.0.1\r\n${len(port)}\r\n{port}\r\n".encode())

    async with listening(talk) as port:
        misled = Store(f"redis+sentinel://127.0.0.1:{port}/rooms", SHARDS)
        with pytest.raises(StoreUnavailable, match="is not the primary"):
            await misled.check()
        await misled.aclose()


async def test_the_new_primary_is_found_and_has_all_that_was_acknowledged(watched: Watched, store: Store) -> None:
    lease = await take(store)
    await store.load(lease)
    mailbox = store.mailbox(WEB)
    await mailbox.opened()
    for n in range(50):
        await commit(store, Commit(lease, rooms={ROOM: b"%d" % n}, parcels={WEB: b"%d" % n}))
        assert await asyncio.wait_for(anext(mailbox), 5) == Parcelled(lease.shard, n + 1, b"%d" % n)
    watched.primary().kill()

    async def is_back() -> bool:
        try:
            return await store.take(lease.shard, lease.owner, TTL) is not None
        except StoreUnavailable:
            return False

    await until(is_back)
    heir = await store.take(lease.shard, lease.owner, TTL)
    assert heir is not None
    assert (await store.load(heir)).rooms == {ROOM: b"49"}
    assert await asyncio.wait_for(anext(mailbox), 10) == Reconnected()
    with pytest.raises(StoreUnavailable, match="Only 0 replicas of 1"):  # there is none any more
        await store.commit([Commit(heir, parcels={WEB: b"kept back"})], TTL)
    await mailbox.aclose()
