"""What the server said, sorted: views, events, relays, answers, the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from rooms.bots.answers import Answers
from rooms.bots.connector import Closed
from rooms.bots.errors import Ended, Refused
from rooms.bots.streams import Newest, Stream
from rooms.bots.track import Track, View
from rooms.core.delta import BadPatch
from rooms.core.inputs import Wire
from rooms.protocol.codec import Malformed, parse_server
from rooms.protocol.server import Ack, Delta, Event, Frame, Goodbye, Pong, Reject, Relayed, Status, Welcome

log = logging.getLogger(__name__)

EVENTS: Final = 512
RELAYS: Final = 128
SMOOTHING: Final = 0.2
"""The weight of the newest round trip in the latency."""


class Hearing:
    """Takes each message of the server and keeps what it says where its readers look for it."""

    def __init__(
        self, wire: Wire, answers: Answers, clock: Callable[[], float], ask_for_whole: Callable[[int], None]
    ) -> None:
        self.views: Newest[View] = Newest()
        self.events: Stream[Event] = Stream(EVENTS)
        self.relays: Stream[Relayed] = Stream(RELAYS)
        self.live = False
        """This connection was welcomed."""
        self.holes = 0
        self.latency_s: float | None = None
        self.ended: Ended | None = None
        self._wire, self._answers, self._clock, self._ask_for_whole = wire, answers, clock, ask_for_whole
        self._track = Track()
        self._asked = False
        self._welcome: Welcome | None = None
        self._first = asyncio.Event()
        self._takers: dict[type, Callable[[Any], None]] = {
            Welcome: self._take_welcome, Frame: self._take_frame, Delta: self._take_frame, Event: self._take_event,
            Ack: self._take_ack, Reject: self._take_reject, Relayed: self.relays.put,
            Pong: self._take_pong, Status: self._take_status, Goodbye: self._take_goodbye,
        }  # fmt: skip

    @property
    def view(self) -> View:
        """The newest view; there is one from the first welcome on."""
        assert self._track.view is not None, "enter the client (async with) first"
        return self._track.view

    @property
    def welcome(self) -> Welcome:
        """The newest welcome."""
        assert self._welcome is not None, "enter the client (async with) first"
        return self._welcome

    @property
    def position(self) -> tuple[str, int]:
        """Where a returning client stopped: the room's incarnation and the newest event told."""
        return self._track.incarnation, self._track.offset

    async def ready(self) -> None:
        """Wait for the first welcome. Raises Ended when there will be none."""
        await self._first.wait()
        if self.ended is not None:
            raise self.ended

    def end(self, end: Ended) -> None:
        """No more will come."""
        if self.ended is not None:
            return
        self.ended, self.live = end, False
        self._first.set()
        for readers in (self.views, self.events, self.relays):
            readers.close()

    def take(self, raw: bytes | str) -> None:
        """Take one message. Raises Closed (drop the connection and come back) or Ended (for good)."""
        try:
            message = parse_server(raw, self._wire)
        except Malformed as error:
            raise Closed(1002, f"the server sent no message of this protocol: {error}") from error
        self._takers[type(message)](message)

    def _take_welcome(self, message: Welcome) -> None:
        same = self._track.is_same_room(message)
        if self._welcome is not None and not (same and message.recovered):
            self.holes += 1
            log.warning("room %s: events were missed, going on from %d", message.room, message.offset)
        try:
            events = self._track.welcome(message)
        except BadPatch as error:
            raise Closed(1002, str(error)) from error
        self._welcome, self._asked = message, False
        self.views.put(self.view)
        for event in events:
            self.events.put(event)
        for no in message.refused:
            self._take_reject(no)
        self._answer_welcome(message.seq, same)
        self.live = True
        self._first.set()

    def _answer_welcome(self, seq: int, same: bool) -> None:
        if not same:
            self._answers.restart(seq)
        else:  # on an open connection too: the server may have lost what was sent over it
            self._answers.reconnect(seq)

    def _take_frame(self, message: Frame | Delta) -> None:
        try:
            view = self._track.frame(message)
        except BadPatch as error:
            self._miss(error)
            return
        if view is None:
            return
        self.views.put(view)
        seat, acks = view.seat, self._track.acks
        if seat is not None and seat < len(acks):
            self._answers.count(acks[seat])

    def _miss(self, error: BadPatch) -> None:
        if self._asked:
            return  # the whole is on its way
        log.info("asking for the whole: %s", error)
        self._asked = True
        self._ask_for_whole(self._track.offset)

    def _take_event(self, message: Event) -> None:
        if self._track.event(message):
            self.events.put(message)

    def _take_ack(self, message: Ack) -> None:
        self._answers.count(message.seq)

    def _take_reject(self, message: Reject) -> None:
        if message.seq == 0:
            log.info("a message that carries no seq was refused: %s %s", message.code, message.message)
            return
        self._answers.refuse(message.seq, Refused(message.code, message.message, tuple(message.legal)))

    def _take_pong(self, message: Pong) -> None:
        trip = max(0.0, self._clock() - message.time)
        known = self.latency_s
        self.latency_s = trip if known is None else known + SMOOTHING * (trip - known)

    def _take_status(self, message: Status) -> None:
        log.info("the server says it is %s %s", message.state, message.message)

    def _take_goodbye(self, message: Goodbye) -> None:
        if message.reconnect:
            raise Closed(message.code, message.reason)
        raise Ended(message.code, message.reason)
