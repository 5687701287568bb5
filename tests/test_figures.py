"""README and docs/ tell no speed but what docs/benchmarks.md, which `make bench` writes, tells too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
MEASURED = TOP / "docs" / "benchmarks.md"
PAGES = sorted([TOP / "README.md", *(path for path in (TOP / "docs").rglob("*.md") if path != MEASURED)])
NUMBER = r"\d[\d,]*(?:\.\d+)?"
COMPARED = "faster|slower|cheaper|dearer|less CPU|more CPU|as fast|the speed|of Colyseus|real time"
COUNTED = "messages|frames|inputs|requests|rooms|players|clients|connections"
SPEED = re.compile(
    rf"(?P<time>{NUMBER}) ?(?:µs|us\b|microseconds?)"
    rf"|(?P<share>{NUMBER}) ?(?:x|times|%) (?:{COMPARED})"
    rf"|(?P<rate>{NUMBER}) (?:{COUNTED})(?:/s| per second)"
    rf"|p(?:50|95|99)\W+(?:of |is |was )?(?P<delay>{NUMBER}) ?ms"
)


def speeds(text: str) -> list[str]:
    """The numbers of a page that tell how fast something is."""
    return [next(number for number in found.groups() if number) for found in SPEED.finditer(text)]


@pytest.mark.parametrize(
    "text",
    [
        *("takes 11.5 µs", "12us each", "439 times real time", "1.3x faster than", "20,000 frames/s", "p99 of 4.1 ms"),
        *("80 % of Colyseus", "300 rooms per second"),
    ],
)
def test_a_speed_is_recognised(text: str) -> None:
    assert speeds(text)


@pytest.mark.parametrize(
    "text",
    ["20 ticks a second", "`HOLDFAST_LEASE_MS` 1200", "answers within 2 s", "a heartbeat every 0.7 s", "3 times"],
)
def test_a_setting_or_a_bound_is_none(text: str) -> None:
    assert speeds(text) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TOP)))
def test_no_page_tells_a_speed_that_was_not_measured_by_the_command(path: Path) -> None:
    measured = set(re.findall(NUMBER, MEASURED.read_text(encoding="utf-8"))) if MEASURED.exists() else set()
    assert [speed for speed in speeds(path.read_text(encoding="utf-8")) if speed not in measured] == []
