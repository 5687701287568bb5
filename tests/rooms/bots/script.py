"""A room's server that a test plays by hand, over real sockets on this machine.

async with ScriptedServer() as server:
    visit = await server.visit()            # the next client that connects
    hello = await visit.hear(say.Hello)     # the next message of that kind (pings fall away)
    await visit.tell(welcome())
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self, TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from rooms.core import snapshot
from rooms.core.delta import diff
from rooms.core.inputs import JSON
from rooms.protocol import client as say
from rooms.protocol.codec import SUBPROTOCOLS, dump, parse_client
from rooms.protocol.server import Delta, Event, Frame, GameInfo, Limits, Welcome, You

M = TypeVar("M")
PATIENCE_S = 5.0
ME = "player-me"
GAME = GameInfo("tictactoe", "Noughts and crosses", 1, 0, ("easy", "hard"), ("emote",), {})
LIMITS = Limits(4096, 60, 300, 512)


async def until(truth: Callable[[], object]) -> None:
    """Wait until `truth` holds; a test that waits in vain fails."""
    async with asyncio.timeout(PATIENCE_S):
        while not truth():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


class Visit:
    """One connection of a client."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.wire = SUBPROTOCOLS[str(socket.subprotocol)]
        self.over = asyncio.Event()

    @property
    def headers(self) -> Any:
        """Of the handshake."""
        assert self.socket.request is not None
        return self.socket.request.headers

    async def hear(self, kind: type[M]) -> M:
        """The next message, which must be of `kind`; pings are answered by nothing and fall away."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = parse_client(await self.socket.recv(), self.wire)
                if isinstance(message, kind):
                    return message
                assert isinstance(message, say.Ping), f"wanted {kind.__name__}, got {message}"

    async def tell(self, *messages: object) -> None:
        """Say something to the client."""
        for message in messages:
            await self.socket.send(dump(message, self.wire), text=self.wire == JSON)

    async def cut(self) -> None:
        """End the connection without a word."""
        self.socket.transport.abort()
        self.over.set()

    async def close(self, code: int, reason: str = "") -> None:
        """End it with a close frame."""
        await self.socket.close(code, reason)
        self.over.set()


class ScriptedServer:
    """Listens on a port of its own; a context."""

    def __init__(self, *, status: int | None = None) -> None:
        """`status`: refuse every handshake with it."""
        self.status = status
        self._visits: asyncio.Queue[Visit] = asyncio.Queue()
        self._all: list[Visit] = []
        self._server: Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Of some room."""
        return f"ws://127.0.0.1:{self.port}/ws/token/rooms/{'r' * 22}/"

    async def visit(self) -> Visit:
        """The next connection."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._visits.get()

    async def welcome(self, **changes: Any) -> Visit:
        """The next connection, with its hello heard and a welcome said."""
        visit = await self.visit()
        await visit.hear(say.Hello)
        await visit.tell(welcome(**changes))
        return visit

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        assert self._server is not None
        for visit in self._all:
            await visit.cut()
        self._server.close()
        await self._server.wait_closed()

    async def start(self) -> None:
        """Listen; again on the same port after `stop`."""
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            subprotocols=[Subprotocol(name) for name in SUBPROTOCOLS],
            process_request=self._judge,
            ping_interval=None,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _judge(self, socket: ServerConnection, _: Request) -> Response | None:
        return socket.respond(self.status, "no\n") if self.status else None

    async def _serve(self, socket: ServerConnection) -> None:
        visit = Visit(socket)
        self._all.append(visit)
        self._visits.put_nowait(visit)
        try:
            await visit.over.wait()
        except ConnectionClosed:
            return


def chair(player: str = ME, **changes: Any) -> dict[str, Any]:
    """Somebody in a seat, as the room's view tells it."""
    seated = {
        "player": player, "name": player, "kind": "api", "strength": "",
        "ready": False, "here": True, "rematch": False,
    }  # fmt: skip
    return seated | changes


def whole(game: Any = None, *, phase: str = "playing", seats: list[Any] | None = None) -> dict[str, Any]:
    """All that a viewer sees."""
    return {
        "room": {
            "phase": phase, "paused": None, "match": 1, "match_ms": 0, "host": ME, "private": False,
            "quick": False, "seats": [chair(), None] if seats is None else seats, "spectators": 0,
            "blocked": "", "fill_ms": None, "outcome": None,
        },
        "game": game,
    }  # fmt: skip


def welcome(**changes: Any) -> Welcome:
    """The welcome of a room in which the client sits in seat 0."""
    fields: dict[str, Any] = {
        "you": You(ME, "Me", "api", 0), "game": GAME, "room": "r" * 22, "incarnation": "first", "epoch": 1,
        "seq": 0, "offset": 0, "recovered": False, "events": (), "tick": 1, "ms": 0,
        "whole": whole({"n": 0}), "limits": LIMITS, "server_ms": 0.0,
    }  # fmt: skip
    return Welcome(**(fields | changes))


def frame(tick: int, game: Any = None, *, ack: int = 0, **changes: Any) -> Frame:
    """A keyframe."""
    seen = whole({"n": tick} if game is None else game)
    fields: dict[str, Any] = {"tick": tick, "ms": tick * 50, "acks": (ack, 0), "whole": seen}
    return Frame(**(fields | changes))


def delta(age: int, old: Any = None, new: Any = None) -> Delta:
    """What leads from the game's part `old` of the newest whole to `new`."""
    patch = diff(old, new)
    return Delta(age, [] if patch is None else [snapshot.GAME, patch])


def event(offset: int, kind: str = "chat") -> Event:
    """Something that happened."""
    return Event(offset, kind, {"n": offset})
