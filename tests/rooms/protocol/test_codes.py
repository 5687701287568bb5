"""Every code that a room refuses with is told in docs/protocol.md, and none that it never uses."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PATTERNS = (
    r'Refused\(\s*"(\w+)"',
    r'_refuse\([\w.]+, "(\w+)"',
    r'Refusal\([\w.]+, [\w.]+, "(\w+)"',
    r'return "(\w+)"',
    r'^    "(\w+)": "[A-Z]',
    r'else "(\w+)"$',
    r'return "(\w+)" if',
)
SOURCES = (
    "core/commands.py",
    "core/presence.py",
    "core/tick.py",
    "core/match.py",
    "core/seating.py",
    "consumers.py",
    "relay.py",
)


def used() -> set[str]:
    """The codes in the code."""
    found: set[str] = set()
    for name in SOURCES:
        text = (ROOT / "rooms" / name).read_text()
        found |= {code for pattern in PATTERNS for code in re.findall(pattern, text, re.M)}
    return found - {"log"}


def told() -> set[str]:
    """The codes on the page."""
    page = (ROOT / "docs" / "protocol.md").read_text()
    paragraph = re.search(r"Codes: (.*?) and the\s+game's own", page, re.S)
    assert paragraph is not None
    return set(re.findall(r"`(\w+)`", paragraph[1]))


def test_page_and_code_agree() -> None:
    assert told() == used()
