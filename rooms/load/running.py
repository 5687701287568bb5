"""A load test from its ramp to its result: opens rooms evenly spread, measures, watches itself, and ends when told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from rooms.load.plan import Plan
from rooms.load.report import Found, progress
from rooms.load.table import Table
from rooms.load.tally import Latencies, Tally

EVERY_S: Final = 1.0
"""Between two lines of progress."""
BEAT_S: Final = 0.02
"""How often this process looks whether its own clockwork is late."""
READY_S: Final = 30.0
"""How long after the ramp rooms that are not in play yet are waited for."""
PATIENCE_S: Final = 5.0
"""How long after its time the last moves' answers are waited for."""
END_S: Final = 15.0
"""How long the rooms have to be left."""


class Running:
    """One load test."""

    def __init__(self, plan: Plan, tokens: Sequence[str], say: Callable[[str], None]) -> None:
        """`tokens`: one for each bot. `say` is given each line of progress. Raises BadPlan."""
        plan.check()
        self._plan, self._say = plan, say
        self.tally = Tally()
        each = plan.players
        self._tables = [Table(plan, tokens[n * each : (n + 1) * each], self.tally) for n in range(plan.rooms)]
        self._stop, self._leave = asyncio.Event(), asyncio.Event()
        self._lag_s = 0.0
        self._told_at = self._cpu_at = 0.0

    def stop(self) -> None:
        """End soon, in order, with what was measured until then."""
        self._stop.set()

    async def run(self) -> Found:
        """Play it all. Raises BadPlan when the server cannot do what was planned."""
        began = time.monotonic()
        tables = [asyncio.create_task(self._table(n, table)) for n, table in enumerate(self._tables)]
        beat = asyncio.create_task(self._beat())
        try:
            await self._wait(began, began + self._plan.ramp_s, tables)
            await self._wait_until_playing(began, tables)
            self.tally.open, self._lag_s = True, 0.0
            start, cpu = time.monotonic(), time.process_time()
            if not self._stop.is_set():
                await self._wait(began, start + self._plan.seconds, tables)
            seconds = max(time.monotonic() - start, 1e-3)
            used = (time.process_time() - cpu) / seconds
            self.tally.open = False
            self._playing()
            rooms, stopped = sum(table.played for table in self._tables), self._stop.is_set()
            await self._answers()
        finally:
            self._leave.set()
            beat.cancel()
            await self._end(tables)
        left_open = sum(table.left_open for table in self._tables)
        return Found(self._plan, self.tally, seconds, rooms, used, self._lag_s * 1000, stopped, left_open)

    async def _answers(self) -> None:
        """Moves that were due in the measured time may still be answered."""
        for _ in range(int(PATIENCE_S / BEAT_S)):
            if not self.tally.awaited:
                return
            await asyncio.sleep(BEAT_S)

    async def _table(self, number: int, table: Table) -> None:
        try:
            async with asyncio.timeout(self._plan.ramp_s * number / self._plan.rooms):
                await self._leave.wait()
        except TimeoutError:
            await table.run(self._leave)

    async def _wait(self, began: float, until: float, tables: Sequence[asyncio.Task[None]]) -> None:
        """With a line each second, until that moment or the end. Raises what ended a table."""
        while (left := until - time.monotonic()) > 0 and not self._stop.is_set():
            try:
                async with asyncio.timeout(min(left, EVERY_S)):
                    await self._stop.wait()
            except TimeoutError:
                self._tell(began)
            _raise(tables)

    async def _wait_until_playing(self, began: float, tables: Sequence[asyncio.Task[None]]) -> None:
        latest = time.monotonic() + READY_S
        while time.monotonic() < latest and not all(table.done() for table in tables):
            if self._stop.is_set() or self._playing() + sum(table.done() for table in tables) >= len(tables):
                return
            await self._wait(began, time.monotonic() + 0.1, tables)

    def _playing(self) -> int:
        """Rooms with all their bots and a match."""
        return sum(1 for table in self._tables if table.playing)

    def _tell(self, began: float) -> None:
        now, cpu = time.monotonic(), time.process_time()
        if now - self._told_at < EVERY_S * 0.9:
            return
        share = (cpu - self._cpu_at) / (now - self._told_at) if self._told_at else 0.0
        self._told_at, self._cpu_at = now, cpu
        bots = sum(len(table.clients) for table in self._tables)
        self._say(progress(now - began, not self.tally.open, self._playing(), bots, self.tally, share))
        self.tally.fresh = Latencies()

    async def _beat(self) -> None:
        due = time.monotonic()
        while True:
            due += BEAT_S
            await asyncio.sleep(due - time.monotonic())
            self._lag_s = max(self._lag_s, time.monotonic() - due)
            due = max(due, time.monotonic() - BEAT_S)

    async def _end(self, tables: Sequence[asyncio.Task[None]]) -> None:
        _, left = await asyncio.wait(tables, timeout=END_S)
        for task in left:
            task.cancel()
        await asyncio.gather(*tables, return_exceptions=True)


def _raise(tables: Sequence[asyncio.Task[None]]) -> None:
    for task in tables:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error
