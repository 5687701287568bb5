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


def test_totals_are_shown_in_full() -> None:
    meters.count("test_many", 123_456_789)
    assert "holdfast_test_many_total 123456789" in list(meters.lines())


def test_every_process_tells_its_cpu_and_memory() -> None:
    seen = meters.snapshot()
    assert seen["cpu_seconds_total"] > 0
    assert seen["peak_memory_bytes"] > 1_000_000


def test_other_processes_are_shown_under_their_names_each_name_once() -> None:
    seen = {"b": {"rooms": 2.0, "passes_total": 5.0}, "a": {"passes_total": 3.5}}
    assert list(meters.lines_of("engine", seen)) == [
        "# TYPE holdfast_engine_passes_total counter",
        'holdfast_engine_passes_total{engine="a"} 3.5',
        'holdfast_engine_passes_total{engine="b"} 5',
        "# TYPE holdfast_engine_rooms gauge",
        'holdfast_engine_rooms{engine="b"} 2',
    ]
