"""Clients of the C floor: they read frames of a fixed size off plain TCP, and look at the tick in each."""

from __future__ import annotations

import asyncio
import struct

from tests.bench.load.window import Window, measure, until

ROOM = 64 * 1024
_TICK = struct.Struct("<Q")


class Drain(asyncio.BufferedProtocol):
    """Counts frames; `torn` counts those whose tick is not the last one's successor."""

    def __init__(self, size: int) -> None:
        """`size` of a frame in bytes."""
        self.frames = self.torn = 0
        self._size, self._tick, self._have = size, 0, 0
        self._buffer = memoryview(bytearray(ROOM))

    def get_buffer(self, sizehint: int) -> memoryview:
        """Room behind what is not yet a frame."""
        return self._buffer[self._have :]

    def buffer_updated(self, nbytes: int) -> None:
        """Take the frames off."""
        end, at, size = self._have + nbytes, 0, self._size
        while end - at >= size:
            (tick,) = _TICK.unpack_from(self._buffer, at)
            self.torn += self._tick != 0 and tick != self._tick + 1
            self._tick = tick
            self.frames += 1
            at += size
        self._buffer[: end - at] = bytes(self._buffer[at:end])
        self._have = end - at


async def drain(port: int, clients: int, size: int, seconds: float, groups: dict[str, list[int]]) -> Window:
    """Connect all, wait until each has had a frame, measure. Counts: frames, torn."""
    loop = asyncio.get_running_loop()
    pairs = [await loop.create_connection(lambda: Drain(size), "127.0.0.1", port) for _ in range(clients)]
    drains = [drain for _, drain in pairs]
    try:
        await until(lambda: all(drain.frames for drain in drains), 10, lambda: "a frame at every socket")
        return await measure(
            seconds, groups, lambda: {"frames": sum(d.frames for d in drains), "torn": sum(d.torn for d in drains)}
        )
    finally:
        for transport, _ in pairs:
            transport.abort()
        await asyncio.sleep(0)
