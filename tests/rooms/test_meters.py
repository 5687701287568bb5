"""Counts and gauges in Prometheus' text format."""

from __future__ import annotations

from rooms import meters


def test_totals_add_up_and_are_shown() -> None:
    before = meters.counts["test_things"]
    meters.count("test_things")
    meters.count("test_things", 2)
    assert meters.counts["test_things"] == before + 3
    assert f"holdfast_test_things_total {before + 3}" in list(meters.lines())
    assert "# TYPE holdfast_test_things_total counter" in list(meters.lines())


def test_a_gauge_is_read_when_shown_and_the_newest_counts() -> None:
    meters.gauge("test_level", lambda: 1)
    meters.gauge("test_level", lambda: 2.5)
    shown = list(meters.lines())
    assert "holdfast_test_level 2.5" in shown
    assert "holdfast_test_level 1" not in shown
