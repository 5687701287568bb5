"""A schedule that does not drift, and time that all engines share."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rooms.engine.clock import Clock, Grid


def test_instants_are_computed_from_the_start() -> None:
    grid = Grid(20, 100.0, catch_up=5)
    now = 100.0
    for n in range(1, 2001):
        now = grid.due + 0.004  # late every single time
        assert grid.take(now)
        assert abs(grid.due - (100.0 + (n + 1) / 20)) < 1e-9
    assert grid.skipped == 0


def test_nothing_is_due_before_its_instant() -> None:
    grid = Grid(10, 0.0, catch_up=5)
    assert not grid.take(0.0999)
    assert grid.take(0.1)
    assert not grid.take(0.1)


def test_a_late_engine_catches_up_a_little_and_counts_the_rest() -> None:
    grid = Grid(20, 0.0, catch_up=5)
    now, taken = 1.0, 0  # twenty ticks were due
    while grid.take(now):
        taken += 1
    assert taken == 6
    assert grid.skipped == 14
    assert grid.overruns == 5
    assert grid.due > now


@given(st.lists(st.floats(0, 2), max_size=50), st.sampled_from([1, 10, 20, 60]))
def test_ticks_taken_and_skipped_are_all_that_were_due(waits: list[float], hz: int) -> None:
    grid, now, taken = Grid(hz, 0.0, catch_up=3), 0.0, 0
    for wait in waits:
        now += wait
        while grid.take(now):
            taken += 1
    assert taken + grid.skipped == int(now * hz + 1e-6) or abs(now * hz - round(now * hz)) < 1e-6


def test_the_clock_follows_redis() -> None:
    clock = Clock()
    clock.set(5_000_000)
    assert 5_000_000 <= clock.wall_ms() < 5_000_500
