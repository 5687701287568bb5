"""Small ways to make what the store takes, and to hurt it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
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


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
    """Wait until something is true, for a bounded time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await true():
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds:g} s"
        await asyncio.sleep(0.005)


async def cut_subscribers(valkey: Valkey) -> int:
    """Redis cuts every subscriber off; how many there were."""
    return int(await valkey.execute_command("CLIENT", "KILL", "TYPE", "pubsub"))


@asynccontextmanager
async def listening(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Something on a port that is not Redis; its port. In the end every conversation is over."""
    talking: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, EOFError):
            pass  # the client under test hung up, as it should
        finally:
            writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talking.add(asyncio.create_task(converse(reader, writer)))

    served = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls)
    try:
        yield served.sockets[0].getsockname()[1]
    finally:
        served.close()
        await asyncio.wait_for(asyncio.gather(*talking), 30)
        await served.wait_closed()
