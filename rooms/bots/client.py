"""A client of the public protocol: one player's seat, or one spectator's place, in one room.

bot -> RoomClient -> socket -> consumer -> log -> engine ... -> frame -> RoomClient -> bot

It comes back by itself after every loss of its connection, sends again what was not answered, and tells every
event once (docs/protocol.md says how; docs/bots.md builds a bot on it). Needs no Django and no Redis.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Literal, Self

from rooms.bots.errors import Ended, Refused
from rooms.bots.link import Address, Means
from rooms.bots.talk import Talk
from rooms.bots.track import View
from rooms.core.ids import Seat
from rooms.core.inputs import Want
from rooms.protocol import client as say
from rooms.protocol.client import FromClient
from rooms.protocol.codec import SUBPROTOCOLS
from rooms.protocol.server import Event, Relayed, Welcome

Token = str | Callable[[], str]
"""A bearer token, or a function that gives a fresh one for each connection."""

log = logging.getLogger(__name__)


class RoomClient:
    """A place in a room. Use it as a context: inside, the room has said welcome; after it, all is closed.

    `url` is that of the room's socket: ws://host/ws/token/rooms/<id>/ with a `token`. Entering waits, over as
    many attempts as it takes, until the room answers; it raises Ended when the room refuses for good.
    """

    def __init__(
        self,
        url: str,
        *,
        token: Token = "",
        want: Want = "auto",
        wire: Literal["json", "msgpack"] = "json",
        headers: Mapping[str, str] | None = None,
        means: Means | None = None,
    ) -> None:
        subprotocol = f"holdfast.v1.{wire}"
        self._token, self._headers = token, dict(headers or {})
        address = Address(url, self._make_headers, subprotocol, SUBPROTOCOLS[subprotocol])
        self._talk = Talk(address, want, means or Means())
        self._hearing = self._talk.hearing
        self._driver: asyncio.Task[None] | None = None

    # -- coming and going

    async def __aenter__(self) -> Self:
        self._driver = asyncio.create_task(self._drive(), name="room client")
        try:
            await self._hearing.ready()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the socket. The seat is kept for a while (see `leave`); loops over views and events end."""
        if self._driver is not None:
            self._driver.cancel()
            await asyncio.gather(self._driver, return_exceptions=True)
        self._end(Ended(1000, "closed by this client"))

    async def _drive(self) -> None:
        try:
            end = await self._talk.link.run()
        except Exception as error:
            log.exception("the client failed, which is a mistake of its own")
            end = Ended(1006, f"the client failed: {error!r}")
        self._end(end)

    def _end(self, end: Ended) -> None:
        self._hearing.end(end)
        self._talk.answers.end(end)

    # -- what there is to see

    @property
    def view(self) -> View:
        """The newest view."""
        return self._hearing.view

    @property
    def room(self) -> dict[str, Any]:
        """The room's own part of the newest view: phase, seats, host, outcome."""
        return self.view.room

    @property
    def seat(self) -> Seat | None:
        """The own seat now, None for a spectator."""
        return self.view.seat

    @property
    def welcome(self) -> Welcome:
        """The newest welcome: who one is, the game and its options, the limits."""
        return self._hearing.welcome

    @property
    def ended(self) -> Ended | None:
        """Why the room let go for good, None while it has not."""
        return self._hearing.ended

    @property
    def latency_s(self) -> float | None:
        """The round trip to the server in seconds, smoothed; None before the first pong."""
        return self._hearing.latency_s

    @property
    def connects(self) -> int:
        """Connections made so far: 1 and one more for each reconnect."""
        return self._talk.link.connects

    @property
    def holes(self) -> int:
        """Reconnects after which the server no longer had every event in between."""
        return self._hearing.holes

    @property
    def state(self) -> Literal["live", "reconnecting", "ended"]:
        """Whether there is a welcomed connection now."""
        if self.ended is not None:
            return "ended"
        return "live" if self._hearing.live else "reconnecting"

    def views(self) -> AsyncIterator[View]:
        """The view now, then each newer one; who is slow skips some. Ends when the room lets go."""
        return self._hearing.views.follow()

    def events(self) -> AsyncIterator[Event]:
        """What happened, each once and in order, the room's kept past first. One reader; 512 wait at most."""
        return self._hearing.events.follow()

    def relays(self) -> AsyncIterator[Relayed]:
        """Other players' ephemeral messages. One reader; 128 wait at most, then the oldest falls out."""
        return self._hearing.relays.follow()

    # -- what there is to do; all raise Refused, Ended or OutboxFull

    def send(self, move: Any) -> int:
        """Send a move without waiting; returns its seq. Plain values or the game's own Move struct."""
        return self._talk.put(self._move(move))

    async def move(self, move: Any) -> None:
        """Send a move and wait until it counts: `view` then holds its effect. Raises Refused."""
        await self._talk.ask(self._move(move))

    async def chat(self, text: str) -> None:
        """Say something to everyone in the room."""
        await self._talk.ask(lambda seq: say.Chat(seq, text))

    async def ready(self, ready: bool = True) -> None:
        """Say that one is ready for the match to start, or no longer. That it has begun meanwhile is as good."""
        try:
            await self._talk.ask(lambda seq: say.Ready(seq, ready))
        except Refused as no:
            if not ready or no.code != "not_waiting":
                raise

    async def start(self) -> None:
        """Start the match, as the host."""
        await self._talk.ask(say.Start)

    async def rematch(self) -> None:
        """Agree to another match."""
        await self._talk.ask(say.Rematch)

    async def sit(self, seat: Seat | None = None) -> None:
        """Take a free seat, the first one when None."""
        self._talk.want = "auto"
        await self._talk.ask(lambda seq: say.Sit(seq, seat))

    async def stand(self) -> None:
        """Give the seat up and watch."""
        self._talk.want = "watch"
        await self._talk.ask(say.Stand)

    async def kick(self, seat: Seat) -> None:
        """Empty a seat, as the host."""
        await self._talk.ask(lambda seq: say.Kick(seq, seat))

    async def hand_over(self, seat: Seat) -> None:
        """Make the player in `seat` the host, as the host."""
        await self._talk.ask(lambda seq: say.Host(seq, seat))

    async def add_bot(self, strength: str, seat: Seat | None = None) -> None:
        """Put a built-in bot into a seat, the first free one when None, as the host."""
        await self._talk.ask(lambda seq: say.Bot(seq, strength, seat))

    async def leave(self) -> None:
        """Give the seat up for good; the room then lets go, and so do the loops over views and events."""
        try:
            await self._talk.ask(say.Leave)
        except Ended:
            return  # which is what was asked for

    def relay(self, kind: str, body: Any) -> None:
        """Tell the others something that needs no order and may be lost, such as an emote."""
        self._talk.drop_in(say.Relay(kind, self._talk.raw(body)))

    def _move(self, move: Any) -> Callable[[int], FromClient]:
        raw = self._talk.raw(move)
        return lambda seq: say.Move(seq, raw)

    def _make_headers(self) -> dict[str, str]:
        token = self._token() if callable(self._token) else self._token
        return self._headers | ({"Authorization": f"Bearer {token}"} if token else {})
