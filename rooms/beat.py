"""When a room that ticks takes in what its players say, as far as this process can tell; so when to write it.

engine -> Delivery.hz, ahead_ms -> [beat] -> appender

An input that comes right after a tick counts at the next one, whether it stands in the log at once or shortly before
that; there, with all others, it costs a part of what it costs alone. So moves are written twice in a period:

    tick            next: LEAD_S before the tick           LAST_S      tick
    |----------------------------------|---------------------|----------|----
     written at the first               at the second         at the first of the next period

Most go with the first, so early that nothing common makes them late; the second takes those that come after it.
"""

from __future__ import annotations

from math import ceil
from typing import Final

from rooms.protocol.bus import Delivery

LEAD_S: Final = 0.008
LAST_S: Final = 0.003
"""An append is a round trip with an fsync, a millisecond or two; the core may be another process' for some more."""
LONGEST_S: Final = 0.07
"""Nothing is kept longer than this, however seldom the room ticks; the slowest rate that is often (15 Hz) needs it."""
FORGET_S: Final = 2.0
"""After so long without a word nothing is known. A room that ticks and has nothing to show says nothing."""
BELIEVED: Final = 0.05
"""Of what a word says later than we reckoned: it may have come late itself. What it says earlier is believed whole."""
AT_ONCE: Final = 0.0
NEVER: Final = float("-inf")


class Beat:
    """Of one room. Instants are seconds of the loop's clock."""

    __slots__ = ("_epoch", "_heard", "_period", "_tick", "_until")

    def __init__(self) -> None:
        """Nothing is known."""
        self._epoch = 0
        self.forget()

    def forget(self) -> None:
        """What was heard holds no more."""
        self._heard, self._period, self._tick, self._until = NEVER, 0.0, 0.0, AT_ONCE

    def hear(self, said: Delivery, at: float) -> None:
        """What an engine says, in a message that came `at`; one that lost the room is not heard."""
        if said.epoch < self._epoch:
            return
        if said.epoch > self._epoch or not said.hz:  # another engine ticks at other instants
            self.forget()
            self._epoch = said.epoch
        if not said.hz:
            return
        tick, period = at + said.ahead_ms / 1000, 1 / said.hz
        if period != self._period or at - self._heard > FORGET_S:
            self._tick, self._period, self._until = tick, period, AT_ONCE
        else:
            later = (tick - self._tick + period / 2) % period - period / 2
            self._tick += later if later < 0 else later * BELIEVED
        self._heard = at

    def until(self, now: float) -> float:
        """Until when a move that comes `now` may be gathered with others; AT_ONCE: not at all."""
        if now < self._until:
            return self._until
        if now - self._heard > FORGET_S:
            return AT_ONCE
        left = (self._tick - now) % self._period
        part = self._period / ceil(self._period / LONGEST_S)
        if left > LEAD_S:
            wait = (left - LEAD_S) % part
        elif left > LAST_S:
            wait = left - LAST_S
        else:
            wait = left + part - LEAD_S
        self._until = now + wait
        return self._until
