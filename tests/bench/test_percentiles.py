"""Percentiles by the nearest rank."""

from __future__ import annotations

from tests.bench.percentiles import percentile


def test_it_is_a_figure_that_was_seen() -> None:
    figures = [float(figure) for figure in range(100, 0, -1)]
    assert [percentile(figures, part) for part in (0, 1, 50, 99, 100)] == [1.0, 1.0, 50.0, 99.0, 100.0]
    assert percentile([7.0], 99) == 7.0
    assert percentile([1.0, 2.0, 3.0], 50) == 2.0
