"""The client: pipelines whose commands all run, scripts that survive a forgetful Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.exceptions import ResponseError

from rooms.store import StoreUnavailable
from rooms.store.client import Client
from rooms.store.lua import Call, read_script
from tests.rooms.store.making import Valkey

BEAT, RENEW = read_script("beat"), read_script("renew")


@pytest.fixture
async def client(valkey_url: str) -> AsyncIterator[Client]:
    client = Client(valkey_url)
    yield client
    await client.aclose()


async def test_commands_and_pipelines_answer_as_redis_does(client: Client) -> None:
    assert await client.call("SET", "k", b"\x00v") == b"OK"
    assert await client.pipeline([("GET", "k"), ("INCR", "n"), ("GET", "none")]) == [b"\x00v", 1, None]
    assert await client.pipeline([]) == []
    assert await client.scripts([]) == []


async def test_a_failing_command_does_not_stop_those_after_it(client: Client, valkey: Valkey) -> None:
    """A mistake of ours is raised as what it is, not as an absent Redis."""
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await client.pipeline([("SET", "a", 1), ("LPUSH", "a", 1), ("SET", "b", 2)])
    assert await valkey.get("b") == b"2"
    assert await client.call("GET", "a") == b"1"


async def test_errors_can_be_judged_in_their_places(client: Client) -> None:
    first, second = await client.attempt([("GET", "a"), ("NOSUCHCOMMAND",)])
    assert first is None
    assert isinstance(second, ResponseError)


async def test_scripts_are_loaded_when_redis_lacks_them(client: Client, valkey: Valkey) -> None:
    """Also when only some of a pipeline are unknown; each runs once, and the answers keep their order."""
    assert await client.script(BEAT, ["l0"], ["a", 60_000, 0]) == [b"a"]
    await valkey.script_flush()
    assert await client.script(BEAT, ["l0"], ["b", 60_000, 0]) == [b"a", b"b"]
    calls: list[Call] = [
        (BEAT, ["l0"], ["c", 90_000, 0]),
        (RENEW, ["l1", "m1"], ["me", 3, 1000]),
        (BEAT, ["l2"], ["d", 60_000, 0]),
        (BEAT, ["l0"], ["e", 95_000, 0]),
    ]
    assert await client.scripts(calls) == [[b"a", b"b", b"c"], None, [b"d"], [b"a", b"b", b"c", b"e"]]
    await valkey.script_flush()
    assert await client.scripts([calls[0], calls[1]]) == [[b"a", b"b", b"c", b"e"], None]


async def test_a_mistake_in_a_script_is_seen(client: Client, valkey: Valkey) -> None:
    await valkey.set("l0", "not a hash")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await client.script(BEAT, ["l0"], ["me", 1000, 0])


async def test_waiting_does_not_hold_up_commands(client: Client) -> None:
    assert await client.wait("BLPOP", "none", 0.01, limit_s=1.0) is None
    with pytest.raises(StoreUnavailable, match=r"did not answer within 0\.05 s"):
        await client.wait("BLPOP", "none", 5, limit_s=0.05)
    assert await client.call("PING") == b"PONG"
