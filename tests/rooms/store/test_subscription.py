"""Subscriptions: they heal, they say so, and they notice a connection that died without a word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rooms.store import StoreUnavailable
from rooms.store.client import Client
from rooms.store.subscription import ANSWER_S, QUIET_S, Message, Subscription
from tests.rooms.store.making import Valkey, cut_subscribers, listening, until
from tests.support.valkey import ValkeyServer


@pytest.fixture
async def client(valkey_url: str) -> AsyncIterator[Client]:
    client = Client(valkey_url)
    yield client
    await client.aclose()


@pytest.fixture
async def subscription(client: Client) -> AsyncIterator[Subscription]:
    """Two channels, confirmed."""
    subscription = Subscription(client, ["a", "b"])
    await subscription.open()
    yield subscription
    await subscription.aclose()


async def test_messages_in_order(subscription: Subscription, valkey: Valkey) -> None:
    for channel, text in (("a", "1"), ("b", "2"), ("c", "not ours"), ("a", "3")):
        await valkey.publish(channel, text)
    got = [await subscription.next() for _ in range(3)]
    assert got == [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]


async def test_once_open_nothing_is_missed(client: Client, valkey: Valkey) -> None:
    """Redis has confirmed every channel by then."""
    for _ in range(20):
        subscription = Subscription(client, [f"c{n}" for n in range(50)])
        await subscription.open()
        assert await valkey.publish("c49", "x") == 1
        await subscription.aclose()


async def test_it_is_not_open_before_redis_says_so() -> None:
    """Here something greets us, and never answers SUBSCRIBE."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"holdfast\r\n")
        writer.write(b"+OK\r\n")
        await reader.read()

    async with listening(talk) as port:
        client = Client(f"redis://127.0.0.1:{port}")
        with pytest.raises(StoreUnavailable, match="did not answer"):
            await Subscription(client, ["a", "b"]).open()


async def test_every_loss_is_told_once(subscription: Subscription, valkey: Valkey) -> None:
    for _ in range(3):
        assert await cut_subscribers(valkey) == 1
        assert await asyncio.wait_for(subscription.next(), 30) is None
        await valkey.publish("a", "again")
        assert await asyncio.wait_for(subscription.next(), 30) == (b"a", b"again")


async def test_what_came_before_the_loss_is_still_handed_out(subscription: Subscription, valkey: Valkey) -> None:
    await valkey.publish("a", "1")
    await cut_subscribers(valkey)
    assert await asyncio.wait_for(subscription.next(), 30) == (b"a", b"1")
    assert await asyncio.wait_for(subscription.next(), 30) is None


async def test_a_reader_that_gives_up_for_a_moment_loses_nothing(subscription: Subscription, valkey: Valkey) -> None:
    """Cancelled at any point, also in the middle of a large message that comes in pieces."""
    await valkey.publish("a", b"x" * 3_000_000)
    await valkey.publish("b", "after")
    got: list[Message | None] = []
    async with asyncio.timeout(30):
        while len(got) < 2:
            try:
                got.append(await asyncio.wait_for(subscription.next(), 0.0005))
            except TimeoutError:
                continue
    assert got == [(b"a", b"x" * 3_000_000), (b"b", b"after")]


async def test_opening_without_redis_is_an_error_and_waiting_for_it_is_not(tmp_path: Path) -> None:
    server = ValkeyServer(tmp_path)
    client = Client(server.url)
    subscription = Subscription(client, ["a"])
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await subscription.open()
    waiting = asyncio.create_task(subscription.next())
    await asyncio.sleep(0.2)
    assert not waiting.done()
    with server:
        assert await asyncio.wait_for(waiting, 10) is None
        server.kill()
        waiting = asyncio.create_task(subscription.next())
        server.start()
        assert await asyncio.wait_for(waiting, 10) is None
        await subscription.aclose()
        await client.aclose()


async def test_a_connection_that_hangs_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No packet comes, not even an end: as when a machine between us lost its power."""
    assert QUIET_S + ANSWER_S <= 1.8, "or it would not be told within two seconds"
    monkeypatch.setattr("rooms.store.subscription.QUIET_S", 0.1)
    monkeypatch.setattr("rooms.store.subscription.ANSWER_S", 0.2)
    with ValkeyServer(tmp_path) as server:
        client = Client(server.url)
        troubles: list[str] = []
        subscription = Subscription(client, ["a"], troubles.append)
        await subscription.open()
        waiting = asyncio.create_task(subscription.next())
        await asyncio.sleep(0.5)
        assert not waiting.done()  # quiet is not dead: Redis answers when asked
        assert not caplog.records
        server.pause()

        async def told() -> bool:
            return bool(caplog.records)

        await until(told)
        assert "is lost" in caplog.records[0].getMessage()
        server.resume()
        assert await asyncio.wait_for(waiting, 10) is None
        assert troubles[0] == "Redis said nothing for 0.3 s."
        assert troubles[-1] == ""
        await subscription.aclose()
        await client.aclose()
