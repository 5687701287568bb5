"""The search for the most that is carried, on servers that carry a known number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.load.window import Window
from tests.bench.machine import Cores
from tests.bench.rows import capacity
from tests.bench.rows.capacity import FINE, Search, shortfall
from tests.bench.stage import Stage


def searching(most: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Search, list[int]]:
    tried: list[int] = []

    def carries(self: Search, rooms: int) -> bool:
        tried.append(rooms)
        assert len(tried) < 50, f"the search does not end: {tried}"
        return rooms <= most

    monkeypatch.setattr(Search, "_carries", carries)
    return Search("ours", Stage(folder, folder, Cores(0, 1))), tried


@pytest.mark.parametrize("most", [0, 1, 2, 7, 39, 40, 41, 133, 599])
@pytest.mark.parametrize("begin", [1, 40, 120])
def test_it_ends_within_one_step_of_the_truth(
    most: int, begin: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, tried = searching(most, tmp_path, monkeypatch)
    found = search.most(begin, 1.4)
    assert found <= most <= max(found * FINE, found + 1)
    assert len(tried) == len(set(tried)) < 25


def test_one_that_begins_near_the_truth_ends_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search, tried = searching(100, tmp_path, monkeypatch)
    assert search.most(98, FINE) == 98
    assert len(tried) == 2


WELL = {"frames": 16000.0, "skipped": 0.0, "sent": 16000.0, "overdue": 0.0, "lost": 0.0}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda counts: counts.update(skipped=100.0), "99.38% of states"),
        (lambda counts: counts.update(overdue=100.0), "99.38% of inputs"),
        (lambda counts: counts.update(frames=8000.0), "states at 50% of their rate"),
        (lambda counts: counts.update(lost=1.0), "1 connections lost"),
    ],
)
def test_each_shortfall_is_told(change: Callable[[dict[str, float]], None], words: str) -> None:
    counts = dict(WELL)
    assert shortfall(Window(1.0, {}, 0.1, 0.0, counts, latencies=[0.03] * 100), 16000) == []
    change(counts)
    assert shortfall(Window(1.0, {}, 0.1, 0.0, counts, latencies=[0.03] * 100), 16000) == [words]
    assert shortfall(Window(1.0, {}, 0.1, 0.0, dict(WELL), latencies=[0.2] * 100), 16000) == ["p99 200 ms"]
    assert capacity.P99_MS == 100
