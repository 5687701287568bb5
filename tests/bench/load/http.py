"""A client of the API that keeps its connection, and takes the time of each answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `ms` from the first byte asked to the last byte got."""

    status: int
    body: bytes
    ms: float

    def json(self) -> Any:
        """What it says."""
        return json.loads(self.body)


class Asker:
    """One kept connection. A context; one question at a time."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        """`headers` go with every question."""
        self._port = port
        self._head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return await self._ask("GET", path, b"", headers)

    async def post(self, path: str, body: Any, **headers: str) -> Answer:
        """POST, of JSON."""
        return await self._ask("POST", path, json.dumps(body).encode(), headers)

    async def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        asked = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{self._head}{more}{length}\r\n".encode()
        begun = time.perf_counter()
        async with asyncio.timeout(PATIENCE_S):
            self._writer.write(asked + body)
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            named = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            got = await self._reader.readexactly(int(named["content-length"]))
        return Answer(int(head[0].split(" ")[1]), got, 1000 * (time.perf_counter() - begun))
