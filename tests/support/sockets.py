"""For tests of the socket side: a wire that only remembers, and a player who is a real WebSocket client.

wire = Ear()                                            # what a Link writes through
async with await connect(web, room, ann) as socket: ... # a browser's handshake: cookie and Origin
"""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any
from weakref import WeakKeyDictionary

import websockets
from websockets.asyncio.client import ClientConnection

from rooms.core.facts import Reply
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import JSON, Open, Player, Wire
from rooms.protocol import codec
from rooms.store import Store
from rooms.wire import Flow
from tests.support.fleet import Web
from tests.support.following import Follower

WAIT_S = 5.0
JSON_NAME, MSGPACK_NAME = codec.SUBPROTOCOLS


class Ear:
    """A wire that remembers what was written; `buffered` is whatever the test says, and whoever watches is told."""

    def __init__(self, wire: Wire = JSON) -> None:
        """`wire`: how messages are to be read."""
        self.wire = wire
        self.raw: list[bytes] = []
        self._buffered, self._most = 0, 0
        self._flow: Flow = lambda full: None
        self.closed: tuple[int, str] | None = None

    @property
    def buffered(self) -> int:
        """As the test said."""
        return self._buffered

    @buffered.setter
    def buffered(self, size: int) -> None:
        before, self._buffered = self._buffered, size
        if (size > self._most) != (before > self._most):
            self._flow(size > self._most)

    def watch(self, flow: Flow, most: int) -> None:
        """Remember whom to tell."""
        self._flow, self._most = flow, most

    def write(self, payload: bytes, text: bool) -> None:
        """Remember it."""
        assert self.closed is None, "written after the close"
        assert text == (self.wire == JSON)
        self.raw.append(payload)

    def close(self, code: int, reason: str) -> None:
        """Remember it."""
        assert self.closed is None, "closed twice"
        self.closed = (code, reason)

    @property
    def heard(self) -> list[Any]:
        """The messages written so far."""
        return [codec.parse_server(raw, self.wire) for raw in self.raw]


def player(name: str) -> Player:
    """A guest."""
    return Player(PlayerId(f"g-{name.lower()}-{secrets.token_hex(4)}"), name)


async def open_room(store: Store, game: str, host: Player, size: int = 2, **options: Any) -> RoomId:
    """A room, opened the way the lobby opens one: through the log, answered by an engine."""
    import msgspec

    room, token = RoomId("r" + secrets.token_urlsafe(16)[1:]), secrets.token_hex(8)
    act = Open(game, options, size, "seed", host, incarnation=secrets.token_hex(4))
    await store.append_to(room, act, token)
    raw = await store.reply(store.shard_of(room), token, 10)
    assert raw is not None, "no engine answered"
    reply = msgspec.msgpack.decode(raw, type=Reply)
    assert reply.ok, reply
    return room


def browser(web: Web, who: Player | None) -> dict[str, Any]:
    """How a page's socket introduces itself: its Origin, and the guest's cookie."""
    from lobby.identity import COOKIE, Guest, sign_guest

    cookie = {"Cookie": f"{COOKIE}={sign_guest(Guest(who, True))}"} if who else {}
    return {"origin": web.url("").rstrip("/"), "additional_headers": cookie}


async def connect(web: Web, room: str, who: Player | None, **changes: Any) -> ClientConnection:
    """An open socket of a page, before its hello."""
    options = {"subprotocols": [JSON_NAME], "compression": None, **browser(web, who), **changes}
    return await opened(web.url(f"/ws/rooms/{room}/", "ws"), **options)


_open: list[ClientConnection] = []


async def opened(url: str, **options: Any) -> ClientConnection:
    """A socket that `hang_up_all` closes if the test does not."""
    socket = await websockets.connect(url, **options)
    _open.append(socket)
    return socket


async def hang_up_all() -> None:
    """Close what tests left open: for a fixture's end."""
    for socket in _open:
        socket.close_timeout = 0.5
    await asyncio.gather(*(socket.close() for socket in _open), return_exceptions=True)
    _open.clear()


_followers: WeakKeyDictionary[ClientConnection, Follower] = WeakKeyDictionary()


def read(socket: ClientConnection, raw: str | bytes) -> dict[str, Any]:
    """A JSON message that came over `socket`; a delta as the frame that it stands for."""
    return _followers.setdefault(socket, Follower()).read(raw)


async def say(socket: ClientConnection, kind: str, /, **fields: Any) -> None:
    """Send one JSON message."""
    await socket.send(json.dumps({"t": kind, **fields}))


async def hear(socket: ClientConnection, kind: str, seconds: float = WAIT_S, /, **fields: Any) -> dict[str, Any]:
    """The next JSON message of a kind with these fields; what comes before it is passed over."""
    async with asyncio.timeout(seconds):
        while True:
            message = read(socket, await socket.recv())
            if message["t"] == kind and all(message.get(name) == value for name, value in fields.items()):
                return message


async def enter(web: Web, room: str, who: Player, **hello: Any) -> tuple[ClientConnection, dict[str, Any]]:
    """A socket that was welcomed, and its welcome."""
    socket = await connect(web, room, who)
    await say(socket, "hello", **hello)
    return socket, await hear(socket, "welcome")


async def ended(socket: ClientConnection, seconds: float = WAIT_S) -> tuple[dict[str, Any] | None, int, str]:
    """Wait for the end: the goodbye that came last (None without one), the close code and the reason."""
    last: dict[str, Any] | None = None
    async with asyncio.timeout(seconds):
        try:
            while True:
                message = read(socket, await socket.recv())
                last = message if message["t"] == "goodbye" else None
        except websockets.ConnectionClosed as end:
            frame = end.rcvd
            return (last, frame.code, frame.reason) if frame else (last, 1006, "")
