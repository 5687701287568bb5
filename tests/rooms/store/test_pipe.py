"""A pipe on a real connection of redis-py, and on one to a server that says what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import redis.asyncio
from redis.asyncio.connection import Connection, UnixDomainSocketConnection
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import InvalidResponse, ResponseError

from rooms.store import pipe as pipes
from rooms.store.pipe import NOTHING, Pipe
from tests.rooms.store.making import listening
from tests.support.waiting import until


@pytest.fixture
async def pipe(valkey_url: str) -> AsyncIterator[Pipe]:
    """To the emptied Valkey."""
    connection = UnixDomainSocketConnection(path=valkey_url.removeprefix("unix://"))
    await connection.connect()
    ours = Pipe(connection)
    yield ours
    ours.close()
    await ours.wait_closed()


@asynccontextmanager
async def served(*says: bytes) -> AsyncIterator[tuple[Pipe, asyncio.Event]]:
    """To a server that says these, a moment apart, to the first command after the greeting; then it waits."""
    leave = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while b"PING" not in await reader.readline():
            if reader.at_eof():
                return
        for word in says:
            writer.write(word)
            await writer.drain()
            await asyncio.sleep(0.01)
        await leave.wait()

    async with listening(talk) as port:
        connection = Connection(host="127.0.0.1", port=port, protocol=2, driver_info=None)
        await connection.connect()
        ours = Pipe(connection)
        yield ours, leave
        ours.close()
        leave.set()


async def test_each_command_has_its_answer_and_errors_stand_in_their_places(pipe: Pipe) -> None:
    answers = await pipe.exchange([("SET", "k", b"\x00\xff"), ("GET", "k"), ("INCR", "k"), ("LPUSH", "l", 1, 2.5)])
    assert answers[:2] == [b"OK", b"\x00\xff"]
    assert isinstance(answers[2], ResponseError)
    assert answers[3] == 2
    assert pipe.is_clean


async def test_an_answer_in_pieces_is_one_and_its_reader_is_woken_once() -> None:
    async with served(b"$5\r\nhe", b"ll", b"o\r\n", b"+more\r\n") as (pipe, _):
        assert await pipe.exchange([("PING",)]) == [b"hello"]
        await until(lambda: not pipe.is_clean, 5, "what nobody asked for is noticed")
        assert pipe.is_connected


async def test_what_is_published_waits_in_order_and_a_cancelled_reader_loses_nothing(
    pipe: Pipe, valkey: redis.asyncio.Redis
) -> None:
    pipe.send([("SUBSCRIBE", "c")])
    assert (await pipe.next())[0] == b"subscribe"
    assert pipe.poll() is NOTHING
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pipe.next(), 0.02)
    for number in range(5):
        await valkey.publish("c", number)
    assert [(await pipe.next())[2] for _ in range(5)] == [b"0", b"1", b"2", b"3", b"4"]


async def test_a_reader_that_does_not_read_is_held_up_and_loses_nothing(
    pipe: Pipe, valkey: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipes, "MOST_UNREAD", 10_000)
    pipe.send([("SUBSCRIBE", "c")])
    await pipe.next()
    for number in range(300):
        await valkey.publish("c", str(number) + "x" * 2000)
    await until(lambda: pipe._paused, 5, "it is not read any more")
    got = [int((await pipe.next())[2].partition(b"x")[0]) for _ in range(300)]
    assert got == list(range(300))


async def test_who_waits_hears_of_the_end() -> None:
    async with served() as (pipe, leave):
        waiting = asyncio.create_task(pipe.exchange([("PING",)]))
        await asyncio.sleep(0.05)
        leave.set()
        with pytest.raises(NoConnection, match="closed by server"):
            await waiting
        assert not pipe.is_connected
        with pytest.raises(NoConnection):
            await pipe.exchange([("PING",)])
        await pipe.wait_closed()


async def test_what_is_no_answer_of_redis_ends_it() -> None:
    async with served(b"HTTP/1.1 400 Bad Request\r\n") as (pipe, _):
        with pytest.raises(InvalidResponse):
            await pipe.exchange([("PING",)])
        assert not pipe.is_connected


async def test_a_server_that_is_loading_is_of_no_use() -> None:
    async with served(b"-LOADING Redis is loading the dataset in memory\r\n") as (pipe, _):
        with pytest.raises(NoConnection):
            await pipe.exchange([("PING",)])
        assert not pipe.is_connected


async def test_an_exchange_that_takes_too_long_is_given_up(pipe: Pipe) -> None:
    """Within its own limit, and no other: one that is answered in time leaves no timer behind."""
    assert await pipe.exchange([("PING",)], 0.05) == [b"PONG"]
    assert await pipe.exchange([("BLPOP", "none", 0.1)]) == [None]
    with pytest.raises(TimeoutError):
        await pipe.exchange([("PING",), ("BLPOP", "none", 5)], 0.05)
