"""A process that serves tests/support/seams.py, and peers that speak to it frame by frame."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from tests.support.processes import Process, wait_for

EXACT = {"compression": None, "max_size": None}
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Server:
    """One process that serves tests/support/seams.py."""

    def __init__(self, *words: str, host: str = "127.0.0.1", **env: str) -> None:
        """`words`: more for its command line; `env`: what is different in its environment."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, 0), family=family, backlog=256)
        self.host, self.port = f"[{host}]" if ":" in host else host, listening.getsockname()[1]
        number = listening.fileno()
        self.road = env.get("HOLDFAST_WEBSOCKETS", "picows")
        command = [sys.executable, "-m", "tests.support.seams", str(number), *words]
        self.process = Process("server", command, {**os.environ, **env}, (number,))
        listening.close()
        wait_for(self._answers, 20, "the server answers")

    def _answers(self) -> bool:
        assert self.process.running, self.process.output
        try:
            self.told()
        except OSError:
            return False
        return True

    def told(self, path: str = "/told") -> dict[str, Any]:
        with urllib.request.urlopen(f"http://{self.host}:{self.port}{path}", timeout=2) as answer:
            return dict(json.load(answer))

    async def until(self, true: Callable[[dict[str, Any]], object], seconds: float = 5.0) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while not true(told := await asyncio.to_thread(self.told)):
            assert time.monotonic() < deadline, told
            await asyncio.sleep(0.02)
        return told

    def connect(self, path: str, **options: Any) -> Any:
        return websockets.connect(f"ws://{self.host}:{self.port}{path}", **{**EXACT, **options})


async def closed(ws: ClientConnection, seconds: float = 15.0) -> tuple[int, str]:
    """Read to the end: close code and reason."""
    async with asyncio.timeout(seconds):
        try:
            while True:
                await ws.recv()
        except websockets.ConnectionClosed as end:
            return (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "")


def narrow(port: int) -> socket.socket:
    """A TCP connection whose kernel takes little, so that a peer that does not read is felt soon."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    raw.connect(("127.0.0.1", port))
    raw.setblocking(False)
    return raw


async def stands_still(server: Server, count: Callable[[], int], answers: int = 5) -> None:
    """Return when nothing was counted while the server, which could have gone on, answered so many requests."""
    before, same = -1, 0
    while same < answers:
        await asyncio.to_thread(server.told)
        now = await asyncio.to_thread(count)
        before, same = now, same + 1 if before == now else 0


class Peer:
    """A WebSocket that does nothing by itself: no pong, no close."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port: int, path: str = "/echo", host: str = "127.0.0.1", **fields: str) -> Peer:
        """Connected, with its handshake answered by 101."""
        peer = cls(*await asyncio.open_connection(host, port))
        answer = await peer.ask(path, **fields)
        assert b" 101 " in answer, answer
        return peer

    async def ask(self, path: str, **fields: str) -> bytes:
        """Send a handshake; the answer's head."""
        named = {"Connection": "Upgrade", "Sec-WebSocket-Key": "A" * 22 + "==", **fields}
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
        self.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{lines}\r\n".encode()
        )
        return await self.reader.readuntil(b"\r\n\r\n")

    def send(self, *frames: bytes) -> None:
        """All in one piece."""
        self.writer.write(b"".join(frames))

    async def frame(self) -> tuple[int, bytes]:
        """The next frame: its kind and payload. It must be whole and unmasked."""
        first, size = await self.reader.readexactly(2)
        assert first & 0xF0 == 0x80
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        return first & 15, await self.reader.readexactly(size)

    async def closed(self) -> tuple[int, list[tuple[int, bytes]]]:
        """Read to the end, and answer the close: its code, and what came before it. There must be but one."""
        before: list[tuple[int, bytes]] = []
        async with asyncio.timeout(15):
            while (frame := await self.frame())[0] != CLOSE:
                before.append(frame)
            self.send(bytes((0x88, 0x80 | len(frame[1]), 0, 0, 0, 0)) + frame[1])
            with contextlib.suppress(ConnectionResetError):  # cut off, because it did not answer
                assert await self.reader.read() == b"", "something came after the close frame"
        self.writer.close()
        return int.from_bytes(frame[1][:2], "big"), before


def frame(kind: int, payload: bytes = b"", fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    """A short frame as a client sends it, masked with zeros."""
    assert len(payload) < 126
    mask = bytes(4) if masked else b""
    return bytes((fin << 7 | rsv << 4 | kind, masked << 7 | len(payload))) + mask + payload
