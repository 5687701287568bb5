"""When a pass is due."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from rooms.engine.clock import Clock
from rooms.engine.schedule import RISE, Schedule
from rooms.engine.shard import Shard


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


def quiet(*parts: Any, **more: Any) -> Shard:
    """A shard, as far as a schedule looks at one."""
    return cast(Shard, Quiet(*parts, **more))


async def test_ticks_come_at_their_rate() -> None:
    schedule = Schedule(Clock(), catch_up=5)
    loop = asyncio.get_running_loop()
    start, ticks = loop.time(), 0
    while loop.time() - start < 0.52:
        ticks += 50 in await schedule.next([quiet({50})], longest=1)
    assert 25 <= ticks + schedule.skipped <= 27


async def test_arrivals_need_no_waiting() -> None:
    schedule = Schedule(Clock(), catch_up=5)
    async with asyncio.timeout(0.5):
        assert await schedule.next([quiet(arrivals=True)], longest=60) == frozenset()


async def test_a_wake_ends_the_wait() -> None:
    schedule = Schedule(Clock(), catch_up=5)
    asyncio.get_running_loop().call_later(0.02, schedule.wake)
    async with asyncio.timeout(0.5):
        await schedule.next([quiet()], longest=60)


async def test_a_rooms_own_time_ends_the_wait() -> None:
    clock = Clock()
    clock.set(1_000_000)
    schedule = Schedule(clock, catch_up=5)
    async with asyncio.timeout(0.5):
        await schedule.next([quiet(due_ms=1_000_030)], longest=60)
    assert clock.wall_ms() >= 1_000_028


async def rated(*hz: int) -> Schedule:
    """With a grid for each rate, from now on."""
    schedule = Schedule(Clock(), catch_up=5)
    await schedule.next([quiet(set(hz))], longest=0)
    return schedule


async def test_the_next_tick_of_each_rate_is_known_from_when_a_pass_is_heard_of() -> None:
    schedule, now = await rated(2, 4), asyncio.get_running_loop().time
    due = schedule.until_tick() + now()
    schedule.note(frozenset({4}), 0.1)
    for rates, takes_s in ((frozenset[int](), 0.0), (frozenset({4}), 0.1)):
        before = (due - takes_s - now()) % 0.25 * 1000
        ahead = schedule.ahead_ms(rates)
        assert ahead.keys() == {2, 4}
        assert (due - takes_s - now()) % 0.25 * 1000 - 1 <= ahead[4] <= before, "whole milliseconds, rounded down"
        assert (ahead[2] - ahead[4]) % 250 in (0, 1, 249), "the grids begin at once"


async def test_a_pass_is_reckoned_to_be_as_quick_as_the_quicker_ones_of_its_rates() -> None:
    schedule, rates = await rated(2), frozenset({2})

    def reckoned() -> float:
        """Seconds."""
        other = schedule.ahead_ms(frozenset())[2]
        return (other - schedule.ahead_ms(rates)[2]) % 500 / 1000

    schedule.note(rates, 0.1)
    schedule.note(frozenset({4}), 0.3)
    assert reckoned() == pytest.approx(0.1, abs=0.002)
    schedule.note(rates, 0.2)
    assert reckoned() == pytest.approx(0.1 + 0.1 * RISE, abs=0.002)
    schedule.note(rates, 0.05)
    assert reckoned() == pytest.approx(0.05, abs=0.002)
