"""When the next pass is due: on the grid of a tick rate, at a room's own time, or at once because entries came."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from rooms.engine.clock import Clock, Grid
from rooms.engine.shard import Shard

RISE: Final = 0.05
"""Of what a pass took longer than is reckoned with, what is believed."""


class Schedule:
    """One engine's schedule over all its shards. Instants are seconds of the loop's monotonic clock."""

    def __init__(self, clock: Clock, catch_up: int) -> None:
        self._clock, self._catch_up = clock, catch_up
        self._grids: dict[int, Grid] = {}
        self._wake = asyncio.Event()
        self._quick_s: dict[frozenset[int], float] = {}
        """What the quicker passes take, by the rates that they play."""
        self._past_skipped = self._past_overruns = 0

    def wake(self) -> None:
        """Entries have come, or the shards have changed: look again."""
        self._wake.set()

    @property
    def skipped(self) -> int:
        """Ticks given up because the engine was too late, since the start."""
        return self._past_skipped + sum(grid.skipped for grid in self._grids.values())

    @property
    def overruns(self) -> int:
        """Ticks made up for late, since the start."""
        return self._past_overruns + sum(grid.overruns for grid in self._grids.values())

    def until_tick(self) -> float:
        """Seconds until a tick of any rate is due; below 0 when one is late, 0 when nothing ticks."""
        now = asyncio.get_running_loop().time()
        return min((grid.due for grid in self._grids.values()), default=now) - now

    def ahead_ms(self, rates: frozenset[int]) -> dict[int, int]:
        """By tick rate, from about when the web processes hear of a pass that begins now, and plays `rates`, to the
        next tick after that.
        """
        heard = asyncio.get_running_loop().time() + self._quick_s.get(rates, 0.0)
        return {hz: int((grid.due - heard) % (1 / hz) * 1000) for hz, grid in self._grids.items()}

    def note(self, rates: frozenset[int], took_s: float) -> None:
        """A pass that played `rates` took so long from its begin until its commit was answered, and so heard of.

        What is reckoned with comes down at once and goes up slowly: hubs take the earliest news for the truest
        (rooms/beat.py), and that is to be one of a quick pass.
        """
        longer = took_s - self._quick_s.get(rates, took_s)
        self._quick_s[rates] = took_s - longer * (1 - RISE) if longer > 0 else took_s

    async def next(self, shards: Iterable[Shard], longest: float) -> frozenset[int]:
        """Wait until a pass is due, at most `longest` seconds. Returns the tick rates whose tick is due."""
        loop = asyncio.get_running_loop()
        owned = list(shards)
        self._tune(owned, loop.time())
        until = self._earliest(owned, loop.time() + longest)
        if not any(shard.has_arrivals() for shard in owned) and (delay := until - loop.time()) > 0:
            try:
                async with asyncio.timeout(delay):
                    await self._wake.wait()
            except TimeoutError:
                pass  # the instant has come: that is what was waited for
        self._wake.clear()
        now = loop.time()
        return frozenset(hz for hz, grid in self._grids.items() if grid.take(now))

    def _tune(self, shards: list[Shard], now: float) -> None:
        """Keep one grid for each tick rate in use."""
        used: set[int] = set().union(*(shard.ticking() for shard in shards))
        for hz in used - self._grids.keys():
            self._grids[hz] = Grid(hz, now, self._catch_up)
        for hz in self._grids.keys() - used:
            gone = self._grids.pop(hz)
            self._quick_s.clear()
            self._past_skipped += gone.skipped
            self._past_overruns += gone.overruns

    def _earliest(self, shards: list[Shard], until: float) -> float:
        loop = asyncio.get_running_loop()
        times = [grid.due for grid in self._grids.values()]
        wall = [due for shard in shards if (due := shard.next_due_ms()) is not None]
        if wall:
            times.append(loop.time() + (min(wall) - self._clock.wall_ms()) / 1000)
        return min([*times, until])
