"""A few threads in which bots think, so that a slow one keeps no other from its socket, and an endless one ends.

A thought that lasts longer than its limit is interrupted: an exception is raised in its thread, which stops any
loop written in Python. A thread that does not stop even then is left alone and counted; when too many are, the
process can no longer be trusted and `think` says so.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final

log = logging.getLogger(__name__)

THREADS: Final = 2
LIMIT_S: Final = 1.0
STUCK: Final = 4
"""Threads that may be stuck before the process gives up."""


class BadThought(Exception):
    """A bot's function raised; `__cause__` says what."""


class TooSlow(Exception):
    """A bot's function took longer than the limit."""


class TooManyStuck(RuntimeError):
    """Too many threads did not stop: this process should end, and a new one take its place."""


class _Interrupt(BaseException):
    """Raised in a thinking thread from outside. No `except Exception` of a bot swallows it."""


class _Thinker(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="bot thinker", daemon=True)
        self.jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.start()

    def run(self) -> None:
        try:
            while (job := self.jobs.get()) is not None:
                job()
        except _Interrupt:
            log.warning("a thought was interrupted")

    def interrupt(self) -> None:
        """Stop it in the middle of what it does."""
        self.jobs.put(None)
        if self.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident), ctypes.py_object(_Interrupt))


class Thinkers:
    """The threads of one process. Call `close` in the end."""

    def __init__(self, threads: int = THREADS, limit_s: float = LIMIT_S) -> None:
        """Threads start when they are needed."""
        self.limit_s = limit_s
        self._free = asyncio.Semaphore(threads)
        self._idle: list[_Thinker] = []
        self._stuck: list[_Thinker] = []

    async def think(self, thought: Callable[[], Any]) -> Any:
        """What `thought` returns. Raises BadThought, TooSlow, TooManyStuck."""
        async with self._free:
            self._count_stuck()
            thinker = self._idle.pop() if self._idle else _Thinker()
            try:
                async with asyncio.timeout(self.limit_s):
                    answer = await _ask(thinker, thought)
            except TimeoutError:
                self._abandon(thinker)
                raise TooSlow(f"no move within {self.limit_s:g} s") from None
            except asyncio.CancelledError:
                self._abandon(thinker)
                raise
            except BadThought:
                self._idle.append(thinker)
                raise
            self._idle.append(thinker)
            return answer

    def close(self) -> None:
        """Let the threads end."""
        for thinker in self._idle:
            thinker.jobs.put(None)
        self._idle.clear()

    def _abandon(self, thinker: _Thinker) -> None:
        thinker.interrupt()
        self._stuck.append(thinker)

    def _count_stuck(self) -> None:
        self._stuck = [thinker for thinker in self._stuck if thinker.is_alive()]
        if len(self._stuck) > STUCK:
            raise TooManyStuck(f"{len(self._stuck)} bots think without end and cannot be stopped")


async def _ask(thinker: _Thinker, thought: Callable[[], Any]) -> Any:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(answer: Any, error: BadThought | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(answer)
        else:
            future.set_exception(error)

    def job() -> None:
        answer, bad = _try(thought)
        loop.call_soon_threadsafe(settle, answer, bad)

    thinker.jobs.put(job)
    return await future


def _try(thought: Callable[[], Any]) -> tuple[Any, BadThought | None]:
    """A game's bot is foreign code and may raise anything, even SystemExit: each ends that bot and no other."""
    try:
        return thought(), None
    except _Interrupt:
        raise
    except BaseException as error:
        bad = BadThought(f"{type(error).__name__}: {error}")
        bad.__cause__ = error
        return None, bad
