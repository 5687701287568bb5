"""docs/guarantees.md: no promise without a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
PAGE = (TOP / "docs" / "guarantees.md").read_text()
SHOWN = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def promises() -> list[str]:
    """The rows of the tables whose last column names tests."""
    rows, shown = [], False
    for line in PAGE.splitlines():
        if not line.startswith("|"):
            shown = False
        elif line.endswith("| Shown by |"):
            shown = True
        elif shown and not line.startswith("|---"):
            rows.append(line)
    return rows


def test_there_are_promises() -> None:
    assert len(promises()) > 20


@pytest.mark.parametrize("promise", promises(), ids=lambda row: row[2:40])
def test_every_promise_names_tests_that_exist(promise: str) -> None:
    named = SHOWN.findall(promise)
    assert named, "no test is named"
    for path, test in named:
        assert re.search(rf"def {test}\(", (TOP / path).read_text()), f"{path} has no {test}"
