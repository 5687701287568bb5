"""The connections of one process to Redis, and what each of their faults means in plain words.

It speaks through connections of its own (pipe.py) and not through redis-py's client: no retry may ever send an append
or a commit twice, one time limit covers a whole pipeline, and replies come as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias
from weakref import WeakSet

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, RedisError, ResponseError
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

from rooms.store.addresses import Host
from rooms.store.errors import NodeAway, StoreUnavailable
from rooms.store.limits import CONNECT_S, CONNECTING, QUEUE_S
from rooms.store.pipe import Answer, Argument, Command, Pipe

__all__ = [
    "Answer",
    "Argument",
    "Command",
    "Connections",
    "Find",
    "Led",
    "exchange",
    "if_there",
    "raise_refusals",
    "refusal",
]

Find: TypeAlias = "Callable[[], Awaitable[Host]]"
"""Says where to connect, each time anew."""
Led: TypeAlias = "Callable[[Host], None]"
"""Called with where `Find` has led, once that has proved to be a primary."""

REFUSALS = {
    "OOM": "Redis is out of memory (maxmemory)",
    "READONLY": "Redis is a read-only replica",
    "MISCONF": "Redis cannot save to its disk and takes no writes",
    "BUSY": "Redis is busy with a long script",
    "NOREPLICAS": "Redis has too few replicas to take writes",
    "MASTERDOWN": "this Redis is a replica without its primary",
    "CLUSTERDOWN": "the Redis Cluster is down",
    "TRYAGAIN": "the Redis Cluster is moving this shard",
    "MOVED": "this node of a Redis Cluster does not serve this shard (an address of a cluster is redis+cluster://...)",
    "ASK": "the Redis Cluster is moving this shard",
    "NOSCRIPT": "Redis lost our scripts again as soon as it had them",
    "NOAUTH": "Redis wants a password: put it into the address",
    "NOPERM": "Redis does not allow our user this command",
}
"""Errors that are the state of Redis and not a mistake of ours, by their first word."""


def refusal(error: Answer) -> StoreUnavailable | None:
    """An answer as "not now"; None when it is none, or a mistake of ours that must be seen as one."""
    if isinstance(error, StoreUnavailable):
        return error
    if not isinstance(error, ResponseError):
        return None
    word = error.status_code or str(error).partition(" ")[0]
    said = REFUSALS.get(word)
    return StoreUnavailable(f"{said} ({error}).") if said else None


def raise_refusals(answers: Iterable[Answer]) -> None:
    """Raise the first error among the answers of a pipeline, as StoreUnavailable where it is one."""
    for answer in answers:
        if isinstance(answer, ResponseError | StoreUnavailable):
            raise refusal(answer) or answer


def if_there(answers: Sequence[Answer], otherwise: Answer = None) -> list[Answer]:
    """The answers, with `otherwise` for those that a node could not give. Raises errors that are mistakes of ours."""
    found = []
    for answer in answers:
        refused = refusal(answer) is not None
        if not refused:
            raise_refusals([answer])
        found.append(otherwise if refused else answer)
    return found


class Connections:
    """A bounded number of connections, opened when needed. More callers than connections wait in line."""

    def __init__(self, url: str, size: int, find: Find | None = None, led: Led | None = None) -> None:
        """Nothing is opened yet. `url`: redis://, rediss:// or unix://. `find`: asked for host and port each time."""
        self._find, self._led = find, led
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
        self._idle: list[Pipe] = []
        self._open: set[Pipe] = set()
        self._standing: WeakSet[Pipe] = WeakSet()
        """All of them, also those handed out by `open`, which belong to who asked for them."""
        self._closed = False

    async def open(self) -> Pipe:
        """A new connection of the caller's own, to be ended with `close`. Raises StoreUnavailable."""
        connection: AbstractConnection = self._factory.make_connection()  # type: ignore[no-untyped-call]
        try:
            async with self._opening, asyncio.timeout(CONNECT_S):
                self._raise_if_closed()
                pipe = await self._find_and_connect(connection)
        except (RedisError, OSError) as error:
            await connection.disconnect(nowait=True)
            raise unavailable(error, CONNECT_S) from error
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        if self._closed:  # nobody would close this one
            pipe.close()
            self._raise_if_closed()
        self._standing.add(pipe)
        return pipe

    async def ask(self, commands: Sequence[Command], limit_s: float) -> list[Answer]:
        """One exchange of at most `limit_s` seconds. What an append, a reading and a commit take: the straight road,
        which costs half of what `lend` does.
        """
        pipe = await self._borrow()
        try:
            return await pipe.exchange(commands, limit_s)
        except (RedisError, OSError) as error:
            pipe.close()
            raise unavailable(error, limit_s) from error
        except BaseException:  # cancelled in the middle: answers are still on their way
            pipe.close()
            raise
        finally:
            self._give_back(pipe)

    @asynccontextmanager
    async def lend(self, limit_s: float) -> AsyncIterator[Pipe]:
        """A connection for several exchanges, `limit_s` seconds in all; after any fault it is thrown away."""
        pipe = await self._borrow()
        try:
            async with asyncio.timeout(limit_s):
                yield pipe
        except (RedisError, OSError) as error:
            pipe.close()
            raise unavailable(error, limit_s) from error
        except BaseException:  # as above
            pipe.close()
            raise
        finally:
            self._give_back(pipe)

    async def _borrow(self) -> Pipe:
        """A connection that nobody else uses now. To be given back."""
        if self._free.locked():
            try:
                async with asyncio.timeout(QUEUE_S):
                    await self._free.acquire()
            except TimeoutError:
                raise StoreUnavailable(f"All connections to Redis were busy for {QUEUE_S:g} s.") from None
        else:
            await self._free.acquire()
        try:
            pipe = self._take_idle() or await self.open()
        except BaseException:
            self._free.release()
            raise
        self._open.add(pipe)
        return pipe

    def _give_back(self, pipe: Pipe) -> None:
        self._open.discard(pipe)
        if pipe.is_connected:
            self._idle.append(pipe)
        self._free.release()

    def _take_idle(self) -> Pipe | None:
        """One that stands; those that Redis closed, or on which came what nobody asked for, are thrown away."""
        while self._idle:
            pipe = self._idle.pop()
            if pipe.is_clean:
                return pipe
            pipe.close()
        return None

    async def _find_and_connect(self, connection: AbstractConnection) -> Pipe:
        if self._find is None:
            await connection.connect()  # type: ignore[no-untyped-call]
            return Pipe(connection)
        host = await self._find()
        connection.host, connection.port = host  # type: ignore[attr-defined]
        await connection.connect()  # type: ignore[no-untyped-call]
        pipe = Pipe(connection)
        try:
            (role,) = await exchange(pipe, [("ROLE",)])
            if not isinstance(role, list) or role[0] != b"master":
                raise NodeAway(f"The Redis that the Sentinels name is not the primary (yet): {role!r:.80}.")
        except BaseException:
            pipe.close()
            raise
        if self._led is not None:
            self._led(host)
        return pipe

    def leave(self) -> None:
        """Close all that stand, subscriptions too: calls that still run fail, later ones connect anew."""
        for pipe in list(self._standing):
            pipe.close()
        self._standing.clear()

    def _raise_if_closed(self) -> None:
        if self._closed:
            raise StoreUnavailable("The connections to Redis are closed: this part of the process has ended.")

    async def aclose(self) -> None:
        """Close all, for good; calls that still run fail, and so do those that come later."""
        self._closed = True
        pipes = [*self._idle, *self._open]
        for pipe in pipes:
            pipe.close()
        await asyncio.gather(*(pipe.wait_closed() for pipe in pipes))


def unavailable(error: Exception, limit_s: float) -> NodeAway:
    """Any fault of a connection, in words. An error that Redis answered keeps its own words."""
    faults = (error, error.__cause__)  # redis-py wraps what goes wrong while it opens a connection
    if isinstance(error, TimeoutError | NoAnswer):
        return NodeAway(f"Redis did not answer within {limit_s:g} s.")
    if any(isinstance(fault, BusyLoadingError) for fault in faults):
        return NodeAway("Redis is still loading its file.")
    if any(isinstance(fault, AuthenticationError) for fault in faults):
        return NodeAway(f"Redis refuses our name or password, see its address: {error}.")
    if isinstance(error, NoConnection | OSError):
        return NodeAway(f"Redis cannot be reached: {str(error).rstrip('.')}.")
    return NodeAway(f"Redis is not usable: {error}.")


async def exchange(pipe: Pipe, commands: Sequence[Command]) -> list[Answer]:
    """Send all commands at once and read one answer for each; an error answer is returned in its place."""
    return await pipe.exchange(commands)
