"""A limit on how long one room may think: rules that never return would stop every room of the process.

A timer of the operating system rings while a pass runs; when the room in hand has used up its time, an exception is
raised into whatever it is doing. It rings again and again, so that rules which swallow it once are not rid of it.
Only code in Python can be stopped like that, and only in the process's main thread; elsewhere there is no limit.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, Self

logger = logging.getLogger(__name__)

RING_S: Final = 0.05
"""How often the limit is looked at: a room is stopped at most this much too late."""


class StepTooLong(BaseException):
    """The room used up its time. Not an Exception, so that rules do not catch it by accident."""


class Watch:
    """One for each engine. `budget_ms`: the time of one room in one pass; 0 for no limit."""

    def __init__(self, budget_ms: int) -> None:
        self.budget_s = budget_ms / 1000
        self._began: float | None = None

    @contextmanager
    def over_pass(self) -> Iterator[None]:
        """Look after the rooms advanced in this block."""
        if not self.budget_s or threading.current_thread() is not threading.main_thread():
            yield
            return
        old = signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, RING_S, RING_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)

    def room(self) -> Self:
        """A room's turn: only in this block can it be stopped."""
        return self

    def __enter__(self) -> Self:
        """The turn begins. No generator stands behind this block: it would cost ten times as much as the two calls."""
        self._began = time.monotonic()
        return self

    def __exit__(self, *fault: object) -> None:
        """The turn is over."""
        self._began = None

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if self._began is not None and time.monotonic() - self._began > self.budget_s:
            raise StepTooLong(f"this room's rules ran for more than {self.budget_s * 1000:g} ms and were stopped")
