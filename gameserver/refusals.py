"""Answers to handshakes that never reach a consumer, and to sockets beyond a limit."""

from __future__ import annotations

import logging
from collections import Counter
from http import HTTPStatus
from typing import Any

from rooms import meters
from rooms.core.inputs import JSON
from rooms.protocol import codec, server
from rooms.protocol.closing import Close
from rooms.wire import Receive, Scope, Send

logger = logging.getLogger(__name__)


async def refuse(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    """Refuse a handshake with an HTTP status; servers without that extension of ASGI answer 403."""
    await receive()
    if "websocket.http.response" in (scope.get("extensions") or {}):
        text = f"{HTTPStatus(status).phrase}\n".encode()
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(text)).encode())]
        await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": text})
    else:
        await send({"type": "websocket.close"})


async def unknown_path(scope: Scope, receive: Receive, send: Send) -> None:
    """The catch-all behind every WebSocket route."""
    meters.count("paths_unknown")
    await refuse(scope, receive, send, 404)


class AddressLimit:
    """ASGI middleware: at most so many open sockets of one address. One more is told to come back later."""

    def __init__(self, app: Any, most: int) -> None:
        self._app, self._most = app, most
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the socket while it is served."""
        client = scope.get("client")
        if not client:  # a unix socket: whoever stands in front of it counts
            await self._app(scope, receive, send)
            return
        address = str(client[0])
        if self._open[address] >= self._most:
            meters.count("addresses_limited")
            await turn_away(scope, receive, send)
            return
        self._open[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


async def turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept, say why, close: a browser learns nothing from a refused handshake."""
    await receive()
    chosen = next((name for name in scope.get("subprotocols") or () if name in codec.SUBPROTOCOLS), None)
    await send({"type": "websocket.accept", "subprotocol": chosen})
    wire = codec.SUBPROTOCOLS.get(chosen or "", JSON)
    reason = "Too many connections from your address. Try again later."
    payload = codec.dump(server.Goodbye(Close.SERVER_BUSY, reason, True), wire)
    await send(
        {"type": "websocket.send", "text": payload.decode()}
        if wire == JSON
        else {"type": "websocket.send", "bytes": payload}
    )
    await send({"type": "websocket.close", "code": int(Close.SERVER_BUSY), "reason": reason})
