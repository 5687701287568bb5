"""Clients that misbehave, in a process of their own, to be let loose on one web process and called off again.

    with Pests(web, room) as pests:              # loaded, and quiet
        quiet = await lateness(witnesses, 2.0)
        pests.loose(); hurt = await lateness(witnesses, 2.0); pests.call_off()
    assert pests.ends["flooding"] == {4408}

Run as a program it is the process: `python -m tests.support.pests ORDER`, ORDER in JSON. It has the lowest priority,
as its own work would not be done on the server's machine. SIGUSR1 lets it loose, SIGUSR2 calls it off; it prints a line
for each connection that the server ended: the kind of pest and the close code.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Origin, Subprotocol

from tests.support.processes import Process, wait_for

EACH = 4
"""Pests of each kind."""
PAUSE_S = 0.05
"""Between two connections of one pest."""
KEPT_S = 20.0


class Pests:
    """The process, for one room on one web process. `web` is a fleet's Web."""

    def __init__(self, web: Any, room: str) -> None:
        """Nothing runs yet."""
        from tests.support.sockets import browser, player

        guests = [browser(web, player("Pest"))["additional_headers"]["Cookie"] for _ in range(EACH * len(KINDS))]
        order = {"host": web.host, "port": web.port, "room": room, "cookies": guests}
        self._argv = [sys.executable, "-m", "tests.support.pests", json.dumps(order)]
        self._process: Process | None = None

    def __enter__(self) -> Self:
        """Start it."""
        self._process = Process("pests", self._argv)
        self._process.wait_for_output("ready\n")
        return self

    def __exit__(self, *_: object) -> None:
        """End it; what it said stays."""
        if self._process is not None:
            self._process.kill()

    def loose(self) -> None:
        """Let them loose."""
        self._send(signal.SIGUSR1)

    def call_off(self) -> None:
        """Call them off: all hang up."""
        before = self.output.count("quiet\n")
        self._send(signal.SIGUSR2)
        wait_for(lambda: self.output.count("quiet\n") > before, 10, lambda: self.output)

    def _send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send(number)

    @property
    def output(self) -> str:
        """All it said."""
        return self._process.output if self._process else ""

    @property
    def ends(self) -> dict[str, set[int]]:
        """By kind, the codes by which connections were ended."""
        found: dict[str, set[int]] = defaultdict(set)
        for line in self.output.splitlines():
            kind, _, code = line.partition(" ")
            if kind in KINDS and code.isdigit():
                found[kind].add(int(code))
        return dict(found)


async def intervals(witnesses: Sequence[Any], seconds: float) -> list[float]:
    """Every time between two frames, at any of the witnesses, in the next so many seconds; in seconds."""
    began = time.monotonic()
    await asyncio.sleep(seconds)
    found: list[float] = []
    for witness in witnesses:
        times = [at for at, message in witness.heard if at >= began and message["t"] == "frame"]
        found += [later - earlier for earlier, later in itertools.pairwise(times)]
    return found


def p99(numbers: Sequence[float]) -> float:
    """The value that one in a hundred exceeds."""
    return sorted(numbers)[int(0.99 * (len(numbers) - 1))]


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


# -- the process


class Pest:
    """What each kind is given: where to go and who to be."""

    def __init__(self, order: dict[str, Any], cookie: str) -> None:
        self.host, self.port = order["host"], order["port"]
        self.path, self.cookie = f"/ws/rooms/{order['room']}/", cookie

    async def open(self, **options: Any) -> ClientConnection:
        return await websockets.connect(
            f"ws://{self.host}:{self.port}{self.path}",
            additional_headers={"Cookie": self.cookie},
            origin=Origin(f"http://{self.host}:{self.port}"),
            subprotocols=[Subprotocol("holdfast.v1.json")],
            compression=None,
            **options,
        )

    async def enter(self, **options: Any) -> ClientConnection:
        ws = await self.open(**options)
        await ws.send('{"t":"hello","want":"watch"}')
        while json.loads(await ws.recv())["t"] != "welcome":
            pass
        return ws

    async def end(self, ws: ClientConnection) -> int:
        """Read on until the server ends it."""
        try:
            while True:
                await ws.recv()
        except websockets.ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006


async def malformed(pest: Pest) -> int:
    ws = await pest.enter()
    await ws.send('{"t":"move","seq":')
    return await pest.end(ws)


async def oversized(pest: Pest) -> int:
    ws = await pest.enter()
    await ws.send("x" * 60_000)
    return await pest.end(ws)


async def flooding(pest: Pest) -> int:
    ws = await pest.enter()
    ending = asyncio.create_task(pest.end(ws))
    with contextlib.suppress(websockets.ConnectionClosed):
        while not ending.done():
            await ws.send('{"t":"ping","n":1}')
            await asyncio.sleep(0)
    return await ending


async def never_reading(pest: Pest) -> int:
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    raw.connect((pest.host, pest.port))
    raw.setblocking(False)
    ws = await pest.enter(sock=raw, max_queue=1, ping_interval=None)
    await asyncio.sleep(KEPT_S)
    return await pest.end(ws)


async def half_open(pest: Pest) -> int:
    reader, writer = await asyncio.open_connection(pest.host, pest.port)
    writer.write(_request(pest))
    await reader.readuntil(b"\r\n\r\n")
    return await _gone(reader)


async def slow_handshake(pest: Pest) -> int:
    reader, writer = await asyncio.open_connection(pest.host, pest.port)
    for byte in _request(pest):
        writer.write(bytes([byte]))
        await asyncio.sleep(0.1)
    return await _gone(reader)


async def _gone(reader: asyncio.StreamReader) -> int:
    with contextlib.suppress(ConnectionError):
        while await reader.read(65_536):
            pass
    return 1006


def _request(pest: Pest) -> bytes:
    lines = (
        f"GET {pest.path} HTTP/1.1",
        f"Host: {pest.host}:{pest.port}",
        f"Origin: http://{pest.host}:{pest.port}",
        f"Cookie: {pest.cookie}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    return "\r\n".join((*lines, "", "")).encode()


KINDS: dict[str, Callable[[Pest], Awaitable[int]]] = {
    pest.__name__: pest for pest in (malformed, oversized, flooding, never_reading, half_open, slow_handshake)
}


async def annoy(kind: str, pest: Pest) -> None:
    """Again and again."""
    while True:
        try:
            print(kind, await KINDS[kind](pest), flush=True)
        except (OSError, websockets.WebSocketException, asyncio.IncompleteReadError) as error:
            print(kind, repr(error), flush=True)
        await asyncio.sleep(PAUSE_S)


async def main(order: dict[str, Any]) -> None:
    """Obey signals for ever."""
    os.nice(19)
    loop, told = asyncio.get_running_loop(), asyncio.Queue[bool]()
    loop.add_signal_handler(signal.SIGUSR1, told.put_nowait, True)
    loop.add_signal_handler(signal.SIGUSR2, told.put_nowait, False)
    print("ready", flush=True)
    tasks: list[asyncio.Task[None]] = []
    while True:
        if await told.get():
            named = [kind for kind in KINDS for _ in range(EACH)]
            tasks = [
                asyncio.create_task(annoy(kind, Pest(order, cookie)))
                for kind, cookie in zip(named, order["cookies"], strict=True)
            ]
        else:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            print("quiet", flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
