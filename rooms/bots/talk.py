"""What a client says and when: the peer at this end of the link.

Before the welcome nothing may follow the hello. After it, what only passes (relays, pings) goes first and is lost
with the connection; what counts waits in the outbox until it is answered, over any number of connections.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec

from rooms.bots.answers import Answers
from rooms.bots.hearing import Hearing
from rooms.bots.link import Address, Link, Means
from rooms.core.inputs import Want, Wire
from rooms.protocol import client as say
from rooms.protocol.client import FromClient
from rooms.protocol.codec import dump

PASSING: Final = 64
"""Messages that wait without a right to arrive; beyond them the oldest falls out."""


class Talk:
    """One player's talk with one room."""

    def __init__(self, address: Address, want: Want, means: Means) -> None:
        """Nothing is said until `link.run`."""
        self.want: Want = want
        self.answers = Answers()
        self.hearing = Hearing(address.wire, self.answers, means.clock, self._ask_for_whole)
        self.link = Link(address, self, means)
        self._wire: Wire = address.wire
        self._clock = means.clock
        self._passing: deque[bytes] = deque(maxlen=PASSING)
        self._pings = 0

    # -- what the player says

    def put(self, make: Callable[[int], FromClient]) -> int:
        """Say what `make` gives for the input's seq, which is returned. Raises Ended and OutboxFull."""
        if self.hearing.ended is not None:
            raise self.hearing.ended
        seq = self.answers.put(lambda seq: dump(make(seq), self._wire))
        self.link.wake()
        return seq

    async def ask(self, make: Callable[[int], FromClient]) -> None:
        """The same, and wait for the answer. Raises Refused and Forgotten as well."""
        await self.answers.wait(self.put(make))

    def drop_in(self, message: FromClient) -> None:
        """Say something that may be lost."""
        self._passing.append(dump(message, self._wire))
        self.link.wake()

    def raw(self, value: Any) -> msgspec.Raw:
        """A move or a relayed body, encoded for this wire."""
        return msgspec.Raw(dump(value, self._wire))

    # -- the link's peer

    def hello(self) -> bytes:
        """The first message of a connection: what one wants and where one stopped."""
        incarnation, offset = self.hearing.position
        return dump(say.Hello(self.want, incarnation, offset), self._wire)

    def next(self) -> bytes | None:
        """The next message to send, None while there is none."""
        if not self.hearing.live:
            return None
        return self._passing.popleft() if self._passing else self.answers.next()

    def heard(self, raw: bytes | str) -> None:
        """Take one message in; it may be the welcome, after which there is something to send again."""
        self.hearing.take(raw)
        self.link.wake()

    def ping(self) -> None:
        """Ask for a pong, to measure the way there and back."""
        self._pings += 1
        self.drop_in(say.Ping(self._pings, self._clock()))

    def dropped(self) -> None:
        """The connection is gone, and with it what only passes."""
        self._passing.clear()
        self.hearing.live = False

    def _ask_for_whole(self, offset: int) -> None:
        self.drop_in(say.Resync(offset))
