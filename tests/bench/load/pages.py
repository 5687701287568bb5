"""A page that follows the lobby's live list, and takes the time of each answer to what it wishes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

PATIENCE_S = 10.0
BURST = 15
"""Wishes of one page: it may send 20 at once (docs/protocol.md)."""
logging.getLogger("picows").setLevel(logging.WARNING)


class Page(WSListener):
    """One page's socket."""

    def __init__(self) -> None:
        """Not connected."""
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """What the lobby says."""
        if frame.msg_type == WSMsgType.TEXT:
            self._said.put_nowait(msgspec.json.decode(frame.get_payload_as_bytes()))
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            self._said.put_nowait({"t": "closed"})

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of a kind. Raises RuntimeError when the lobby refuses or closes."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                said = await self._said.get()
                if said["t"] == kind:
                    return said
                if said["t"] in ("refused", "closed"):
                    raise RuntimeError(f"the lobby said {said}")

    async def ask(self, wish: dict[str, Any], kind: str) -> tuple[float, dict[str, Any]]:
        """Milliseconds until the answer, and the answer."""
        assert self.transport is not None
        begun = time.perf_counter()
        self.transport.send(WSMsgType.TEXT, msgspec.json.encode(wish))
        said = await self.hear(kind)
        return 1000 * (time.perf_counter() - begun), said


@asynccontextmanager
async def page(port: int, query: str = "") -> AsyncIterator[Page]:
    """A page that has its first list."""
    origin = f"127.0.0.1:{port}"
    transport, there = await ws_connect(
        Page, f"ws://{origin}/ws/lobby/{query}", extra_headers={"Origin": f"http://{origin}"}
    )
    assert isinstance(there, Page)
    try:
        await there.hear("status")
        yield there
    finally:
        transport.disconnect(graceful=False)
