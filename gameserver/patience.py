"""Players' sockets, read together: under load they are looked at every few milliseconds, everything else at once.

kernel -> [patience] -> picows

To wake up costs a process, and those that it shares its core with, more than to take one message. So once messages come
closer together than a rest (HOLDFAST_REST_MS), those that come meanwhile wait in the kernel and are taken in one go.
What comes from Redis, HTTP and timers still wakes the process at once, and a message in a quiet moment never waits.

The sockets are in an epoll of their own, which the event loop watches as if it were one of them. Whoever has something
to read is called from here, one after the other, without the event loop's own way from a descriptor to a callback.
"""

from __future__ import annotations

import asyncio
import contextlib
import select as polls
from collections.abc import Callable
from contextvars import Context
from time import monotonic
from typing import Any, Final

LIKELY: Final = 1.4
"""Of a rest: when one look comes so soon after the one before, a rest between them would have gathered something."""
MOST: Final = 512
"""Sockets read in one go; then everything else has its turn."""


class Patience:
    """The sockets of one event loop that may be kept waiting, and when they are looked at. Linux alone has epoll."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nobody is patient yet, and nobody would have to wait."""
        self.rest_s = 0.0
        """How long they are left alone: a message waits half of it in the mean. 0: not at all."""
        self._loop, self._poll = loop, polls.epoll()
        self._readers: dict[int, Callable[[], Any]] = {}
        self._listens = False
        """The loop watches for the first of them to say something; else a timer runs, or there are none."""
        self._found = 0.0
        """When there was something at the last look (monotonic seconds)."""
        self._who = -1
        """Who was found last."""

    def add(self, fd: int, read: Callable[[], Any]) -> None:
        """Call `read` whenever there is something to read; what it raises goes to the loop's exception handler.

        Raises OSError when this cannot be watched.
        """
        with contextlib.suppress(FileExistsError):
            self._poll.register(fd, polls.EPOLLIN)
        if not self._readers:
            self._listen()
        self._readers[fd] = read

    def remove(self, fd: int) -> bool:
        """Watch it no more. False when it was not watched."""
        if self._readers.pop(fd, None) is None:
            return False
        with contextlib.suppress(OSError):  # it was closed before
            self._poll.unregister(fd)
        return True

    def close(self) -> None:
        """Watch nobody any more, for good."""
        self._readers.clear()
        self._deafen()
        self._poll.close()

    def _listen(self) -> None:
        if not self._listens:
            self._listens = True
            # In a context of its own: not in that of the connection which happened to be the first.
            Context().run(self._loop.add_reader, self._poll.fileno(), self._look)

    def _deafen(self) -> None:
        if self._listens:
            self._listens = False
            self._loop.remove_reader(self._poll.fileno())

    def _look(self) -> None:
        """Read what there is to read; then rest, or wait for the first to say something."""
        if self._poll.closed:
            return
        found = self._poll.poll(0, MOST)
        if found and self._is_to_rest(found):
            self._deafen()
            self._loop.call_later(self.rest_s, self._look)
        elif self._readers:
            self._listen()
        for fd, _ in found:
            read = self._readers.get(fd)
            if read is None:  # one that was read before it has ended it
                continue
            try:
                read()
            except Exception as fault:  # a fault of one socket's is not to make those behind it deaf
                self._loop.call_exception_handler({"message": f"reading descriptor {fd} failed", "exception": fault})

    def _is_to_rest(self, found: list[tuple[int, int]]) -> bool:
        """Whether several of them are likely to say something in the next moments."""
        now, who = monotonic(), found[-1][0]
        several = len(found) > 1 or who != self._who  # one that waits for each answer is not kept waiting
        soon = now - self._found < LIKELY * self.rest_s
        self._found, self._who = now, who
        return several and soon and len(found) < MOST


class PatientLoop:
    """An event loop as a patient socket's transport sees it: the real one, but for who reads."""

    def __init__(self, loop: asyncio.AbstractEventLoop, patience: Patience) -> None:
        self._loop, self.add_reader, self.remove_reader = loop, patience.add, patience.remove

    def __getattr__(self, name: str) -> Any:
        """Whatever else is asked for, of the real one."""
        value = getattr(self._loop, name)
        setattr(self, name, value)
        return value
