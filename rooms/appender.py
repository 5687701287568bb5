"""Everything this process writes into the rooms' logs, in order: one pipeline for each pass of the event loop.

consumer -> [appender] -> Redis -> engine

While Redis cannot be reached the entries wait here, in order, and are tried again with growing pauses. An entry may
reach the log twice (an answer lost on the way): inputs are counted once by (player, seq), and attaching, detaching
and resyncing twice is the same as once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from rooms import meters
from rooms.core.ids import RoomId
from rooms.core.inputs import Act, Command, Entry, MoveBody, dump_entry
from rooms.store import NotAppended, StoreUnavailable

BATCH: Final = 2000
"""Entries of one pipeline."""
MOST_COMMANDS: Final = 10_000
MOST_BYTES: Final = 8 * 1024 * 1024
"""Bounds on players' inputs that wait. Attach and detach are bounded by the number of sockets instead."""
PAUSE_S: Final = (0.05, 0.1, 0.2)
"""After failures, the last one repeated. Short: when a node of a cluster fails, inputs for the others wait too."""

logger = logging.getLogger(__name__)


class Log(Protocol):
    """What the appender needs of the store."""

    def shard_of(self, room: RoomId) -> int: ...
    async def append(self, entries: Sequence[tuple[int, Entry]]) -> Any: ...


class Appender:
    """One per process. Add with `add` and `add_command`; `run` writes until cancelled."""

    def __init__(self, log: Log, health: Callable[[str], None]) -> None:
        """`health` is told why the log cannot be written, and "" when it can be again."""
        self._log, self._health = log, health
        self._waiting: list[tuple[int, Entry]] = []
        self._commands = self._bytes = 0
        self._wake, self._empty = asyncio.Event(), asyncio.Event()
        self._empty.set()

    @property
    def waiting(self) -> int:
        """Entries not in the log yet."""
        return len(self._waiting)

    def add(self, room: RoomId, act: Act) -> None:
        """Append an entry that must not be refused: a socket that comes, goes or lost something.

        Raises what the encoder does when it cannot be written at all: here, at the socket that sent it. Among the
        entries that wait it would fail with every batch, and with it everybody's.
        """
        entry = Entry(room, act)
        dump_entry(entry)
        self._waiting.append((self._log.shard_of(room), entry))
        self._empty.clear()
        self._wake.set()

    def add_command(self, room: RoomId, command: Command) -> bool:
        """Append a player's input. False, and nothing is appended, when too much waits already.

        The caller then closes that socket: an input left out must not be followed by a later one of the same player.
        """
        size = _size(command)
        if self._commands >= MOST_COMMANDS or self._bytes + size > MOST_BYTES:
            meters.count("inputs_refused_busy")
            return False
        self.add(room, command)
        self._commands += 1
        self._bytes += size
        return True

    async def run(self) -> None:
        """Write what waits, for ever. Everything added during one pass of the event loop goes in one pipeline."""
        failures = 0
        while True:
            await self._wake.wait()
            batch = self._waiting[:BATCH]
            try:
                await self._log.append(batch)
            except StoreUnavailable as error:
                if isinstance(error, NotAppended):  # the rest went in; of a shard, nothing after the first refused
                    refused = set(error.refused)
                    self._written([at for at in range(len(batch)) if at not in refused])
                meters.count("append_failures")
                self._health(str(error))
                await asyncio.sleep(PAUSE_S[min(failures, len(PAUSE_S) - 1)])
                failures += 1
                continue
            if failures:
                failures = 0
                self._health("")
            self._written(range(len(batch)))

    async def drain(self, timeout_s: float) -> bool:
        """Wait until everything is in the log. False when that took longer than `timeout_s`."""
        try:
            await asyncio.wait_for(self._empty.wait(), timeout_s)
        except TimeoutError:
            logger.warning("%d entries did not reach the log before the end", len(self._waiting))
            return False
        return True

    def _written(self, places: Sequence[int]) -> None:
        """Forget the entries at these places: they are in the log."""
        gone = set(places)
        for at in gone:
            act = self._waiting[at][1].act
            if isinstance(act, Command):
                self._commands -= 1
                self._bytes -= _size(act)
        if len(gone) == len(self._waiting):
            self._waiting.clear()
        else:
            self._waiting = [given for at, given in enumerate(self._waiting) if at not in gone]
        meters.count("entries_appended", len(gone))
        if not self._waiting:
            self._wake.clear()
            self._empty.set()


def _size(command: Command) -> int:
    """Roughly the bytes a waiting input holds."""
    body = command.body
    return 256 + (len(body.move) if isinstance(body, MoveBody) else 0)
