"""Small ways to make what the store takes, and to hurt it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from rooms.core.ids import RoomId, WebId
from rooms.store import Commit, Lease, Store

SHARDS = 4
Valkey: TypeAlias = Any
"""redis-py's client: its replies are declared as unions of all that any option might give, no help to a test."""
ROOM = RoomId("r" * 22)
"""A room."""
WEB = WebId("web-1")
TTL = 60_000
"""A lease that does not lapse during a test."""


async def take(store: Store, owner: str = "engine-1", room: RoomId = ROOM) -> Lease:
    """The lease of a room's shard, which is free."""
    lease = await store.take(store.shard_of(room), owner, TTL)
    assert lease is not None
    return lease


async def commit(store: Store, what: Commit) -> None:
    """Commit, and it must succeed."""
    assert await store.commit([what], TTL) == [None]


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 5.0) -> None:
    """Wait until something is true, for a bounded time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await true():
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds:g} s"
        await asyncio.sleep(0.005)


async def cut_subscribers(valkey: Valkey) -> int:
    """Redis cuts every subscriber off; how many there were."""
    return int(await valkey.execute_command("CLIENT", "KILL", "TYPE", "pubsub"))
