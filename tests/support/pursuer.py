"""A player who notes down what it is sent, and when: for tests that take its engine away.

ann = await pursue(web, room, player)       # seated, its match begun; reads and steers from now on
ann.longest_ms(since)                       # the longest time without a frame
await ann.leave()                           # raises if anything it was sent was not in order
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from websockets import ConnectionClosed
from websockets.asyncio.client import ClientConnection

from rooms.core.inputs import Player
from tests.support.fleet import Web
from tests.support.sockets import enter, read, say

MOVE_S = 0.3
"""Between two moves."""


@dataclass
class Pursuer:
    """One player in a room of the arena. Times are the event loop's."""

    room: str
    socket: ClientConnection
    seat: int
    tick: int
    frames: list[tuple[float, int]] = field(default_factory=list)
    """When, and which tick."""
    others: list[dict[str, Any]] = field(default_factory=list)
    """Whatever else was said, but for what happens in the game."""
    acked: int = 0
    sent: int = 1
    closed: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Begin to read and to steer."""
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._steer())]

    async def leave(self) -> None:
        """Hang up. Raises what was wrong with anything it was sent."""
        steering = self._tasks[1]
        steering.cancel()
        await self.socket.close()
        await asyncio.gather(steering, return_exceptions=True)
        await self._tasks[0]

    def longest_ms(self, since: float) -> float:
        """The longest time without a frame, of those that end at `since` or later."""
        return max((b - a for (a, _), (b, _) in pairwise(self.frames) if b >= since), default=0.0) * 1000

    def heard_since(self, count: int) -> list[str]:
        """What kinds of messages, besides frames and events of the game, came after the first `count`."""
        return [message.get("kind", message["t"]) for message in self.others[count:]]

    async def _read(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while True:
                message = read(self.socket, await self.socket.recv())
                if message["t"] == "frame":
                    self._frame(message, clock())
                elif not str(message.get("kind")).startswith("game:"):
                    self.others.append(message)
        except ConnectionClosed as end:
            self.closed = end.rcvd.code if end.rcvd else 1006

    def _frame(self, message: dict[str, Any], now: float) -> None:
        assert message["tick"] > self.tick, f"tick {message['tick']} after {self.tick}"
        self.tick = message["tick"]
        self.frames.append((now, self.tick))
        ack = message["acks"][self.seat] or 0
        assert self.acked <= ack <= self.sent, f"{ack} is acknowledged, after {self.acked}, of {self.sent}"
        self.acked = ack

    async def _steer(self) -> None:
        while not self.closed:
            await asyncio.sleep(MOVE_S)
            self.sent += 1
            move = {"thrust": 1, "turn": (self.sent // 10) % 2, "fire": 0}
            try:
                await say(self.socket, "move", seq=self.sent, move=move)
            except ConnectionClosed:
                return


async def pursue(web: Web, room: str, host: Player) -> Pursuer:
    """The host of an arena, who begins the match."""
    socket, welcome = await enter(web, room, host)
    await say(socket, "start", seq=1)
    pursuer = Pursuer(room, socket, welcome["you"]["seat"], welcome["tick"])
    pursuer.start()
    return pursuer
