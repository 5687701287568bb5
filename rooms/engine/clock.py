"""Time in an engine: wall time that all engines share, and a schedule of ticks that does not drift."""

from __future__ import annotations

import time
from collections.abc import Mapping


class Clock:
    """Milliseconds since 1970 by Redis' clock, carried on between readings by this machine's monotonic one.

    All engines read the same Redis, so a room that moves from one to another sees one time. Rooms themselves never
    let their time go back, so a correction of a few milliseconds is harmless.
    """

    def __init__(self) -> None:
        self._offset_ms = 0.0
        self.ahead_ms: Mapping[int, int] = {}
        """By tick rate, from about when the web processes hear of the pass in hand to the next tick after that."""

    def set(self, redis_ms: int) -> None:
        """Take over what Redis' TIME just said."""
        self._offset_ms = redis_ms - time.monotonic() * 1000

    def wall_ms(self) -> int:
        """Now, in milliseconds since 1970."""
        return int(self._offset_ms + time.monotonic() * 1000)


class Grid:
    """The instants at which rooms of one tick rate are due: start + n / hz, on the loop's monotonic clock, for ever.

    Because each instant is computed from the start and never from the one before, lateness does not add up.
    """

    def __init__(self, hz: int, now: float, catch_up: int) -> None:
        self.hz, self._start, self._count, self._catch_up = hz, now, 1, catch_up
        self.skipped = 0
        """Ticks given up because the engine was further behind than it may catch up."""
        self.overruns = 0
        """Ticks that were made up for late."""

    @property
    def due(self) -> float:
        """The instant of the next tick, in seconds of the loop's clock."""
        return self._start + self._count / self.hz

    def take(self, now: float) -> bool:
        """True when a tick is due: it is then taken. Call again for further ones."""
        if now < self.due:
            return False
        behind = int((now - self.due) * self.hz)
        if behind > self._catch_up:
            self.skipped += behind - self._catch_up
            self._count += behind - self._catch_up
        if behind:
            self.overruns += 1
        self._count += 1
        return True
