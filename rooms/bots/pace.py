"""The least time between two moves of a bot: people can follow it, and it stays within the limits of a socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LEAST_MS: Final = 40
"""25 moves a second, where the game names no pace."""


class Pace:
    """Says how long to wait before the next move."""

    def __init__(self, every_ms: int, clock: Callable[[], float]) -> None:
        """`clock` gives monotonic seconds."""
        self._every_s = max(every_ms, LEAST_MS) / 1000
        self._clock = clock
        self._next = clock()

    def wait_s(self) -> float:
        """Seconds until a move is due, 0 when one is."""
        return max(0.0, self._next - self._clock())

    def moved(self) -> None:
        """A move was made now."""
        self._next = self._clock() + self._every_s
