"""A bad network between a client and one of our processes: a TCP proxy with latency, which can be cut and mended.

    with Proxy(web.port, delay_s=0.1) as proxy:       # 100 ms each way
        ... proxy.url("/rooms/...") ...
        proxy.cut()                                   # every connection ends, new ones are refused
        proxy.mend()
        proxy.lag(3600)                               # a line on which nothing comes through; lag(0) lets it all go

It runs in a thread with an event loop of its own, so tests of any kind may use it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any, Self

HOST = "127.0.0.1"
CHUNK = 65_536
WAIT_S = 10.0


class Proxy:
    """Forwards to a port of this machine. What is read is written `delay_s` later, in order, in both directions."""

    def __init__(self, target: int, *, delay_s: float = 0.0) -> None:
        self._target, self._delay = target, delay_s
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._turned = asyncio.Event()
        self._open: set[asyncio.Task[Any]] = set()
        self.port = 0

    def url(self, path: str = "", scheme: str = "http") -> str:
        """An address that leads through it."""
        return f"{scheme}://{HOST}:{self.port}{path}"

    def cut(self) -> None:
        """End every connection at once and refuse new ones."""
        self._do(self._cut())

    def mend(self) -> None:
        """Take new connections again, at the same port."""
        self._do(self._listen())

    def lag(self, delay_s: float) -> None:
        """Another latency for what is on the way and for what comes."""
        self._do(self._lag(delay_s))

    def __enter__(self) -> Self:
        self._thread.start()
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _lag(self, delay_s: float) -> None:
        self._delay = delay_s
        self._turned.set()
        self._turned = asyncio.Event()

    async def _due(self, came: float) -> None:
        """Return when what came then is to be passed on, by the latency as it is now."""
        while (wait := came + self._delay - self._loop.time()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._turned.wait(), wait)

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        for _ in range(5):  # until who was just being accepted is told, and aborted transports let go of their sockets
            await asyncio.sleep(0)

    async def _connected(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._server is None:  # accepted just before the cut
            near_out.transport.abort()
            return
        self._open.add(task)
        try:
            await self._join(near, near_out)
        except (OSError, asyncio.CancelledError):
            pass  # one end is gone, or the line was cut: closing both ends is all there is to do
        finally:
            self._open.discard(task)
            near_out.transport.abort()

    async def _join(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far, far_out = await asyncio.open_connection(HOST, self._target)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(near, far_out))
                both.create_task(self._carry(far, near_out))
        except* OSError:
            pass  # as above
        finally:
            far_out.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """One direction, until its end has come through too."""
        now = self._loop.time
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                came, piece = await on_the_way.get()
                await self._due(came)
                if not piece:
                    with contextlib.suppress(OSError):  # it was gone already
                        sink.write_eof()
                    return
                sink.write(piece)
                await sink.drain()

        delivery = asyncio.create_task(deliver())
        try:
            while piece := await source.read(CHUNK):
                on_the_way.put_nowait((now(), piece))
            on_the_way.put_nowait((now(), b""))
            await delivery
        finally:
            delivery.cancel()
