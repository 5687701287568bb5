"""Which key a command is for, and that one Redis has them all."""

from __future__ import annotations

import pytest
from redis.exceptions import MovedError

from rooms.store.addresses import parse_address
from rooms.store.connections import Command
from rooms.store.errors import NodeAway
from rooms.store.nodes import OneNode, key_of


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
