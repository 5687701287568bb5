"""rooms/bots/pace.py: not oftener than the game says, and never oftener than a socket may send."""

from __future__ import annotations

from rooms.bots.pace import LEAST_MS, Pace


def test_the_first_move_is_due_at_once_and_the_next_after_the_pace() -> None:
    now = [100.0]
    pace = Pace(600, lambda: now[0])
    assert pace.wait_s() == 0

    pace.moved()
    assert round(pace.wait_s(), 6) == 0.6
    now[0] += 0.5
    assert round(pace.wait_s(), 6) == 0.1
    now[0] += 5
    assert pace.wait_s() == 0


def test_a_game_without_a_pace_has_the_least() -> None:
    pace = Pace(0, lambda: 0.0)
    pace.moved()
    assert pace.wait_s() == LEAST_MS / 1000
