"""rooms/bots/runner.py against a real Valkey and a room played by hand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import msgspec
import pytest
import redis.asyncio
from django.conf import settings

from rooms import meters
from rooms.bots.runner import run_bots
from rooms.core.facts import BotCall
from rooms.core.ids import PlayerId, RoomId
from rooms.protocol import client as say
from rooms.store import Commit, ShardsDiffer, Store
from tests.rooms.bots.script import ME, ScriptedServer, until, welcome, whole
from tests.support.valkey import ValkeyServer

ROOM = RoomId("r" * 22)
CALL = BotCall(ROOM, "tictactoe", 0, PlayerId(ME), "Ada", "hard")
TURN = {"cells": [-1] * 9, "turn": 0, "line": []}


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with asyncio.timeout(30), ScriptedServer() as server:
        yield server


@pytest.fixture
async def store(valkey: redis.asyncio.Redis) -> AsyncIterator[Store]:
    store = Store.of_loop(settings.ROOMS_URL, settings.HOLDFAST["SHARDS"])
    yield store
    await store.aclose()


class Running:
    """run_bots as a task of the test."""

    def __init__(self, server: ScriptedServer) -> None:
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(run_bots(self.stop, f"http://127.0.0.1:{server.port}"))

    async def end(self) -> None:
        """Stop it and see that it stopped well."""
        self.stop.set()
        await asyncio.wait_for(self.task, 10)


async def call_for(store: Store, *calls: bytes) -> None:
    """Write calls as an engine does: in the fenced commit of their shard."""
    lease = await store.take(store.shard_of(ROOM), "an engine", 5000)
    assert lease is not None
    fenced = await store.commit([Commit(lease, last=None, bots=list(calls))], 5000)
    assert fenced == [None]
    await store.release(lease)


async def test_a_call_brings_a_bot_that_plays(store: Store, server: ScriptedServer) -> None:
    running = Running(server)
    await call_for(store, msgspec.msgpack.encode(CALL))
    visit = await server.welcome(whole=whole(TURN))
    assert (await visit.hear(say.Move)).seq == 1
    await running.end()
    assert visit.socket.close_code == 1000


async def test_a_repeated_call_makes_one_socket_and_nothing_is_left_over(
    store: Store, server: ScriptedServer, valkey: redis.asyncio.Redis
) -> None:
    running = Running(server)
    await call_for(store, msgspec.msgpack.encode(CALL), msgspec.msgpack.encode(CALL))
    await server.welcome(whole=whole(TURN))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await server.visit()
    assert await valkey.xlen(f"hf:{{s{store.shard_of(ROOM):02d}}}:bots") == 0
    await running.end()


async def test_what_is_no_call_is_left_behind(
    store: Store, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    before = meters.counts["bot_calls_unreadable"]
    running = Running(server)
    await call_for(store, b"\xc1 nonsense", msgspec.msgpack.encode(CALL))
    await server.welcome(whole=whole(TURN))
    assert meters.counts["bot_calls_unreadable"] == before + 1
    assert any("no call for a bot" in record.message for record in caplog.records)
    await running.end()


async def test_stopping_without_a_bot_is_quick(
    store: Store, server: ScriptedServer, valkey: redis.asyncio.Redis
) -> None:
    running = Running(server)
    for _ in range(500):
        if (await valkey.info("clients"))["blocked_clients"]:  # it waits for calls
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("it does not wait for calls")
    loop = asyncio.get_running_loop()
    before = loop.time()
    await running.end()
    assert loop.time() - before < 2


async def test_another_number_of_shards_ends_it(
    store: Store, server: ScriptedServer, valkey: redis.asyncio.Redis
) -> None:
    await valkey.hset("hf:meta", "shards", "3")
    with pytest.raises(ShardsDiffer):
        await asyncio.wait_for(Running(server).task, 10)


async def test_it_survives_redis(
    store: Store, server: ScriptedServer, valkey_server: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Redis dies while a bot plays: the bot plays on, and calls are served again once Redis is back."""
    caplog.set_level(logging.WARNING)
    running = Running(server)
    await call_for(store, msgspec.msgpack.encode(CALL))
    visit = await server.welcome(whole=whole(TURN))
    await visit.hear(say.Move)
    try:
        valkey_server.kill()
        await until(lambda: any("no calls for bots" in record.message for record in caplog.records))
    finally:
        valkey_server.start()
    assert not running.task.done()

    other = BotCall(ROOM, "tictactoe", 1, PlayerId("bot-2"), "Byte", "easy")
    await call_for(store, msgspec.msgpack.encode(other))
    again = await server.visit()
    await again.hear(say.Hello)
    await again.tell(welcome())
    await running.end()
