"""Keeps one WebSocket to a room: connects, says hello, reads, writes, notices silence, comes back.

What is said is the peer's affair (client.py); whether there is still somebody to say it to is the link's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import SystemRandom
from typing import Final, NoReturn, Protocol

from rooms.bots.backoff import Backoff
from rooms.bots.connector import Closed, Connection, Connector, open_websocket
from rooms.bots.errors import Ended
from rooms.core.inputs import JSON, Wire
from rooms.protocol.closing import Close, may_reconnect

log = logging.getLogger(__name__)

PING_S: Final = 5.0
DEAD_S: Final = 15.0
"""Silence after which a connection is given up: three pings without an answer."""
STEADY_S: Final = 5.0
"""A connection that held this long was a good one: the next back-off starts from the beginning."""
SLOW_DOWN_S: Final = 1.0
"""The least wait after the server asked to be spared."""


@dataclass(frozen=True, slots=True)
class Means:
    """What the link takes from the world; tests put their own in."""

    connect: Connector = open_websocket
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = SystemRandom().random


@dataclass(frozen=True, slots=True)
class Address:
    """Where a room is. `headers` is called for each connection, so that a token may be a fresh one."""

    url: str
    headers: Callable[[], Mapping[str, str]]
    subprotocol: str
    wire: Wire


class Peer(Protocol):
    """Who talks over the link."""

    def hello(self) -> bytes:
        """The first message of a new connection."""
        ...

    def next(self) -> bytes | None:
        """The next message to send, None when there is none; `Link.wake` says that there is one again."""
        ...

    def heard(self, raw: bytes | str) -> None:
        """A message came. Raises Closed to drop the connection and come back, Ended to stop for good."""

    def ping(self) -> None:
        """Put a ping among the messages to send."""

    def dropped(self) -> None:
        """The connection is gone; another will be tried."""


class Link:
    """One peer's connection to one room, over all its reconnects."""

    def __init__(self, address: Address, peer: Peer, means: Means) -> None:
        self.connects = 0
        """Connections made so far."""
        self._address, self._peer, self._means = address, peer, means
        self._backoff = Backoff(means.random)
        self._wake = asyncio.Event()
        self._heard_at = 0.0

    def wake(self) -> None:
        """There is something to send."""
        self._wake.set()

    async def run(self) -> Ended:
        """Stay connected until the room lets go for good; returns why."""
        while True:
            started = self._means.clock()
            try:
                await self._visit()
            except Ended as end:
                return end
            except Closed as closed:
                if not may_reconnect(closed.code):
                    return Ended(closed.code, closed.reason)
                why = closed
            self._peer.dropped()
            if self._means.clock() - started >= STEADY_S:
                self._backoff.reset()
            await self._pause(why)

    async def _pause(self, why: Closed) -> None:
        level = logging.INFO if self._backoff.is_fresh else logging.DEBUG  # once per trouble, not per attempt
        wait = self._backoff.next()
        log.log(level, "connection to %s lost (%s), back in %.2f s", self._address.url, why, wait)
        if why.code == Close.SLOW_DOWN:
            wait += SLOW_DOWN_S
        await self._means.sleep(wait)

    async def _visit(self) -> NoReturn:
        """One connection from hello to its end, which is always raised: Closed or Ended."""
        address = self._address
        connection = await self._means.connect(address.url, address.headers(), address.subprotocol)
        self.connects += 1
        self._heard_at = self._means.clock()
        parts = [asyncio.ensure_future(part(connection)) for part in (self._read, self._write, self._watch)]
        try:
            await connection.send(self._peer.hello(), text=address.wire == JSON)
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in parts:
                if part.done():
                    part.result()
            raise RuntimeError("a part of the link returned, which none does")
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)  # told above, or told to stop here
            await connection.close()

    async def _read(self, connection: Connection) -> NoReturn:
        while True:
            raw = await connection.receive()
            self._heard_at = self._means.clock()
            self._peer.heard(raw)

    async def _write(self, connection: Connection) -> NoReturn:
        while True:
            self._wake.clear()
            while (payload := self._peer.next()) is not None:
                await connection.send(payload, text=self._address.wire == JSON)
            await self._wake.wait()

    async def _watch(self, connection: Connection) -> NoReturn:
        while True:
            await self._means.sleep(PING_S)
            silence = self._means.clock() - self._heard_at
            if silence >= DEAD_S:
                raise Closed(1006, f"nothing heard for {silence:.0f} s")
            self._peer.ping()
