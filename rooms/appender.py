"""Everything this process writes into the rooms' logs, in order: one pipeline for each pass of the event loop.

consumer -> [appender] -> Redis -> engine

While Redis cannot be reached the entries wait here, in order, and are tried again with growing pauses; each shard rests
by itself, so that of a cluster the shards of other nodes go on. An entry may reach the log twice (an answer lost on the
way): inputs are counted once by (player, seq), and attaching, detaching and resyncing twice is the same as once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from itertools import islice
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
PART: Final = 0.75
"""Of these bounds, what shards that cannot be written may fill: the rest is kept for those that can."""
PAUSE_S: Final = (0.05, 0.1, 0.2)
"""After failures of a shard, the last one repeated."""

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
        self._waiting: dict[int, deque[Entry]] = {}
        """By shard, in order; never empty."""
        self._rests: dict[int, tuple[int, float]] = {}
        """Of shards that could not be written: how often in a row, and until when (loop time) they are left alone."""
        self._commands = self._bytes = 0
        self._wake, self._empty = asyncio.Event(), asyncio.Event()
        self._empty.set()

    @property
    def waiting(self) -> int:
        """Entries not in the log yet."""
        return sum(map(len, self._waiting.values()))

    def waits(self, room: RoomId) -> bool:
        """True while something for this room, or for another of its shard, is not in the log yet."""
        return self._log.shard_of(room) in self._waiting

    def add(self, room: RoomId, act: Act) -> None:
        """Append an entry that must not be refused: a socket that comes, goes or lost something.

        Raises what the encoder does when it cannot be written at all: here, at the socket that sent it. Among the
        entries that wait it would fail with every batch, and with it everybody's.
        """
        entry = Entry(room, act)
        dump_entry(entry)
        self._waiting.setdefault(self._log.shard_of(room), deque()).append(entry)
        self._empty.clear()
        self._wake.set()

    def add_command(self, room: RoomId, command: Command) -> bool:
        """Append a player's input. False, and nothing is appended, when too much waits already.

        The caller then closes that socket: an input left out must not be followed by a later one of the same player.
        """
        size = _size(command)
        part = PART if self._log.shard_of(room) in self._rests else 1
        if self._commands >= MOST_COMMANDS * part or self._bytes + size > MOST_BYTES * part:
            meters.count("inputs_refused_busy")
            return False
        self.add(room, command)
        self._commands += 1
        self._bytes += size
        return True

    async def run(self) -> None:
        """Write what waits, for ever. Everything added during one pass of the event loop goes in one pipeline."""
        while True:
            batch = self._take(await self._ready())
            refused: Collection[int] = ()
            try:
                await self._log.append(batch)
            except StoreUnavailable as error:
                # When only some failed, the rest went in; of a shard, nothing after the first refused.
                refused = set(error.refused if isinstance(error, NotAppended) else range(len(batch)))
                meters.count("append_failures")
                self._health(str(error))
            self._written(Counter(shard for at, (shard, _) in enumerate(batch) if at not in refused))
            failed = {batch[at][0] for at in refused}
            self._rest(failed)
            self._rise({shard for shard, _ in batch} - failed)

    async def _ready(self) -> list[int]:
        """The shards with something to write that are not resting, as soon as there are any."""
        loop = asyncio.get_running_loop()
        while True:
            ends = {shard: self._rests[shard][1] if shard in self._rests else 0.0 for shard in self._waiting}
            now = loop.time()
            ready = [shard for shard, end in ends.items() if end <= now]
            if ready:
                return ready
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(ends.values(), default=None)):
                    await self._wake.wait()

    def _take(self, shards: list[int]) -> list[tuple[int, Entry]]:
        """A batch. A shard of which something is left over comes after the others next time."""
        batch: list[tuple[int, Entry]] = []
        for shard in shards:
            entries = self._waiting[shard]
            batch += [(shard, entry) for entry in islice(entries, BATCH - len(batch))]
            if len(batch) == BATCH:
                self._waiting[shard] = self._waiting.pop(shard)
                break
        return batch

    def _rest(self, shards: set[int]) -> None:
        now = asyncio.get_running_loop().time()
        for shard in shards:
            failures, _ = self._rests.get(shard, (0, 0.0))
            self._rests[shard] = failures + 1, now + PAUSE_S[min(failures, len(PAUSE_S) - 1)]

    def _rise(self, shards: set[int]) -> None:
        """These could be written."""
        tired = [shard for shard in shards if self._rests.pop(shard, None) is not None]
        if tired and not self._rests:
            self._health("")

    async def drain(self, timeout_s: float) -> bool:
        """Wait until everything is in the log. False when that took longer than `timeout_s`."""
        try:
            await asyncio.wait_for(self._empty.wait(), timeout_s)
        except TimeoutError:
            logger.warning("%d entries did not reach the log before the end", self.waiting)
            return False
        return True

    def _written(self, counts: Counter[int]) -> None:
        """So many of these shards' entries, from the first, are in the log: forget them."""
        for shard, count in counts.items():
            entries = self._waiting[shard]
            for _ in range(count):
                act = entries.popleft().act
                if isinstance(act, Command):
                    self._commands -= 1
                    self._bytes -= _size(act)
            if not entries:
                del self._waiting[shard]
        meters.count("entries_appended", counts.total())
        if not self._waiting:
            self._empty.set()


def _size(command: Command) -> int:
    """Roughly the bytes a waiting input holds."""
    body = command.body
    return 256 + (len(body.move) if isinstance(body, MoveBody) else 0)
