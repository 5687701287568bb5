"""Which key a command is for, and that one Redis has them all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import MovedError

from rooms.store.addresses import Host, parse_address
from rooms.store.client import kept
from rooms.store.connections import Command, exchange
from rooms.store.errors import NodeAway, StoreUnavailable
from rooms.store.nodes import Node, OneNode, key_of
from tests.support.cluster import free_ports
from tests.support.valkey import ValkeyServer


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("TIME",), None),
        (("HGET", "k", "f"), "k"),
        (("EVALSHA", "sha", 2, "k", "l", "x"), "k"),
        (("XREAD", "COUNT", 5, "STREAMS", "k", "0-0"), "k"),
        (("XREADGROUP", "GROUP", "g", "c", "COUNT", 5, "STREAMS", "k", ">"), "k"),
        (("XGROUP", "CREATE", "k", "g", "0"), "k"),
        (("BLPOP", "k", 1), "k"),
    ],
)
def test_the_key_of_a_command(command: Command, key: str | None) -> None:
    assert key_of(command) == key


async def test_one_redis_has_every_key_and_is_never_given_up() -> None:
    nodes = OneNode(parse_address("redis://127.0.0.1:1"))
    await nodes.ready()
    node = nodes.of_key("a")
    nodes.failed(node, NodeAway("gone"))
    assert nodes.of_key(None) is nodes.of_key("b") is node
    assert nodes.moved("a", MovedError("7 127.0.0.1:2")) is False
    await nodes.aclose()


@pytest.fixture
def primaries(tmp_path: Path) -> Iterator[list[Host]]:
    """Two servers that both take themselves for the primary, as an old one does that only stood still."""
    ports = free_ports(2)
    with ExitStack() as ending:
        for port in ports:
            (folder := tmp_path / str(port)).mkdir()
            ending.enter_context(ValkeyServer(folder, options=("--port", str(port), "--bind", "127.0.0.1")))
        yield [("127.0.0.1", port) for port in ports]


async def test_no_connection_stays_at_an_old_primary_once_one_leads_to_another(primaries: list[Host]) -> None:
    named = primaries[0]

    async def find() -> Host:
        return named

    node = Node("redis://127.0.0.1", find)
    waiting = asyncio.create_task(node.waits.ask([("BLPOP", "nothing", 0)], 60))
    async with node.commands.lend(5) as resting:
        await exchange(resting, [("PING",)])
    async with node.commands.lend(5) as busy, node.waits.lend(5) as beside:
        assert busy is resting
        named = primaries[1]
        async with node.commands.lend(5) as new:
            await exchange(new, [("SET", "k", "new")])
            assert not busy.is_connected
            assert not beside.is_connected
            with pytest.raises(NodeAway):
                await waiting
    assert await node.commands.ask([("GET", "k")], 5) == [b"new"]
    assert new.is_connected, "those to the same one stay"
    await node.aclose()


async def test_no_subscription_stays_at_an_old_primary_either(primaries: list[Host]) -> None:
    """It answers when it is asked, and nothing is published there any more."""
    named = primaries[0]

    async def find() -> Host:
        return named

    node = Node("redis://127.0.0.1", find)
    old = await node.waits.open()
    old.send([("SUBSCRIBE", "news")])
    assert (await old.next())[0] == b"subscribe"
    hearing = asyncio.create_task(old.next())
    named = primaries[1]
    async with node.commands.lend(5):
        pass
    with pytest.raises(NoConnection):
        await asyncio.wait_for(hearing, 5)
    new = await node.waits.open()
    async with node.commands.lend(5), node.commands.lend(5):
        assert new.is_connected, "those to the same one stay"
    new.close()
    await node.aclose()


async def test_a_primary_without_replicas_is_left_and_the_sentinels_are_asked(primaries: list[Host]) -> None:
    """One that stood still while another was made the primary: it has no replica any more, and no idea of that."""
    named = primaries[0]

    async def find() -> Host:
        return named

    node = Node("redis://127.0.0.1", find)
    async with node.commands.lend(5) as first:
        (answer,) = await kept(first, [b"done"], 1)
        assert isinstance(answer, StoreUnavailable)
    named = primaries[1]
    async with node.commands.lend(5) as second:
        assert second is not first
        await exchange(second, [("SET", "k", "new")])
    assert not first.is_connected
    await node.aclose()
