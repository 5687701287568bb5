"""Redis forgets, all or the newest: no two owners, honest ends, and new rooms play within seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from rooms.core import inputs
from rooms.core.ending import LOST_WORDS
from rooms.core.ids import RoomId, SocketId
from rooms.protocol import server
from rooms.protocol.closing import Close
from rooms.store import Store
from rooms.store.keys import shard_keys
from tests.rooms.engine.playing import ANN, Table, engine, shares, until

Valkey = Any
Keys = dict[bytes, bytes]


async def picture(valkey: Valkey, shard: int) -> Keys:
    """All of a shard as it is now."""
    names = [name async for name in valkey.scan_iter(shard_keys(shard).prefix + "*")]
    return {name: await valkey.dump(name) for name in names}


async def put_back(valkey: Valkey, shard: int, older: Keys) -> None:
    """What a replica that lacks the newest has; in one piece, as it would be."""
    now = [name async for name in valkey.scan_iter(shard_keys(shard).prefix + "*")]
    async with valkey.pipeline(transaction=True) as pipe:
        pipe.delete(*now)
        for name, dump in older.items():
            pipe.restore(name, 0, dump, replace=True)
        await pipe.execute()


async def epochs(store: Store) -> list[int]:
    return [row.epoch for row in await store.leases()]


async def ended_honestly(store: Store, table: Table) -> None:
    """The room says why it ends, its match is recorded as given up, and nothing of it is left."""
    said = table.got[SocketId("s-ann")]
    await until(lambda: any(isinstance(one, server.Goodbye) for one in said))
    (bye,) = [one for one in said if isinstance(one, server.Goodbye)]
    assert (bye.code, bye.reason, bye.reconnect) == (Close.LOST, LOST_WORDS, False)
    assert [event.body for event in table.events if event.kind == "closed"] == [{"reason": LOST_WORDS}]
    assert await store.card(table.room) is None
    assert len(await store.facts("outbox", "record", "test", 0)) == 1


async def a_new_room_plays(table: Table) -> None:
    table.room = RoomId("N" * 22)
    table.got.clear()
    assert (await table.open()).ok
    await table.start()
    await until(lambda: any("playing" in str(frame) for frame in table.frames))


async def test_after_a_flush_engines_set_it_up_again_and_play(
    store: Store, table: Table, valkey: Valkey, valkey_url: str
) -> None:
    async with engine(valkey_url, "a"), engine(valkey_url, "b"):
        assert (await table.open()).ok
        await table.start()
        await until(lambda: shares(store, {"a": 4, "b": 4}))
        before, words, incarnation = await epochs(store), await store.memories(), store.incarnation
        await valkey.flushall()
        async with asyncio.timeout(3):
            await until(lambda: shares(store, {"a": 4, "b": 4}))
            await a_new_room_plays(table)
        assert all(new > old for new, old in zip(await epochs(store), before, strict=True))
        assert not set(words) & set(await store.memories())
        assert (await valkey.hget("hf:meta", "shards")) == b"8"
        await store.check()
        assert store.incarnation != incarnation


async def by_its_owner(_: Store, __: Valkey, ___: int) -> None:
    """The engine that played on it still has the lease, by the older data too."""


async def by_nobody_yet(_: Store, valkey: Valkey, shard: int) -> None:
    """The lease of the older data has lapsed."""
    await valkey.hset(shard_keys(shard).lease, "until", 1)


async def by_another(store: Store, valkey: Valkey, shard: int) -> None:
    """The lease of the older data is of an engine that lives no more, and has yet to lapse."""
    await valkey.hset(shard_keys(shard).lease, mapping={"owner": "gone", "until": await store.now_ms() + 500})


@pytest.mark.parametrize("held", [by_its_owner, by_nobody_yet, by_another])
@pytest.mark.parametrize("game", ["tictactoe", "arena"])
async def test_rooms_whose_data_went_back_end_and_do_not_jump(
    store: Store,
    table: Table,
    valkey: Valkey,
    valkey_url: str,
    held: Callable[[Store, Valkey, int], Awaitable[None]],
    game: str,
) -> None:
    """At once when it is ticking; within a round when nothing happens in it, before anybody moves."""
    async with engine(valkey_url, "a"), engine(valkey_url, "b"):
        await table.open(game)
        await table.start()
        shard = store.shard_of(table.room)
        await until(lambda: table.frames[-1].acks == (1, 1))
        await until(lambda: shares(store, {"a": 4, "b": 4}))
        older = await picture(valkey, shard)
        seq = await table.do(ANN, inputs.ChatBody("acknowledged, and then forgotten"))
        await until(lambda: table.frames[-1].acks[0] == seq)
        before = await epochs(store)
        await put_back(valkey, shard, older)
        await held(store, valkey, shard)
        await ended_honestly(store, table)
        ticks = [frame.tick for frame in table.frames]
        assert ticks == sorted(ticks), "nobody is shown the past"
        await until(lambda: shares(store, {"a": 4, "b": 4}))
        assert all(new >= old for new, old in zip(await epochs(store), before, strict=True))
        await a_new_room_plays(table)


async def test_a_room_nobody_noticed_anything_of_plays_on(
    store: Store, table: Table, valkey: Valkey, valkey_url: str
) -> None:
    """The data are restored as they were: nothing was lost, so nothing ends."""
    async with engine(valkey_url, "a"):
        await table.open()
        await table.start()
        await until(lambda: table.frames[-1].acks == (1, 1))
        shard = store.shard_of(table.room)
        await put_back(valkey, shard, await picture(valkey, shard))
        seq = await table.do(ANN, inputs.ChatBody("as if nothing had been"))
        await until(lambda: table.frames[-1].acks[0] == seq)
