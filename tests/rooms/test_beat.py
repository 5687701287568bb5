"""When moves are written: twice before each tick that is known of, and at once where none is."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.beat import AT_ONCE, BELIEVED, FORGET_S, LAST_S, LEAD_S, LONGEST_S, Beat
from rooms.core.ids import RoomId
from rooms.protocol.bus import Delivery

TICK: Final = 100.0
"""Of the rooms here, one of its ticks."""
PERIOD: Final = 0.05
ENOUGH: Final = 1e-6


def said(hz: int, ahead_ms: int = 0, epoch: int = 1) -> Delivery:
    return Delivery(RoomId("r"), epoch, 1, 0, [], [], [], hz=hz, ahead_ms=ahead_ms)


def beating(hz: int = 20) -> Beat:
    beat = Beat()
    beat.hear(said(hz, 40), TICK - 0.04)
    return beat


def test_where_nothing_is_known_nothing_waits() -> None:
    assert Beat().until(TICK) == AT_ONCE
    assert Beat().until(0.0) == AT_ONCE


@pytest.mark.parametrize(
    ("before_s", "written_before_s"),
    [
        (0.04, LEAD_S),
        (LEAD_S + 0.001, LEAD_S),
        (LEAD_S - 0.001, LAST_S),
        (LAST_S + 0.001, LAST_S),
        (LAST_S - 0.001, LEAD_S - PERIOD),
        (0.0, LEAD_S - PERIOD),
        (-0.01, LEAD_S - PERIOD),
        (-2 * PERIOD - 0.01, LEAD_S - 3 * PERIOD),
    ],
)
def test_a_move_is_written_shortly_before_the_tick_that_it_can_reach(before_s: float, written_before_s: float) -> None:
    """The last case has heard nothing for two ticks: it reckons on."""
    assert beating().until(TICK - before_s) == pytest.approx(TICK - written_before_s)


def test_all_that_come_in_one_stretch_are_written_at_one_instant() -> None:
    beat = beating()
    assert len({beat.until(TICK - 0.04 + n * 0.001) for n in range(32)}) == 1


def test_without_a_word_nothing_is_known_any_more() -> None:
    beat = beating()
    heard = TICK - 0.04
    assert beat.until(heard + FORGET_S - 0.01) > 0
    assert beat.until(heard + FORGET_S + PERIOD) == AT_ONCE


def test_a_word_that_comes_late_moves_little_and_one_that_comes_early_all() -> None:
    beat, late = beating(), 0.006
    beat.hear(said(20, 40), TICK - 0.04 + PERIOD + late)
    assert beat.until(TICK + PERIOD + 0.01) == pytest.approx(TICK + 2 * PERIOD - LEAD_S + late * BELIEVED)
    beat.hear(said(20, 40), TICK - 0.04 + 2 * PERIOD - 0.002)
    assert beat.until(TICK + 2 * PERIOD + 0.01) == pytest.approx(TICK + 3 * PERIOD - LEAD_S - 0.002)


def test_a_room_that_ticks_no_more_takes_moves_at_any_time() -> None:
    beat = beating()
    assert beat.until(TICK - 0.03) != AT_ONCE
    beat.hear(said(0), TICK - 0.02)
    assert beat.until(TICK - 0.02) == AT_ONCE


def test_another_engine_ticks_at_its_own_instants_and_one_that_lost_the_room_is_not_heard() -> None:
    beat, shift = beating(), 0.02
    beat.hear(said(20, 40, epoch=2), TICK - 0.04 + PERIOD + shift)
    assert beat.until(TICK + PERIOD) == pytest.approx(TICK + PERIOD + shift - LEAD_S)
    for stale in (said(20, 10), said(0)):
        beat.hear(stale, TICK + PERIOD)
    assert beat.until(TICK + PERIOD + 0.03) == pytest.approx(TICK + 2 * PERIOD + shift - LEAD_S)


def test_what_was_heard_can_be_forgotten() -> None:
    beat = beating()
    beat.forget()
    assert beat.until(TICK - 0.03) == AT_ONCE


@given(st.integers(1, 60), st.floats(0, 1.5, allow_nan=False))
def test_at_any_rate_a_move_waits_for_no_more_than_a_bound_and_misses_no_tick_by_it(hz: int, after_s: float) -> None:
    beat, now = beating(hz), TICK + after_s
    until = beat.until(now)
    assert now <= until <= now + min(LONGEST_S, 1 / hz) + ENOUGH
    tick = now + (TICK - now) % (1 / hz)
    if tick - now > LAST_S + ENOUGH:
        assert until <= tick - LAST_S + ENOUGH
