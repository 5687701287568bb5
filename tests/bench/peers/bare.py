"""The floor in Python: picows on uvloop and nothing else. Each client is told the number of the state and its own mark.

    python -m tests.bench.peers.bare HZ BYTES      prints the port it listens on

A state is <n: 8 bytes><mark: 4 bytes> and padding to BYTES; an input begins with <mark: 4 bytes>.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from tests.bench.machine import children_on
from tests.bench.stage import Stage
from tests.support.processes import Process

STATE, MARK = struct.Struct("<QI"), struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Bare:
    """It runs: its port, and its processes by name."""

    port: int
    groups: dict[str, list[int]]


@contextmanager
def bare(stage: Stage, hz: int, size: int) -> Iterator[Bare]:
    """Runs and listens."""
    with children_on(stage.cores.server):
        process = Process("bare", [sys.executable, "-m", "tests.bench.peers.bare", str(hz), str(size)])
    with process:
        process.wait_for_output("\n")
        yield Bare(int(process.output), {"picows": [process.pid]})


class Socket(WSListener):
    """Remembers what its client said last."""

    def __init__(self, everybody: set[Socket]) -> None:
        self._everybody, self.mark = everybody, 0
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """One more."""
        self.transport = transport
        self._everybody.add(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """One less."""
        self._everybody.discard(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """An input."""
        if frame.msg_type == WSMsgType.BINARY:
            (self.mark,) = MARK.unpack_from(frame.get_payload_as_memoryview())


async def serve(hz: int, size: int) -> None:
    """Until it is ended."""
    everybody: set[Socket] = set()

    def listener(request: WSUpgradeRequest) -> Socket:
        return Socket(everybody)

    server = await ws_create_server(listener, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop, n = asyncio.get_running_loop(), 0
    begun, padding = loop.time(), bytes(size - STATE.size)
    while True:
        n += 1
        for socket in everybody:
            if socket.transport is not None:
                socket.transport.send(WSMsgType.BINARY, STATE.pack(n, socket.mark) + padding)
        await asyncio.sleep(begun + n / hz - loop.time())


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), int(sys.argv[2])))
