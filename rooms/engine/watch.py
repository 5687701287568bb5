"""A limit on how long one room may think: rules that never return would stop every room of the process.

A timer of the operating system rings while a pass runs. What is limited is the processor time of the thread, so no room
is blamed for a machine that is busy with other things. Rules that wait (for a lock, a file, a sleep) use none: of them
the rings are counted at which they had given up the processor of themselves. When the room in hand has used up either,
an exception is raised into whatever it is doing, at each further ring anew, so that rules which swallow it once are not
rid of it.
Only code in Python can be stopped like that, and only in the process's main thread; elsewhere there is no limit.
"""

from __future__ import annotations

import logging
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, Self

logger = logging.getLogger(__name__)

RING_S: Final = 0.05
"""How often the limit is looked at. Time is counted from a room's first ring to a later one: a room is stopped at most
two of them too late."""

_OURS: Final = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)


class StepTooLong(BaseException):
    """The room used up its time. Not an Exception, so that rules do not catch it by accident."""


class Watch:
    """One for each engine. `budget_ms`: the processor time of one room in one pass; 0 for no limit."""

    def __init__(self, budget_ms: int) -> None:
        self.budget_s = budget_ms / 1000
        self._handler = self._ring  # one object, so that it can be recognised
        self._turn = 0
        self._busy = False
        # What the last ring found: whose turn it was, and since the first ring of that turn:
        self._rung_turn = 0
        self._from_s = 0.0
        self._switches = 0
        self._waits = 0

    @contextmanager
    def over_pass(self) -> Iterator[None]:
        """Look after the rooms advanced in this block."""
        if not self.budget_s or threading.current_thread() is not threading.main_thread():
            yield
            return
        self._listen()
        signal.setitimer(signal.ITIMER_REAL, RING_S, RING_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def room(self) -> Self:
        """A room's turn: only in this block can it be stopped."""
        return self

    def __enter__(self) -> Self:
        """The turn begins. No generator stands behind this block, and no clock is read: it is entered for each room."""
        self._turn += 1
        self._busy = True
        return self

    def __exit__(self, *fault: object) -> None:
        """The turn is over."""
        self._busy = False

    def _listen(self) -> None:
        """Be the one who is rung. It stays so after the pass: left is cheaper than set twenty times a second."""
        global _listening  # noqa: PLW0603  (as the process's table of signals is)
        if _listening is not self:
            signal.signal(signal.SIGALRM, self._handler)
            _listening = self

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if not self._busy:
            return
        used_s, switches = time.thread_time(), resource.getrusage(_OURS).ru_nvcsw
        if self._rung_turn != self._turn:
            self._rung_turn, self._from_s, self._waits = self._turn, used_s, 0
        elif switches > self._switches:
            self._waits += 1
        self._switches = switches
        budget = f"{self.budget_s * 1000:g} ms"
        if used_s - self._from_s > self.budget_s:
            raise StepTooLong(f"this room's rules ran for more than {budget} and were stopped")
        if self._waits * RING_S > self.budget_s:
            raise StepTooLong(f"this room's rules waited for more than {budget} and were stopped")


_listening: Watch | None = None
"""Whose handler the process's timer calls."""
