"""What the logs have, into the shards: read by a loop of its own, or right before each tick by whoever plays it.

log -> XREAD -> shard's inboxes

    rooms by turns, rooms that wait, nothing that ticks    the loop reads, so that everybody is answered at once
    every room ticks                                       a reading before each tick brings all that the tick takes
    the same, but Redis answers slowly                     the loop reads, beside the commits and not between them

Of a room that ticks nothing is answered before its tick (ADR 2). Where all rooms do, waking up for each entry as it
comes would cost more than the entries do, so the loop rests. A room that is asked for meanwhile is opened at the next
tick.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol

from rooms.engine.report import Counters
from rooms.engine.schedule import Schedule
from rooms.engine.shard import Shard
from rooms.store.log import Readings

READ_BLOCK_MS: Final = 100
"""A newly taken shard is read on after at most this; what its log holds when it is taken is read at once."""
READ_COUNT: Final = 2000
READ_APART_S: Final = 0.008
"""Between reads that brought only what waits for a tick: as much as a game by turns may have to wait for one."""
READ_AHEAD_S: Final = 0.002
"""The last read before a tick comes so long before it, and brings what came meanwhile."""
OFTEN_HZ: Final = 15
"""Ticks no further apart than this are often enough to read by: whoever opens a room waits for one."""
SLOW: Final = 0.5
"""Of the time between two ticks: with a reading that takes longer, and a commit after it, no pass would be in time."""
AGAIN_S: Final = 5.0
"""After such a one the loop reads for so long; then a tick tries again."""
FULL_S: Final = 0.02
"""Between looks at whether there is room in the inboxes again."""


class Reader(Protocol):
    """What is needed of the store."""

    async def read(self, cursors: Mapping[int, str], *, block_ms: int, count: int) -> Readings: ...


class Reading:
    """Reads for the shards in `shards`, a dictionary that others change. `inbox`: entries that may wait in all."""

    def __init__(
        self, store: Reader, shards: Mapping[int, Shard], schedule: Schedule, counters: Counters, inbox: int
    ) -> None:
        self._store, self._shards, self._schedule = store, shards, schedule
        self._counters, self._inbox = counters, inbox
        self._looped = asyncio.Event()
        """The loop is to read."""
        self._looped.set()
        self._slow_until = 0.0

    @property
    def by_ticks(self) -> bool:
        """Whether the ticks read, and the loop rests."""
        return not self._looped.is_set()

    def settle(self) -> None:
        """Decide who reads from now on: after each pass, and shards that come get one at once."""
        all_tick = self._fastest_hz() >= OFTEN_HZ and all(shard.only_ticks() for shard in self._shards.values())
        if all_tick and asyncio.get_running_loop().time() >= self._slow_until:
            self._looped.clear()
        else:
            self._looped.set()

    def _fastest_hz(self) -> int:
        return max((hz for shard in self._shards.values() for hz in shard.ticking()), default=0)

    async def once(self) -> None:
        """The loop's body: wait for something, and take it in. Raises StoreUnavailable."""
        await self._looped.wait()
        if not self._shards or self._is_full():
            await asyncio.sleep(FULL_S)
            return
        came = await self._take_in(READ_BLOCK_MS)
        if any(shard.has_arrivals() for shard in self._shards.values()):
            self._schedule.wake()
        elif came:  # all of it waits for a tick: what comes until then may come together
            await asyncio.sleep(min(READ_APART_S, self._schedule.until_tick() - READ_AHEAD_S))

    async def before_tick(self) -> None:
        """Take in what is there, if that is not the loop's to do. Raises StoreUnavailable."""
        if not self.by_ticks or not self._shards or self._is_full():
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._take_in(0)
        now = loop.time()
        if (now - began) * self._fastest_hz() > SLOW:
            self._slow_until = now + AGAIN_S

    def _is_full(self) -> bool:
        return sum(shard.waiting() for shard in self._shards.values()) > self._inbox

    async def _take_in(self, block_ms: int) -> bool:
        cursors = {number: shard.read for number, shard in self._shards.items()}
        readings = await self._store.read(cursors, block_ms=block_ms, count=READ_COUNT)
        self._counters.readings += 1
        for number, entries in readings:
            shard = self._shards.get(number)
            # One that was dropped and taken again meanwhile, or read by the other reader, stands elsewhere in its log.
            if shard is not None and shard.read == cursors[number]:
                self._counters.entries += shard.take_in(entries)
        return bool(readings)
