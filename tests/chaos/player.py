"""A player of a room who logs all that is sent and heard, comes back for ever, and sends some inputs twice on purpose.

web process <- line <- [player]: hello, moves, chat; welcomes, frames, events -> log
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from rooms.core.inputs import JSON, MSGPACK, Wire
from rooms.core.inputs import Player as Person
from rooms.protocol import client as say
from rooms.protocol import codec, server
from tests.chaos.history import Answered, Closed, Opened, Record, Sent, Status
from tests.chaos.link import HOST
from tests.chaos.sight import Sight

FIRST_S, LAST_S = 0.25, 1.5
"""Back-off as in docs/protocol.md, but for its end: scenarios are in a hurry."""
SILENCE_S: Final = 2.5
"""Silence before a ping, and then before the connection is given up. Pages take 10 s and 5 s."""
OPEN_S: Final = 4.0
ASK_AGAIN_S: Final = 2.0
OURS: Final = 0
"""The close code in the log when the player gave the connection up."""
KEPT: Final = 40
"""Answered inputs remembered for being sent again."""

WORDS: Final = (server.Welcome, server.Frame, server.Delta, server.Event, server.Reject, server.Ack)

Make = Callable[[int, Wire], bytes]


class Input(msgspec.Struct):
    """One input: how it is written for a seq, and what the log says of it."""

    seq: int
    kind: str
    body: bytes
    make: Make
    copies: int = 0


class Player:
    """`run` stays in the room until it is let go for good; `log` has everything. Acting is done by habits.py."""

    def __init__(self, who: Person, room: str, ports: Sequence[int], seed: str, watches: bool = False) -> None:
        """`ports`: of the web processes' lines; any of them serves."""
        self.who, self.room, self.ports = who, room, ports
        self.rng = Random(seed)
        self.wire: Wire = MSGPACK if self.rng.random() < 0.7 else JSON
        self.watches = watches
        self.log: list[Record] = []
        self.sight = Sight(who.id, self.log)
        self.state = ""
        """The last status the server told on this connection."""
        self.welcomed_at: float | None = None
        """When this connection was welcomed; None while it was not."""
        self.word_at = 0.0
        """When the room last said something: a welcome, frame, event or answer, which an engine has to make."""
        self.web = -1
        self.port = 0
        """From which its connection comes."""
        self.ended: int | None = None
        """The code with which the room let go for good."""
        self.pending: dict[int, Input] = {}
        self.answered: list[Input] = []
        self._seq = 0
        self._socket: ClientConnection | None = None
        self._heard_at = self._pinged_at = self._asked_at = 0.0
        self._wait = FIRST_S

    # -- what the scenario asks

    @property
    def here(self) -> bool:
        """Welcomed on the connection that is open now."""
        return self.welcomed_at is not None

    @property
    def quiet(self) -> bool:
        """Welcomed, and nothing waits for an answer."""
        return self.here and not self.pending

    def served_since(self, at: float) -> bool:
        """All is well, and something of the room itself came after `at`, on a connection that is still open."""
        return self.here and self.state == "ok" and self.word_at > at

    async def run(self) -> None:
        """Be in the room until it lets go for good."""
        while self.ended is None:
            code, said = await self._visit()
            self.log.append(Closed(time.monotonic(), code, said))
            self.welcomed_at, self._socket = None, None
            if code >= 4500:
                self.ended = code
                return
            await asyncio.sleep(self.rng.random() * self._wait)
            self._wait = min(self._wait * 2, LAST_S)

    # -- sending

    async def send(self, kind: str, make: Make, body: bytes = b"") -> None:
        """A new input. It is kept until it is answered."""
        self._seq += 1
        one = Input(self._seq, kind, body, make)
        self.pending[one.seq] = one
        await self.put(one)

    async def put(self, one: Input) -> None:
        """Write an input, for the first time or once more."""
        socket = self._socket
        if socket is None or not self.here:
            return  # it goes out after the next welcome
        room = self.sight.room
        record = Sent(time.monotonic(), one.seq, one.kind, one.body, one.copies, room["match"], room["phase"])
        self.log.append(record)
        one.copies += 1
        await self._write(socket, one.make(one.seq, self.wire))

    async def _write(self, socket: ClientConnection, payload: bytes) -> None:
        try:
            async with asyncio.timeout(SILENCE_S):
                await socket.send(payload, text=self.wire == JSON)
        except (websockets.ConnectionClosed, TimeoutError):
            return  # the reader notices

    async def _say(self, message: Any) -> None:
        if self._socket is not None:
            await self._write(self._socket, codec.dump(message, self.wire))

    # -- one connection

    async def _visit(self) -> tuple[int, bool]:
        """From hello to the end: its close code, and whether a goodbye came."""
        self.web = self._choose_web()
        try:
            socket = await self._open(self.ports[self.web])
        except (OSError, TimeoutError, websockets.InvalidHandshake, websockets.InvalidMessage):
            return 1006, False
        self._socket, self.state, self.port = socket, "ok", socket.local_address[1]
        goodbye: int | None = None
        try:
            sight = self.sight
            self.log.append(Opened(time.monotonic(), self.web, sight.incarnation, sight.offset))
            await self._say(say.Hello(self._want(), sight.incarnation, sight.offset))
            goodbye = await self._listen(socket)
            code = OURS if goodbye is None else goodbye
        except websockets.ConnectionClosed as end:
            code = end.rcvd.code if end.rcvd is not None else 1006
        finally:
            self._socket, self.welcomed_at, self.port = None, None, 0
            socket.transport.abort()
        return code, goodbye is not None

    def _want(self) -> Any:
        at_home = self.sight.tree is not None
        return "watch" if self.watches or (at_home and self.sight.seat < 0) else "auto"

    def _choose_web(self) -> int:
        others = [web for web in range(len(self.ports)) if web != self.web]
        if self.web < 0 or not others or self.rng.random() < 0.3:
            return self.rng.randrange(len(self.ports))
        return self.rng.choice(others)

    async def _open(self, port: int) -> ClientConnection:
        from lobby.identity import COOKIE, Guest, sign_guest

        return await connect(
            f"ws://{HOST}:{port}/ws/rooms/{self.room}/",
            additional_headers={"Cookie": f"{COOKIE}={sign_guest(Guest(self.who, True))}"},
            origin=websockets.Origin(f"http://{HOST}:{port}"),
            subprotocols=[Subprotocol("holdfast.v1.json" if self.wire == JSON else "holdfast.v1.msgpack")],
            compression=None,
            proxy=None,
            ping_interval=None,
            open_timeout=OPEN_S,
            close_timeout=0.5,
            max_size=None,
        )

    async def _listen(self, socket: ClientConnection) -> int | None:
        """Hear all until the goodbye, whose code it returns, or None when there has been silence for too long."""
        self._heard_at = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    raw = await socket.recv()
            except TimeoutError:
                if time.monotonic() - self._heard_at > 2 * SILENCE_S:
                    return None
                await self._say(say.Ping(0, time.monotonic()))
                continue
            self._heard_at = time.monotonic()
            code = await self._take(codec.parse_server(raw, self.wire))
            if code is not None:
                return code

    async def _take(self, message: server.FromServer) -> int | None:
        at = time.monotonic()
        if isinstance(message, WORDS):
            self.word_at = at
        match message:
            case server.Frame() | server.Delta():
                await self._frame(at, message)
            case server.Welcome():
                await self._welcome(at, message)
            case server.Event():
                self.sight.event(at, message)
            case server.Reject():
                self._answer(at, [message.seq], "reject", message.code)
            case server.Ack():
                self._answer(at, self._up_to(message.seq), "ack")
            case server.Status():
                self.state = message.state
                self.log.append(Status(at, message.state))
            case server.Goodbye():
                return message.code
            case _:
                pass
        return None

    async def _welcome(self, at: float, message: server.Welcome) -> None:
        fresh = self.welcomed_at is None
        self.sight.welcome(at, message, fresh)
        for no in message.refused:
            if no.seq in self.pending:
                self._answer(at, [no.seq], "reject", no.code)
        self._answer(at, self._up_to(message.seq), "welcome")
        self._seq = max(self._seq, message.seq)
        self.welcomed_at, self._wait = self.welcomed_at or at, FIRST_S
        if fresh:
            for one in list(self.pending.values()):
                await self.put(one)

    async def _frame(self, at: float, message: server.Frame | server.Delta) -> None:
        if not self.here:
            return
        if not self.sight.frame(at, message):
            if at - self._asked_at > ASK_AGAIN_S:
                self._asked_at = at
                await self._say(say.Resync(self.sight.offset))
            return
        seat, acks = self.sight.seat, self.sight.acks
        if 0 <= seat < len(acks):
            self._answer(at, self._up_to(acks[seat]), "frame")

    def _up_to(self, seq: int) -> list[int]:
        return [waiting for waiting in self.pending if waiting <= seq]

    def _answer(self, at: float, seqs: list[int], by: str, code: str = "") -> None:
        for seq in seqs:
            one = self.pending.pop(seq, None)
            if one is not None:
                self.answered = [*self.answered[1 - KEPT :], one]
            if one is not None or (by == "reject" and seq):  # a refusal after an acknowledgement must not be
                self.log.append(Answered(at, seq, by, code))
