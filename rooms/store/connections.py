"""The connections of one process to Redis, and what each of their faults means in plain words.

It speaks through redis-py's connections directly and not through its client: no retry may ever send an append
or a commit twice, one time limit covers a whole pipeline, and replies come as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, RedisError, ResponseError
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

from rooms.store.errors import StoreUnavailable
from rooms.store.limits import CONNECT_S, CONNECTING, QUEUE_S

Argument: TypeAlias = "str | bytes | int | float"
Command: TypeAlias = "Sequence[Argument]"
Answer: TypeAlias = "Any"
"""What Redis said: int, bytes, None, a list of these, or a ResponseError where a command failed."""

REFUSALS = {
    "OOM": "Redis is out of memory (maxmemory)",
    "READONLY": "Redis is a read-only replica",
    "MISCONF": "Redis cannot save to its disk and takes no writes",
    "BUSY": "Redis is busy with a long script",
    "NOREPLICAS": "Redis has too few replicas to take writes",
    "MASTERDOWN": "this Redis is a replica without its primary",
    "CLUSTERDOWN": "the Redis Cluster is down",
    "TRYAGAIN": "the Redis Cluster is moving this shard",
    "MOVED": "this Redis is one node of a cluster and does not serve this shard",
    "ASK": "the Redis Cluster is moving this shard",
    "NOSCRIPT": "Redis lost our scripts again as soon as it had them",
    "NOAUTH": "Redis wants a password: put it into REDIS_URL",
    "NOPERM": "Redis does not allow our user this command",
}
"""Errors that are the state of Redis and not a mistake of ours, by their first word."""


def refusal(error: ResponseError) -> StoreUnavailable | None:
    """The error as "not now", or None when it is a mistake of ours and must be seen as one."""
    word = error.status_code or str(error).partition(" ")[0]
    said = REFUSALS.get(word)
    return StoreUnavailable(f"{said} ({error}).") if said else None


def raise_refusals(answers: Iterable[Answer]) -> None:
    """Raise the first error among the answers of a pipeline, as StoreUnavailable where it is one."""
    for answer in answers:
        if isinstance(answer, ResponseError):
            raise refusal(answer) or answer


class Connections:
    """A bounded number of connections, opened when needed. More callers than connections wait in line."""

    def __init__(self, url: str, size: int) -> None:
        """Nothing is opened yet. `url`: redis://, rediss:// or unix://."""
        self._factory: ConnectionPool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_timeout=None,
            socket_connect_timeout=CONNECT_S,
            retry=Retry(NoBackoff(), 0),
            client_name="holdfast",
            driver_info=None,  # two round trips less for each new connection
        )
        self._free = asyncio.Semaphore(size)
        self._opening = asyncio.Semaphore(CONNECTING)  # a herd would open none within the time for one
        self._idle: list[AbstractConnection] = []
        self._open: set[AbstractConnection] = set()

    async def open(self) -> AbstractConnection:
        """A new connection of the caller's own, to be ended with `disconnect`. Raises StoreUnavailable."""
        connection = self._new()
        await self._connect(connection)
        return connection

    def _new(self) -> AbstractConnection:
        connection: AbstractConnection = self._factory.make_connection()  # type: ignore[no-untyped-call]
        return connection

    @asynccontextmanager
    async def lend(self, limit_s: float) -> AsyncIterator[AbstractConnection]:
        """A connection for one exchange of at most `limit_s` seconds; after any fault it is thrown away."""
        try:
            async with asyncio.timeout(QUEUE_S):
                await self._free.acquire()
        except TimeoutError:
            raise StoreUnavailable(f"All connections to Redis were busy for {QUEUE_S:g} s.") from None
        connection = self._idle.pop() if self._idle else self._new()
        self._open.add(connection)
        try:
            await self._revive(connection)
            async with asyncio.timeout(limit_s):
                yield connection
        except (RedisError, OSError) as error:
            await connection.disconnect(nowait=True)
            raise unavailable(error, limit_s) from error
        except BaseException:  # cancelled in the middle: answers are still on their way
            await connection.disconnect(nowait=True)
            raise
        finally:
            self._open.discard(connection)
            self._idle.append(connection)
            self._free.release()

    async def _revive(self, connection: AbstractConnection) -> None:
        if connection.is_connected and await connection.can_read():
            await connection.disconnect(nowait=True)  # closed by Redis, or something nobody asked for
        if not connection.is_connected:
            await self._connect(connection)

    async def _connect(self, connection: AbstractConnection) -> None:
        try:
            async with self._opening, asyncio.timeout(CONNECT_S):
                await connection.connect()  # type: ignore[no-untyped-call]
        except (RedisError, OSError) as error:
            await connection.disconnect(nowait=True)
            raise unavailable(error, CONNECT_S) from error
        except BaseException:
            await connection.disconnect(nowait=True)
            raise

    async def aclose(self) -> None:
        """Close all; calls that still run fail."""
        for connection in [*self._idle, *self._open]:
            await connection.disconnect()
        self._idle.clear()


def unavailable(error: Exception, limit_s: float) -> StoreUnavailable:
    """Any fault of a connection, in words. An error that Redis answered keeps its own words."""
    faults = (error, error.__cause__)  # redis-py wraps what goes wrong while it opens a connection
    if isinstance(error, TimeoutError | NoAnswer):
        return StoreUnavailable(f"Redis did not answer within {limit_s:g} s.")
    if any(isinstance(fault, BusyLoadingError) for fault in faults):
        return StoreUnavailable("Redis is still loading its file.")
    if any(isinstance(fault, AuthenticationError) for fault in faults):
        return StoreUnavailable(f"Redis refuses our name or password, see REDIS_URL: {error}.")
    if isinstance(error, NoConnection | OSError):
        return StoreUnavailable(f"Redis cannot be reached: {str(error).rstrip('.')}.")
    return StoreUnavailable(f"Redis is not usable: {error}.")


async def exchange(connection: AbstractConnection, commands: Sequence[Command]) -> list[Answer]:
    """Send all commands at once and read one answer for each; an error answer is returned in its place."""
    await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
    answers: list[Answer] = []
    for _ in commands:
        try:
            answers.append(await connection.read_response())
        except ResponseError as error:
            answers.append(error)
    return answers
