"""Rules for the tests of bots: a game without rules, whose bot is whatever the test wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from rooms.bots.policy import Part
from rooms.core.game import Rules
from rooms.core.ids import RoomId
from rooms.games.registry import get_rules

ROOM = RoomId("r" * 22)


class View(msgspec.Struct):
    n: int


def part(bot: Callable[..., Any], strength: str = "easy") -> Part:
    """A part played by `bot`, in a game whose view is {"n": ...}."""
    return Part(ROOM, rules(bot), strength)


def rules(bot: Callable[..., Any]) -> Rules:
    """The rules of that game."""
    return replace(get_rules("tictactoe"), view_type=View, bot=bot, bot_every_ms=0)
