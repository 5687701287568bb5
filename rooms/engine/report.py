"""What an engine tells of itself: a line in its log now and then, and its counts in Redis, for /metrics of the web."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, Protocol

from rooms import meters
from rooms.engine.holding import Holding
from rooms.engine.schedule import Schedule
from rooms.store import StoreUnavailable

TELL_S: Final = 1.0
"""Between two words to Redis."""
LOG_S: Final = 60.0
"""Between two lines in the log."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Counters:
    """What an engine has done since its start."""

    passes: int = 0
    commit_passes: int = 0
    """Passes with something to commit: each takes one round trip, however many shards."""
    rooms_advanced: int = 0
    """One for each room and pass in which it was due."""
    commits: int = 0
    parcels: int = 0
    """For web processes: one for each of them that a commit of a shard concerns."""
    readings: int = 0
    """Readings of the logs: each takes one round trip, however many shards."""
    fenced: int = 0
    failed: int = 0
    entries: int = 0


class Teller(Protocol):
    """What is needed of the store."""

    async def tell_counts(self, engine: str, counts: Mapping[str, float]) -> None: ...


class Report:
    """`run` tells, for ever; `summary` is the line of the log."""

    def __init__(self, name: str, store: Teller, counters: Counters, holding: Holding, schedule: Schedule) -> None:
        self._name, self._store, self._counters = name, store, counters
        self._holding, self._schedule = holding, schedule

    async def run(self) -> None:
        """Tell, for ever. What cannot be told now is told, with the rest, the next time."""
        logged = time.monotonic()
        while True:
            await asyncio.sleep(TELL_S)
            if time.monotonic() - logged >= LOG_S:
                logged = time.monotonic()
                logger.info("engine %s: %s", self._name, self.summary())
            await self.tell()

    async def tell(self) -> None:
        """Replace what was told before."""
        try:
            await self._store.tell_counts(self._name, self.figures())
        except StoreUnavailable as error:  # the other loops say so, and louder
            logger.debug("engine %s cannot tell its counts: %s", self._name, error)

    def figures(self) -> dict[str, float]:
        """All counts and gauges of this process and its engine, by the names of /metrics."""
        done: dict[str, float] = {f"{name}_total": value for name, value in asdict(self._counters).items()}
        return {
            **meters.snapshot(),
            **done,
            "ticks_late_total": self._schedule.overruns,
            "ticks_skipped_total": self._schedule.skipped,
            "shards": len(self._holding.shards),
            "rooms": self._rooms(),
        }

    def summary(self) -> str:
        """The same for people, the most telling of it."""
        done, plan = self._counters, self._schedule
        return (
            f"{len(self._holding.shards)} shards, {self._rooms()} rooms, {done.passes} passes, {done.commits} commits, "
            f"{done.entries} entries, {done.fenced} fenced, {done.failed} failed, "
            f"{plan.overruns} ticks late, {plan.skipped} skipped"
        )

    def _rooms(self) -> int:
        return sum(len(shard.tables) for shard in self._holding.shards.values())
