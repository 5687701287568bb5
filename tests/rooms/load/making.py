"""Plans for tests."""

from __future__ import annotations

from typing import Any

from rooms.games.registry import get_rules
from rooms.load.plan import Plan


def plan(game: str = "tictactoe", **changes: Any) -> Plan:
    """A small one."""
    usual = {"url": "http://here", "rooms": 2, "players": 2, "seconds": 1.0, "ramp_s": 0.0, "rate": 20.0}
    return Plan(**{**usual, "rules": get_rules(game), **changes})
