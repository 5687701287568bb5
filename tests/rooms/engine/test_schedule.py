"""When a pass is due."""

from __future__ import annotations

import asyncio

from rooms.engine.clock import Clock
from rooms.engine.schedule import Schedule


class Quiet:
    """A shard as the schedule sees it."""

    def __init__(self, hz: set[int] | None = None, due_ms: int | None = None, arrivals: bool = False) -> None:
        self._hz, self._due_ms, self._arrivals = hz or set(), due_ms, arrivals

    def ticking(self) -> set[int]:
        return self._hz

    def next_due_ms(self) -> int | None:
        return self._due_ms

    def has_arrivals(self) -> bool:
        return self._arrivals


async def test_ticks_come_at_their_rate() -> None:
    schedule = Schedule(Clock(), catch_up=5)
    loop = asyncio.get_running_loop()
    start, ticks = loop.time(), 0
    while loop.time() - start < 0.52:
        ticks += 50 in await schedule.next([Quiet({50})], longest=1)  # type: ignore[list-item]
    assert 25 <= ticks + schedule.skipped <= 27


async def test_arrivals_need_no_waiting() -> None:
    schedule = Schedule(Clock(), catch_up=5)
    async with asyncio.timeout(0.5):
        assert await schedule.next([Quiet(arrivals=True)], longest=60) == frozenset()  # type: ignore[list-item]


async def test_a_wake_ends_the_wait() -> None:
    schedule = Schedule(Clock(), catch_up=5)
    asyncio.get_running_loop().call_later(0.02, schedule.wake)
    async with asyncio.timeout(0.5):
        await schedule.next([Quiet()], longest=60)  # type: ignore[list-item]


async def test_a_rooms_own_time_ends_the_wait() -> None:
    clock = Clock()
    clock.set(1_000_000)
    schedule = Schedule(clock, catch_up=5)
    async with asyncio.timeout(0.5):
        await schedule.next([Quiet(due_ms=1_000_030)], longest=60)  # type: ignore[list-item]
    assert clock.wall_ms() >= 1_000_028
