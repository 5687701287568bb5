"""A client of the public protocol: one player's seat, or one spectator's place, in one room.

bot -> RoomClient -> socket -> consumer -> log -> engine ... -> frame -> RoomClient -> bot

It comes back by itself after every loss of its connection, sends again what was not answered, and tells every
event once (docs/protocol.md says how; docs/bots.md builds a bot on it). Needs no Django and no Redis.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, Literal, Self

import msgspec

from rooms.bots.answers import Answers
from rooms.bots.errors import Ended, Refused
from rooms.bots.hearing import Hearing
from rooms.bots.link import Address, Link, Means
from rooms.bots.track import View
from rooms.core.ids import Seat
from rooms.core.inputs import Want
from rooms.protocol import client as say
from rooms.protocol.client import FromClient
from rooms.protocol.codec import SUBPROTOCOLS, dump
from rooms.protocol.server import Event, Relayed, Welcome

Token = str | Callable[[], str]
"""A bearer token, or a function that gives a fresh one for each connection."""
PASSING: Final = 64
"""Messages that wait without a right to arrive (relays, pings); beyond them the oldest falls out."""


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
        self._wire = SUBPROTOCOLS[subprotocol]
        self._want: Want = want
        self._token, self._headers = token, dict(headers or {})
        self._passing: deque[bytes] = deque(maxlen=PASSING)
        self._pings = 0
        self._means = means or Means()
        self._answers = Answers()
        self._hearing = Hearing(self._wire, self._answers, self._means.clock, self._ask_for_whole)
        address = Address(url, self._make_headers, subprotocol, self._wire)
        self._link = Link(address, self, self._means)
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
            end = await self._link.run()
        except Exception as error:
            self._end(Ended(1006, f"the client failed: {error!r}"))
            raise
        self._end(end)

    def _end(self, end: Ended) -> None:
        self._hearing.end(end)
        self._answers.end(end)

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
        return self._link.connects

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
        return self._put(self._move(move))

    async def move(self, move: Any) -> None:
        """Send a move and wait until it counts: `view` then holds its effect. Raises Refused."""
        await self._ask(self._move(move))

    async def chat(self, text: str) -> None:
        """Say something to everyone in the room."""
        await self._ask(lambda seq: say.Chat(seq, text))

    async def ready(self, ready: bool = True) -> None:
        """Say that one is ready for the match to start, or no longer. That it has begun meanwhile is as good."""
        try:
            await self._ask(lambda seq: say.Ready(seq, ready))
        except Refused as no:
            if not ready or no.code != "not_waiting":
                raise

    async def start(self) -> None:
        """Start the match, as the host."""
        await self._ask(say.Start)

    async def rematch(self) -> None:
        """Agree to another match."""
        await self._ask(say.Rematch)

    async def sit(self, seat: Seat | None = None) -> None:
        """Take a free seat, the first one when None."""
        self._want = "auto"
        await self._ask(lambda seq: say.Sit(seq, seat))

    async def stand(self) -> None:
        """Give the seat up and watch."""
        self._want = "watch"
        await self._ask(say.Stand)

    async def kick(self, seat: Seat) -> None:
        """Empty a seat, as the host."""
        await self._ask(lambda seq: say.Kick(seq, seat))

    async def hand_over(self, seat: Seat) -> None:
        """Make the player in `seat` the host, as the host."""
        await self._ask(lambda seq: say.Host(seq, seat))

    async def add_bot(self, strength: str, seat: Seat | None = None) -> None:
        """Put a built-in bot into a seat, the first free one when None, as the host."""
        await self._ask(lambda seq: say.Bot(seq, strength, seat))

    async def leave(self) -> None:
        """Give the seat up for good; the room then lets go, and so do the loops over views and events."""
        try:
            await self._ask(say.Leave)
        except Ended:
            return  # which is what was asked for

    def relay(self, kind: str, body: Any) -> None:
        """Tell the others something that needs no order and may be lost, such as an emote."""
        self._pass(say.Relay(kind, self._raw(body)))

    # -- the link's peer

    def hello(self) -> bytes:
        """The first message of a connection: what one wants and where one stopped."""
        incarnation, offset = self._hearing.position
        return dump(say.Hello(self._want, incarnation, offset), self._wire)

    def next(self) -> bytes | None:
        """Before the welcome nothing may follow the hello; then what passes, then what counts."""
        if not self._hearing.live:
            return None
        return self._passing.popleft() if self._passing else self._answers.next()

    def heard(self, raw: bytes | str) -> None:
        """Take one message in, and send again what it asks for."""
        self._hearing.take(raw)
        self._link.wake()

    def ping(self) -> None:
        """Ask for a pong, to measure the way there and back."""
        self._pings += 1
        self._pass(say.Ping(self._pings, self._means.clock()))

    def dropped(self) -> None:
        """What only passes is not kept for the next connection."""
        self._passing.clear()
        self._hearing.live = False

    # -- sending

    def _move(self, move: Any) -> Callable[[int], FromClient]:
        raw = self._raw(move)
        return lambda seq: say.Move(seq, raw)

    def _raw(self, value: Any) -> msgspec.Raw:
        return msgspec.Raw(dump(value, self._wire))

    def _put(self, make: Callable[[int], FromClient]) -> int:
        if self.ended is not None:
            raise self.ended
        seq = self._answers.put(lambda seq: dump(make(seq), self._wire))
        self._link.wake()
        return seq

    async def _ask(self, make: Callable[[int], FromClient]) -> None:
        await self._answers.wait(self._put(make))

    def _pass(self, message: FromClient) -> None:
        self._passing.append(dump(message, self._wire))
        self._link.wake()

    def _ask_for_whole(self, offset: int) -> None:
        self._pass(say.Resync(offset))

    def _make_headers(self) -> dict[str, str]:
        token = self._token() if callable(self._token) else self._token
        return self._headers | ({"Authorization": f"Bearer {token}"} if token else {})
