"""A player who plays on through an outage and writes down, with times, all that it is told.

ann = await Witness.enter(web, room, who)       # a real WebSocket, never opened again by itself
ann.play({"thrust": 1}, {"thrust": 0})          # from now on an input every PACE_S, these in turn
began = time.monotonic(); fleet.valkey.pause()
await ann.told("degraded", began)
...
assert ann.closed is None and ann.ticks == sorted(set(ann.ticks))
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from rooms.core.inputs import Player
from tests.support.fleet import Web
from tests.support.sockets import enter, read
from tests.support.waiting import until

PACE_S = 0.2


@dataclass(slots=True)
class Witness:
    """`heard`: every message with its time (monotonic seconds). `acked`: when the answer to each seq came."""

    socket: ClientConnection
    seat: int | None
    heard: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    sent: dict[int, float] = field(default_factory=dict)
    acked: dict[int, float] = field(default_factory=dict)
    closed: tuple[int, str] | None = None
    seq: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @classmethod
    async def enter(cls, web: Web, room: str, who: Player, **hello: Any) -> Witness:
        """Connected and welcome; it listens from now on."""
        socket, welcome = await enter(web, room, who, **hello)
        witness = cls(socket, welcome["you"].get("seat"), seq=welcome["seq"])
        witness._note(welcome)
        witness.listen()
        return witness

    # -- what it does

    def listen(self) -> None:
        """Read from now on."""
        self._tasks.append(asyncio.create_task(self._listen()))

    async def say(self, kind: str, /, **fields: Any) -> int:
        """Send an input under the next seq; returns that."""
        self.seq += 1
        self.sent[self.seq] = time.monotonic()
        await self.socket.send(json.dumps({"t": kind, "seq": self.seq, **fields}))
        return self.seq

    def play(self, *moves: dict[str, Any]) -> None:
        """Make these moves over and over until `leave`."""
        self._tasks.append(asyncio.create_task(self._play(moves)))

    async def leave(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.socket.close()

    async def _play(self, moves: tuple[dict[str, Any], ...]) -> None:
        for move in itertools.cycle(moves):
            await self.say("move", move=move)
            await asyncio.sleep(PACE_S)

    async def _listen(self) -> None:
        try:
            while True:
                self._note(read(self.socket, await self.socket.recv()))
        except websockets.ConnectionClosed as end:
            self.closed = (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "")

    def _note(self, message: dict[str, Any]) -> None:
        now = time.monotonic()
        self.heard.append((now, message))
        upto = message.get("seq") or 0 if message["t"] == "welcome" else 0
        if message["t"] == "frame" and self.seat is not None and message.get("acks"):
            upto = message["acks"][self.seat] or 0
        for seq in range(max(self.acked, default=0) + 1, upto + 1):
            self.acked[seq] = now

    # -- what it was told

    def messages(self, kind: str, since: float = 0.0) -> list[dict[str, Any]]:
        """Every message of a kind heard after `since`."""
        return [message for at, message in self.heard if at >= since and message["t"] == kind]

    @property
    def ticks(self) -> list[int]:
        """The ticks of all frames, in the order they came."""
        return [message["tick"] for message in self.messages("frame")]

    def statuses(self, since: float = 0.0) -> list[str]:
        """The states told after `since`."""
        return [message["state"] for message in self.messages("status", since)]

    @property
    def unanswered(self) -> int:
        """Inputs sent and not answered yet."""
        return len(self.sent.keys() - self.acked.keys())

    async def answered(self) -> None:
        """Return when every input was."""
        await until(lambda: self.unanswered == 0)

    async def told(self, state: str, since: float, within: float = 20.0) -> float:
        """Seconds from `since` until this status was told; waits for it."""
        return await self._first(lambda m: m["t"] == "status" and m["state"] == state, since, within)

    async def shown(self, since: float, within: float = 20.0) -> float:
        """Seconds from `since` until a frame of a later tick than all before came; waits for it."""
        last = max((m["tick"] for at, m in self.heard if at < since and "tick" in m), default=-1)
        return await self._first(lambda m: m["t"] in ("frame", "welcome") and m["tick"] > last, since, within)

    async def counted(self, since: float, within: float = 20.0) -> float:
        """Seconds from `since` until an input that was sent after it had been answered; waits for it."""

        def answers() -> list[float]:
            return [at for seq, at in self.acked.items() if self.sent.get(seq, 0.0) >= since]

        await until(answers, within)
        return min(answers()) - since

    async def _first(self, fits: Any, since: float, within: float) -> float:
        def times() -> list[float]:
            return [at for at, message in self.heard if at >= since and fits(message)]

        await until(times, within)
        return times()[0] - since
