"""The log: what is appended is read in order, and refused in words when it does not fit."""

from __future__ import annotations

import asyncio

import pytest

from rooms.core.ids import PlayerId, RoomId, SocketId, WebId
from rooms.core.inputs import ChatBody, Command, Entry, Lapse, parse_pack
from rooms.store import START, LogFull, Store, TooLarge
from rooms.store.log import after
from tests.rooms.store.making import ROOM, SHARDS, Valkey, until


def chat(text: str) -> Entry:
    """An entry to tell from others."""
    return Entry(ROOM, Command(SocketId("s"), PlayerId("p"), 1, ChatBody(text)))


async def test_entries_are_read_in_the_order_they_came(store: Store) -> None:
    shard = store.shard_of(ROOM)
    ids = await store.append([(shard, chat(str(n))) for n in range(5)])
    assert sorted(ids, key=lambda id_: tuple(map(int, id_.split("-")))) == ids
    ((read_shard, rows),) = await store.read({shard: START}, block_ms=0, count=100)
    assert read_shard == shard
    assert [id_ for id_, _ in rows] == ids
    assert [entry for _, raw in rows for entry in parse_pack(raw)] == [chat(str(n)) for n in range(5)]


async def test_one_append_serves_many_shards(store: Store) -> None:
    """Ids come back in the order of what was given, whatever shard each went to."""
    entries = [(n % SHARDS, chat(str(n))) for n in range(12)]
    ids = await store.append(entries)
    read = dict(await store.read(dict.fromkeys(range(SHARDS), START), block_ms=0, count=100))
    for (shard, entry), id_ in zip(entries, ids, strict=True):
        assert parse_pack(dict(read[shard])[id_]) == [entry]


async def test_reading_goes_on_from_a_cursor_and_takes_no_more_than_asked(store: Store) -> None:
    ids = await store.append([(0, chat(str(n))) for n in range(5)])
    ((_, rows),) = await store.read({0: ids[1], 1: START}, block_ms=0, count=2)
    assert [id_ for id_, _ in rows] == ids[2:4]


async def test_append_to_finds_the_shard_and_names_the_caller(store: Store) -> None:
    id_ = await store.append_to(ROOM, Lapse(WebId("w")), reply="token")
    ((_, rows),) = await store.read({store.shard_of(ROOM): START}, block_ms=0, count=9)
    assert [(i, parse_pack(raw)) for i, raw in rows] == [(id_, [Entry(ROOM, Lapse(WebId("w")), "token")])]


async def test_nothing_new_is_an_empty_answer(store: Store) -> None:
    assert await store.read({0: START, 1: START}, block_ms=0, count=1) == []
    assert await store.read({0: START}, block_ms=20, count=1) == []
    assert await store.read({}, block_ms=1000, count=1) == []
    assert await store.append([]) == []


async def test_a_waiting_reader_wakes_up(store: Store, valkey: Valkey) -> None:
    reading = asyncio.create_task(store.read({0: START, 3: START}, block_ms=5000, count=1))

    async def waits() -> bool:
        return int((await valkey.info("clients"))["blocked_clients"]) == 1

    await until(waits)
    await store.append([(3, chat("wake"))])
    ((shard, _),) = await reading
    assert shard == 3


async def test_a_waiting_reader_outlasts_the_time_limit_of_commands(store: Store) -> None:
    assert await store.read({0: START}, block_ms=1300, count=1) == []


async def test_a_cancelled_reader_leaves_nothing_behind(store: Store) -> None:
    """Its connection still had an answer to come; the next one to use it must not get that."""
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(store.read({0: START}, block_ms=5000, count=1), 0.05)
    (id_,) = await store.append([(0, chat("after"))])
    ((_, rows),) = await store.read({0: START}, block_ms=100, count=1)
    assert rows[0][0] == id_


async def test_a_full_log_refuses_and_keeps_what_it_has(small: Store, valkey: Valkey) -> None:
    """Only the entries that did not fit are refused; other shards do not suffer."""
    await small.append([(0, chat("1")), (0, chat("2")), (0, chat("3"))])
    with pytest.raises(LogFull) as caught:
        await small.append([(0, chat("4")), (1, chat("a")), (0, chat("5")), (0, chat("6")), (0, chat("7"))])
    assert caught.value.shards == [0]
    assert caught.value.refused == [3, 4]
    assert await valkey.xlen("hf:{s00}:in") == 5
    assert await valkey.xlen("hf:{s01}:in") == 1
    await valkey.xtrim("hf:{s00}:in", maxlen=1, approximate=False)
    assert len(await small.append([(0, chat("8"))])) == 1


async def test_an_oversized_entry_is_refused_before_anything_is_sent(small: Store, valkey: Valkey) -> None:
    with pytest.raises(TooLarge, match="the log takes 200"):
        await small.append([(0, chat("fine")), (1, chat("x" * 300))])
    assert await valkey.dbsize() == 0


async def test_more_entries_than_lua_could_unpack(store: Store) -> None:
    ids = await store.append([(0, chat(str(n))) for n in range(9000)])
    assert len(set(ids)) == 9000


async def test_the_id_after_another() -> None:
    assert after("5-0") == "5-1"
    assert after("5") == "5-1"
    assert after("1795351982089-18446744073709551614") == "1795351982089-18446744073709551615"


async def test_entries_for_a_whole_shard_have_no_room(store: Store) -> None:
    await store.append([(2, Entry(RoomId(""), Lapse(WebId("w"))))])
    ((_, rows),) = await store.read({2: START}, block_ms=0, count=1)
    assert parse_pack(rows[0][1])[0].room == ""
