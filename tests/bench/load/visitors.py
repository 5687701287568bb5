"""Clients that come, sit and listen, and of what they are sent only tell what it is: for crowds that do nothing.

Of ours and of Colyseus alike. They answer pings (picows does), and know when they are in and why they were let go.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, cast

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Player

SUBPROTOCOL = "holdfast.v1.msgpack"
HELLO = msgspec.msgpack.encode({"t": "hello", "want": "play"})
JOIN_ROOM, ROOM_STATE, ROOM_STATE_PATCH = 10, 14, 15
CODE = 0x1F
"""The bits of Colyseus' first byte that say what a message is."""
HANDSHAKE_S = 30.0
logging.getLogger("picows").setLevel(logging.WARNING)  # it tells of every connection
_decode = msgspec.msgpack.Decoder().decode


class Visitor(WSListener):
    """One WebSocket. `came` is set when the server has let it in, or has said no."""

    def __init__(self) -> None:
        """Not connected: picows makes it when the handshake is done."""
        self.came = asyncio.Event()
        self.seat: int | None = None
        self.code = 0
        """Of the server's goodbye; 0: there was none."""
        self.frames: list[bytes] = []
        """What showed a state, when `keeping`."""
        self.keeping = False
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done."""
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Whoever waits for it need not wait any more."""
        self.transport = None
        self.came.set()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A whole message."""
        if frame.msg_type == WSMsgType.BINARY:
            self.take(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            self.code = int(cast(Any, frame).get_close_code())
            transport.disconnect()

    def take(self, payload: bytes) -> None:
        """One message of the server."""
        raise NotImplementedError

    def leave(self) -> None:
        """Go, without a word."""
        if self.transport is not None:
            self.transport.disconnect(graceful=False)


class Guest(Visitor):
    """At ours."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Hello."""
        super().on_ws_connected(transport)
        transport.send(WSMsgType.BINARY, HELLO)

    def take(self, payload: bytes) -> None:
        """A delta is an array, anything else is told by its tag."""
        if not self.keeping and self.came.is_set():
            return
        told = _decode(payload)
        if isinstance(told, list) or told["t"] == "frame":
            self.frames.append(payload)
        elif told["t"] == "welcome":
            self.seat = told["you"].get("seat")
            self.came.set()


class Client(Visitor):
    """At Colyseus."""

    def take(self, payload: bytes) -> None:
        """The first byte says what it is."""
        code = payload[0] & CODE
        if code == ROOM_STATE_PATCH and self.keeping:
            self.frames.append(payload)
        elif code == JOIN_ROOM:
            assert self.transport is not None
            self.transport.send(WSMsgType.BINARY, bytes([JOIN_ROOM]))
            self.seat = 0
        elif code == ROOM_STATE:
            self.came.set()


async def visit(port: int, room: RoomId, name: str, make: Callable[[], Visitor] = Guest) -> Any:
    """A guest in a room of ours, as a page's cookie would make it; returns once it is in or was sent away."""
    return await _connect(make, f"ws://127.0.0.1:{port}/ws/rooms/{room}/", guest_headers(port, name))


def guest_headers(port: int, name: str) -> dict[str, str]:
    """Of a handshake at ours: the same name is the same player."""
    from lobby.identity import COOKIE, sign_guest
    from lobby.identity import Guest as Identity

    cookie = sign_guest(Identity(Player(PlayerId(f"g-{name}"), f"Guest {name}"), picked=True))
    origin = f"http://127.0.0.1:{port}"
    return {"Cookie": f"{COOKIE}={cookie}", "Origin": origin, "Sec-WebSocket-Protocol": SUBPROTOCOL}


async def visit_colyseus(
    port: int,
    game: str,
    options: dict[str, Any] | None = None,
    how: str = "joinOrCreate",
    make: Callable[[], Visitor] | None = None,
    **more: Any,
) -> Any:
    """A client in some room of a game at Colyseus, one that waits or a new one. `how`: its matchmaker's word."""
    seat = await _post(port, f"/matchmake/{how}/{game}", options or {})
    url = f"ws://127.0.0.1:{port}/{seat['processId']}/{seat['roomId']}?sessionId={seat['sessionId']}"
    return await _connect(make or Client, url, {}, **more)


async def _connect(make: Callable[[], Visitor], url: str, headers: dict[str, str], **more: Any) -> Visitor:
    _, visitor = await ws_connect(make, url, extra_headers=headers, websocket_handshake_timeout=HANDSHAKE_S, **more)
    assert isinstance(visitor, Visitor)
    async with asyncio.timeout(HANDSHAKE_S):
        await visitor.came.wait()
    return visitor


async def _post(port: int, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """One call of Colyseus' matchmaker, on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        sent = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
        answer = await reader.read()
    finally:
        writer.close()
    begin, end = answer.find(b"{", answer.find(b"\r\n\r\n")), answer.rfind(b"}")
    if b" 200 " not in answer.partition(b"\r\n")[0]:
        raise RuntimeError(f"{path}: {answer[:300]!r}")
    found: dict[str, Any] = json.loads(answer[begin : end + 1])
    return found
