"""docs/operations.md names every variable that the settings read, with its default, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from gameserver.tunables import TUNABLES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text()
NOT_FOR_OPERATORS = {
    *("HOLDFAST_SINGLE", "HOLDFAST_PROCESS", "HOLDFAST_LIFE", "HOLDFAST_READY_FD", "HOLDFAST_CHROMIUM")
}
"""Set by our own commands, or only read by tests."""


def read_by_code() -> set[str]:
    """The variables in the code."""
    sources = [path.read_text() for path in (ROOT / "gameserver").rglob("*.py")]
    found = {name for text in sources for name in re.findall(r'"(HOLDFAST_[A-Z_]+|REDIS_URL|DATABASE_URL)"', text)}
    return (found | {f"HOLDFAST_{tunable.name}" for tunable in TUNABLES}) - NOT_FOR_OPERATORS


def test_the_page_names_every_variable() -> None:
    told = set(re.findall(r"`(HOLDFAST_[A-Z_]+|REDIS_URL|DATABASE_URL)`", PAGE))
    assert told == read_by_code()


def test_the_page_gives_the_defaults() -> None:
    for tunable in TUNABLES:
        row = next(line for line in PAGE.splitlines() if f"`HOLDFAST_{tunable.name}`" in line)
        assert str(tunable.default) in row, row
