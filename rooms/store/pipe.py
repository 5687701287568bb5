"""One open connection to Redis: commands go out, answers are read as they come in.

commands -> [pipe] -> Redis -> [pipe] -> answers, or what is published

redis-py connects (addresses, TLS, passwords, its errors) and hands the open transport over to us. Its own reading costs
about 50 µs an answer, in coroutines and time limits of each; a pass of an engine gets sixteen answers, a web process as
many parcels. Here hiredis reads what arrives, and whoever waits is woken once, when all answers are there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias, cast

import hiredis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import InvalidResponse, ReadOnlyError

Argument: TypeAlias = "str | bytes | int | float"
Command: TypeAlias = "Sequence[Argument]"
Answer: TypeAlias = "Any"
"""What Redis said: int, bytes, None, a list of these, or a ResponseError where a command failed.

On a cluster also a StoreUnavailable, where the node that should have answered did not.
"""

MOST_UNREAD: Final = 1024 * 1024
"""Bytes that may lie here before the rest waits in the socket, and then in Redis, which cuts a slow reader off."""
NOTHING: Final = object()
"""There is no whole answer yet."""

_pack: Callable[[tuple[Argument, ...]], bytes] = cast(Any, hiredis.pack_command)  # declared for tuples of one


class Pipe(asyncio.Protocol):
    """A connection that stands; once it is closed it stays so. One caller at a time."""

    def __init__(self, connection: AbstractConnection) -> None:
        """Over a connection of redis-py that has just been opened, which is not to be used any more."""
        writer: Any = connection._writer
        self._streams = (connection._reader, writer)
        """What still belongs to the transport: a StreamWriter that nobody holds closes it."""
        connection._reader = connection._writer = None
        self._transport: asyncio.Transport = writer.transport
        self._reader = hiredis.Reader(
            protocolError=InvalidResponse,
            replyError=connection._parser.parse_error,
            notEnoughData=NOTHING,
        )
        self._unread = 0
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._answers: list[Answer] = []
        self._wanted = 0
        self._fault: Exception | None = None
        self._ended = asyncio.get_running_loop().create_future()
        self._transport.set_protocol(self)

    @property
    def is_connected(self) -> bool:
        """It stands, as far as we know."""
        return self._fault is None and not self._transport.is_closing()

    @property
    def is_clean(self) -> bool:
        """It stands, and nothing came that nobody asked for: the next answer will be that to the next command."""
        return self.is_connected and not self._reader.has_data()

    # -- asking

    async def exchange(self, commands: Sequence[Command], limit_s: float | None = None) -> list[Answer]:
        """Send all commands at once and return one answer for each; an error answer stands in its place.

        Raises TimeoutError when they are not all here within `limit_s`: then the connection is of no use any more.
        """
        self.send(commands)
        if limit_s is None:
            answers = await self._read(len(commands))
        else:  # a timer of the loop costs a tenth of an asyncio.timeout(), and this is done hundreds of times a second
            timer = asyncio.get_running_loop().call_later(limit_s, self._time_out)
            try:
                answers = await self._read(len(commands))
            finally:
                timer.cancel()
        for answer in answers:
            if isinstance(answer, NoConnection):  # such as LOADING: it is of no use now
                self.close()
                raise answer
            if isinstance(answer, ReadOnlyError):  # it was the primary: the next connection leads to the one that is
                self.close()
        return answers

    def send(self, commands: Sequence[Command]) -> None:
        """Send commands whose answers are read by `next`, or not at all. Raises redis-py's ConnectionError."""
        if not self.is_connected:
            raise self._fault or NoConnection("the connection was closed meanwhile")
        self._transport.write(b"".join([_pack(tuple(command)) for command in commands]))

    # -- reading

    def poll(self) -> Answer:
        """What came, if it is here already; else NOTHING."""
        answer = self._reader.gets()
        if answer is NOTHING:
            self._unread = 0
            if self._paused:
                self._paused = False
                self._transport.resume_reading()
        return answer

    async def next(self) -> Answer:
        """What comes next. Cancelled, it loses nothing."""
        answer = self.poll()
        while answer is NOTHING:
            await self._wait()
            answer = self.poll()
        return answer

    async def _read(self, wanted: int) -> list[Answer]:
        """So many answers. The one who waits is woken when the last of them is here."""
        answers: list[Answer] = []
        self._answers, self._wanted = answers, wanted
        try:
            self._take()
            while len(answers) < wanted:
                await self._wait()
        finally:
            self._wanted = self._unread = 0
        return answers

    async def _wait(self) -> None:
        if self._fault is not None:
            raise self._fault
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _take(self) -> bool:
        """Answers that are here, as far as they are wanted. True when all are."""
        while len(self._answers) < self._wanted:
            answer = self.poll()
            if answer is NOTHING:
                return False
            self._answers.append(answer)
        return True

    # -- called by the transport

    def data_received(self, data: bytes) -> None:
        """Some bytes."""
        try:
            self._reader.feed(data)
            self._unread += len(data)
            if self._wanted and not self._take():
                return
        except InvalidResponse as error:
            self._fail(error)
            return
        if self._unread > MOST_UNREAD and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """The end, whoever wanted it."""
        self._fail(NoConnection(f"Connection closed by server{f': {error}' if error else ''}"))
        if not self._ended.done():
            self._ended.set_result(None)

    def _fail(self, fault: Exception) -> None:
        self._fault = self._fault or fault
        self._transport.close()
        self._wake()

    def _time_out(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(TimeoutError())

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # -- the end

    def close(self) -> None:
        """Close now. What was asked may be done or not."""
        self._fault = self._fault or NoConnection("the connection was closed meanwhile")
        self._transport.abort()

    async def wait_closed(self) -> None:
        """Return when it is closed."""
        await self._ended
