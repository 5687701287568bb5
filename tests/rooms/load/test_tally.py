from __future__ import annotations

from random import Random

import pytest

from rooms.load.tally import PRECISION, Latencies, Tally


@pytest.mark.parametrize("percent", [1, 50, 90, 99, 99.9, 100])
def test_percentiles_are_as_exact_as_they_say(percent: float) -> None:
    rng, latencies = Random(4), Latencies()
    times = sorted(rng.lognormvariate(2, 1.5) for _ in range(5000))
    for time in times:
        latencies.add(time)
    exact = times[min(len(times), max(1, -(-len(times) * percent // 100))).__int__() - 1]
    assert exact <= latencies.percentile(percent) * 1.0000001
    assert latencies.percentile(percent) <= exact * PRECISION
    assert len(latencies._buckets) < 700


def test_nothing_has_no_percentiles() -> None:
    assert (Latencies().percentile(99), Tally().delivered) == (0.0, 100.0)


def test_what_a_long_wait_kept_back_counts_too() -> None:
    """Somebody who moves each 100 ms and waits 450 ms once has kept four moves back."""
    latencies = Latencies()
    latencies.add(450, every_ms=100)
    assert latencies.count == 5
    assert latencies.percentile(20) == pytest.approx(50, rel=0.03)
    assert latencies.percentile(60) == pytest.approx(250, rel=0.03)
    assert latencies.most_ms == 450


def test_moves_are_answered_lost_or_awaited() -> None:
    tally = Tally()
    tally.due = 4
    tally.answer(5, 0)
    tally.answer(6, 0)
    tally.lose(5000, 0)
    assert (tally.awaited, tally.delivered, tally.latencies.count) == (1, 50.0, 3)
    assert tally.latencies.percentile(100) == 5000


def test_messages_count_while_it_is_open() -> None:
    tally = Tally()
    tally.message(10)
    tally.open = True
    tally.message(20)
    assert (tally.frames, tally.bytes) == (1, 20)
