"""rooms/bots/streams.py: the newest alone, or each in order up to a bound."""

from __future__ import annotations

import asyncio

from rooms.bots.streams import Newest, Stream


async def test_the_newest_wins_and_none_comes_twice() -> None:
    newest: Newest[int] = Newest()
    reader = newest.follow()
    newest.put(1)
    newest.put(2)
    assert await anext(reader) == 2

    waiting = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    assert not waiting.done()
    newest.put(2)
    assert await waiting == 2


async def test_every_reader_of_the_newest_gets_it() -> None:
    newest: Newest[str] = Newest()
    newest.put("a")
    assert [await anext(newest.follow()), await anext(newest.follow())] == ["a", "a"]


async def test_the_last_is_read_after_the_end() -> None:
    newest: Newest[int] = Newest()
    newest.put(1)
    newest.close()
    assert [item async for item in newest.follow()] == [1]


async def test_the_end_wakes_who_waits() -> None:
    newest: Newest[int] = Newest()

    async def read() -> list[int]:
        return [item async for item in newest.follow()]

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    newest.close()
    assert await reading == []


async def test_a_stream_keeps_order() -> None:
    stream: Stream[int] = Stream(10)
    for item in range(5):
        stream.put(item)
    stream.close()
    assert [item async for item in stream.follow()] == [0, 1, 2, 3, 4]


async def test_a_full_stream_loses_its_oldest_and_counts_it() -> None:
    stream: Stream[int] = Stream(3)
    for item in range(5):
        stream.put(item)
    stream.close()
    assert [item async for item in stream.follow()] == [2, 3, 4]
    assert stream.dropped == 2


async def test_a_stream_wakes_its_reader() -> None:
    stream: Stream[int] = Stream(3)
    waiting = asyncio.ensure_future(anext(stream.follow()))
    await asyncio.sleep(0)
    stream.put(7)
    assert await waiting == 7
