"""docs/benchmarks.md is whole: every row, its pictures, its rounds, and a word of people where a reach was missed."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tests.bench import rows
from tests.bench.page import DOCS, PICTURES, read_notes
from tests.bench.row import Row

PAGE = DOCS / "benchmarks.md"
TOP = DOCS.parent
LINKS = {
    TOP / "README.md": "(docs/benchmarks.md)",
    DOCS / "adr" / "0001-shards-not-rooms-are-leased.md": "(../benchmarks.md#room-tick)",
}
"""Pages that send people there, and how."""


@pytest.fixture(scope="module")
def text() -> str:
    """The page."""
    assert PAGE.exists(), "`make bench` writes it"
    return PAGE.read_text(encoding="utf-8")


def part(text: str, title: str) -> str:
    """What stands under a heading."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"there is no part called {title}"
    return found[1]


@pytest.mark.parametrize("row", rows.ROWS, ids=lambda row: row.name)
def test_every_row_has_its_table_and_its_pictures(row: Row, text: str) -> None:
    shown = part(text, row.title)
    assert row.load in shown, "measured before the row was changed"
    lines = [line for line in shown.splitlines() if line.startswith("| ")]
    for case in row.cases:
        for measure in row.measures:
            mine = measure.side in row.sides(case) and f"- {measure.side} was not measured" not in shown
            there = any(line.startswith(f"| {case} | {measure.name} | ") for line in lines)
            assert mine or not there, f"{case}, {measure.name}"
    told = {measure.name for measure in row.measures if f"- {measure.side} was not measured" not in shown}
    assert {name for name in told if any(f" | {name} | " in line for line in lines)} == told
    pictures = re.findall(rf"\]\({PICTURES}/(.+?)\)", shown)
    assert pictures
    for name in pictures:
        ElementTree.parse(DOCS / PICTURES / name)


def test_no_picture_is_left_over(text: str) -> None:
    shown = set(re.findall(rf"\]\({PICTURES}/(.+?)\)", text))
    assert {path.name for path in (DOCS / PICTURES).glob("*.svg")} == shown


def test_it_was_measured_in_three_rounds_or_more(text: str) -> None:
    (rounds,) = re.findall(r"^\| rounds \| (\d+), interleaved", text, re.MULTILINE)
    assert int(rounds) >= 3


@pytest.mark.parametrize("row", rows.ROWS, ids=lambda row: row.name)
def test_where_a_reach_is_missed_the_notes_say_why(row: Row, text: str) -> None:
    missed = "**missed** (<=" in part(text, row.title) or "**missed** (>=" in part(text, row.title)
    assert not missed or len(read_notes(text)[row.name].split()) > 20


def test_people_are_sent_there() -> None:
    for page, link in LINKS.items():
        assert link in page.read_text(encoding="utf-8"), page
