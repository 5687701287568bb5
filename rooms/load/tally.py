"""What the bots saw, counted: latencies in a histogram of fixed size, everything else by name. Pure."""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

PRECISION: Final = 1.02
"""Each bucket is 2 % wider than the one before, so that is how exact a percentile is."""
LEAST_MS: Final = 0.01


class Latencies:
    """Any number of times in milliseconds, in a few hundred buckets."""

    def __init__(self) -> None:
        self.count = 0
        self.most_ms = 0.0
        self._buckets: Counter[int] = Counter()

    def add(self, ms: float, every_ms: float = 0.0) -> None:
        """One more.

        With `every_ms`, of somebody who waits for each answer before the next move, and would else have moved so
        often: the moves that the waiting kept back count too, as late as they would have been (HdrHistogram's
        correction of coordinated omission).
        """
        self._add(ms)
        while every_ms > 0 and (ms := ms - every_ms) > 0:
            self._add(ms)

    def _add(self, ms: float) -> None:
        self.count += 1
        self.most_ms = max(self.most_ms, ms)
        self._buckets[math.ceil(math.log(max(ms, LEAST_MS) / LEAST_MS, PRECISION))] += 1

    def percentile(self, percent: float) -> float:
        """The time that so many percent did not exceed; 0 when there is none."""
        left = math.ceil(self.count * percent / 100)
        for bucket in sorted(self._buckets):
            left -= self._buckets[bucket]
            if left <= 0:
                return min(self.most_ms, LEAST_MS * PRECISION**bucket)
        return self.most_ms

    def take(self, other: Latencies) -> None:
        """Those of `other` too."""
        self.count += other.count
        self.most_ms = max(self.most_ms, other.most_ms)
        self._buckets.update(other._buckets)


class Tally:
    """Everything counted since measuring began. `open` says whether it has, and has not ended."""

    def __init__(self) -> None:
        self.open = False
        self.latencies = Latencies()
        self.fresh = Latencies()
        """The same, since the last line of progress."""
        self.due = 0
        """Moves whose time came."""
        self.answered = 0
        self.lost = 0
        self.errors: Counter[str] = Counter()
        """By code, from the first moment on: what happens while rooms open counts too."""
        self.late: Counter[str] = Counter()
        """Refusals that are nobody's fault: the match had ended, or the turn had passed, while the move was away."""
        self.frames = 0
        self.bytes = 0
        self.matches = 0

    @property
    def awaited(self) -> int:
        """Moves that are away and not answered yet."""
        return self.due - self.answered - self.lost

    def answer(self, ms: float, every_ms: float) -> None:
        """A move that was due in the measured time was answered."""
        self.answered += 1
        self._add(ms, every_ms)

    def lose(self, ms: float, every_ms: float) -> None:
        """A move that was due in the measured time was not sent, or not answered in so long."""
        self.lost += 1
        self._add(ms, every_ms)

    def _add(self, ms: float, every_ms: float) -> None:
        self.latencies.add(ms, every_ms)
        self.fresh.add(ms, every_ms)

    def message(self, size: int) -> None:
        """The server sent something."""
        if self.open:
            self.frames += 1
            self.bytes += size

    @property
    def delivered(self) -> float:
        """Percent of the moves that were due which the server has answered; 100 when none was."""
        return 100.0 * self.answered / self.due if self.due else 100.0
