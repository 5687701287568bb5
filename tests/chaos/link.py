"""A bad line: forwards connections, and delays, throttles, stalls, resets or half drops them while they are open.

line = Line(Line.unix(folder / "e1.sock"), Line.unix(valkey.socket))     # or Line.tcp(port), 0: any
await line.open()
line.set(delay_s=0.1, jitter_s=0.02, bytes_per_s=50_000)
line.stall(); line.flow()            # accepts and passes nothing; then what waited arrives after all
line.reset()                         # RST to both ends of every connection
line.half_open("out")                # what far says to near vanishes from now on, on the connections open now
line.cut(); await line.open()        # refuses; takes connections again
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, Literal

CHUNK: Final = 65_536
WAITING: Final = 64
"""Pieces under way in one direction; then the sender has to wait, as on a real line."""
LINGER_RST: Final = struct.pack("ii", 1, 0)
HOST: Final = "127.0.0.1"
Way = Literal["in", "out"]
"""in: from who connected (near) to the target (far). out: back."""


@dataclass(slots=True)
class Place:
    """One end of a line: a unix socket's path, or a port of this machine."""

    path: str = ""
    port: int = 0


@dataclass(eq=False, slots=True)
class Pair:
    """One connection through the line."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter | None = None
    dropped: set[Way] = field(default_factory=set)
    task: asyncio.Task[None] | None = None

    def abort(self) -> None:
        """RST (a unix socket is just closed)."""
        for writer in (self.near, self.far):
            if writer is not None:
                _reset(writer)


class Line:
    """Belongs to one event loop. Faults hold until they are taken back; all may be switched at any time."""

    def __init__(self, near: Place, far: Place, seed: str = "line") -> None:
        self.near, self.far = near, far
        self._rng = Random(seed)
        self._delay = self._jitter = self._rate = 0.0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._pairs: set[Pair] = set()

    @staticmethod
    def unix(path: Path | str) -> Place:
        """A unix socket."""
        return Place(path=str(path))

    @staticmethod
    def tcp(port: int = 0) -> Place:
        """A port of this machine; 0 listens on any, and `near.port` tells which."""
        return Place(port=port)

    @property
    def connections(self) -> int:
        """How many are open through it."""
        return len(self._pairs)

    async def open(self) -> None:
        """Take connections, at the same place as before."""
        if self._server is not None:
            return
        if self.near.path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.near.path)
            self._server = await asyncio.start_unix_server(self._connected, self.near.path)
        else:
            self._server = await asyncio.start_server(self._connected, HOST, self.near.port)
            self.near.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End everything."""
        self.cut()
        tasks = [pair.task for pair in self._pairs if pair.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- faults

    def set(self, delay_s: float = 0.0, jitter_s: float = 0.0, bytes_per_s: float = 0.0) -> None:
        """Latency each way, up to so much more by chance, and bandwidth each way; 0: none, or no limit."""
        self._delay, self._jitter, self._rate = delay_s, jitter_s, bytes_per_s

    def stall(self) -> None:
        """Pass nothing; connections are still accepted."""
        self._flowing.clear()

    def flow(self) -> None:
        """Pass again, beginning with what waited."""
        self._flowing.set()

    def reset(self, share: float = 1.0) -> int:
        """RST to both ends of this share of the connections; returns how many."""
        chosen = self._choose(share)
        for pair in chosen:
            pair.abort()
        return len(chosen)

    def half_open(self, way: Way, share: float = 1.0) -> list[int]:
        """Silently drop one direction of connections that are open now, for as long as they are.

        Returns the ports from which they came, 0 for those of a unix socket.
        """
        chosen = self._choose(share)
        for pair in chosen:
            pair.dropped.add(way)
        return [_port(pair.near) for pair in chosen]

    def refuse(self) -> None:
        """Take no new connections; `open` takes them again."""
        if self._server is not None:
            self._server.close()
        self._server = None

    def cut(self) -> None:
        """End every connection with RST and refuse new ones."""
        self.refuse()
        self.reset()

    def mend(self) -> None:
        """Take latency, bandwidth and stalling back. Half-open connections stay so."""
        self.set()
        self.flow()

    def _choose(self, share: float) -> list[Pair]:
        pairs = list(self._pairs)
        return pairs if share >= 1 else self._rng.sample(pairs, round(len(pairs) * share))

    # -- one connection

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = Pair(writer, task=asyncio.current_task())
        self._pairs.add(pair)
        try:
            far_reader, pair.far = await self._reach()
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(pair, "in", reader, pair.far))
                both.create_task(self._carry(pair, "out", far_reader, writer))
        except* (OSError, asyncio.CancelledError):
            pass  # one end is gone, or the line was cut: closing both is all there is to do
        finally:
            self._pairs.discard(pair)
            pair.abort()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.far.path:
            return await asyncio.open_unix_connection(self.far.path)
        return await asyncio.open_connection(HOST, self.far.port)

    async def _carry(self, pair: Pair, way: Way, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """One direction, until its end has come through too."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(WAITING)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._read(source, under_way))
            both.create_task(self._deliver(pair, way, under_way, sink))

    async def _read(self, source: asyncio.StreamReader, under_way: asyncio.Queue[tuple[float, bytes]]) -> None:
        now, free = asyncio.get_running_loop().time, 0.0
        while True:
            piece = await source.read(CHUNK)
            took = len(piece) / self._rate if self._rate else 0.0
            free = max(free, now()) + took
            await under_way.put((free + self._delay + self._rng.random() * self._jitter, piece))
            if not piece:
                return

    async def _deliver(
        self, pair: Pair, way: Way, under_way: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter
    ) -> None:
        now = asyncio.get_running_loop().time
        while True:
            due, piece = await under_way.get()
            if due > now():
                await asyncio.sleep(due - now())
            await self._flowing.wait()
            if way in pair.dropped:
                continue  # its end, too, is told to nobody: the other side has to notice by itself
            if not piece:
                with contextlib.suppress(OSError):  # it was gone already
                    sink.write_eof()
                return
            sink.write(piece)
            await sink.drain()


def _port(near: asyncio.StreamWriter) -> int:
    """The other end's."""
    peer = near.get_extra_info("peername")
    return int(peer[1]) if isinstance(peer, tuple) else 0


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.family == socket.AF_INET:
        with contextlib.suppress(OSError):  # it is closed already
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RST)
    writer.transport.abort()
