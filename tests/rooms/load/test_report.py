from __future__ import annotations

import json
from typing import Any

import pytest

from rooms.load.plan import Limits
from rooms.load.report import ADDRESS, Found, progress
from rooms.load.tally import Tally
from tests.rooms.load.making import plan

NONE = Limits()


def found(limits: Limits = NONE, **changes: Any) -> Found:
    tally = Tally()
    tally.due = 100
    for number in range(99):
        tally.answer(float(number), 0)
    tally.lose(500, 0)
    tally.errors.update(slow_down=2, not_in=1)
    usual: dict[str, Any] = {"seconds": 10.0, "rooms": 2, "cpu": 0.2, "lag_ms": 3.0, "stopped": False}
    return Found(plan(limits=limits, **changes.pop("plan", {})), tally, **{**usual, **changes})


@pytest.mark.parametrize(
    ("limits", "broken"),
    [
        (Limits(), []),
        (Limits(p99_ms=100, errors=3, delivered=99), []),
        (Limits(p99_ms=90), ["p99 is 99.8 ms, above 90 ms"]),
        (Limits(errors=2), ["3 errors, more than 2 (slow_down 2, not_in 1)"]),
        (Limits(delivered=99.9), ["99.00 % of the moves were answered, less than 99.9 %"]),
        (Limits(p99_ms=1, errors=0, delivered=100), 3),
    ],
)
def test_broken_thresholds_are_said(limits: Limits, broken: list[str] | int) -> None:
    said = found(limits)
    assert (said.broken if isinstance(broken, list) else len(said.broken)) == broken
    assert said.words().count("FAILED: ") == len(said.broken)


def test_a_threshold_on_nothing_is_broken() -> None:
    """A test in which no bot could move must not pass for a good one."""
    nothing = Found(plan(limits=Limits(errors=0)), Tally(), 1.0, 0, 0.0, 0.0, False)
    assert nothing.broken == ["nothing was measured"]
    assert Found(plan(), Tally(), 1.0, 0, 0.0, 0.0, False).broken == []


def test_a_busy_generator_and_a_likely_cause_are_said() -> None:
    assert found().doubts == []
    assert "busy itself (97% of a core)" in found(cpu=0.97).words()
    assert "HOLDFAST_MAX_SOCKETS_PER_ADDRESS" in found(plan={"rooms": ADDRESS}).words()
    assert "(BUSY)" in progress(3, False, 2, 4, Tally(), 0.9)


def test_the_json_is_json_and_says_all() -> None:
    out = json.loads(json.dumps(found(Limits(errors=0), stopped=True).as_json()))
    assert (out["game"], out["due"], out["answered"], out["delivered_percent"]) == ("tictactoe", 100, 99, 99.0)
    assert out["latency_ms"]["p50"] == pytest.approx(49, rel=0.03)
    assert (out["latency_ms"]["max"], out["moves_per_s"]) == (500, 9.9)
    assert (out["errors"], out["stopped"], len(out["broken"])) == ({"slow_down": 2, "not_in": 1}, True, 1)


def test_a_line_of_progress_says_how_far_it_is() -> None:
    tally = Tally()
    tally.answer(5, 0)
    assert "ramp   1 rooms, 3 bots" in progress(1, True, 1, 3, tally, 0.0)
    assert "1 moves  p50 5.0" in progress(2, False, 2, 4, tally, 0.0)
