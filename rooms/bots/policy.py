"""What a built-in bot does about what it sees: the game's own `bot` function, fed with a view and with chance.

Pure. The bot gets the same plain values that came over its socket, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from rooms.bots.track import View
from rooms.core.game import Rules
from rooms.core.ids import RoomId
from rooms.core.rng import Rng


@dataclass(frozen=True, slots=True)
class Part:
    """The part that a bot plays: which room, by which rules, how strong."""

    room: RoomId
    rules: Rules
    """The newest that are here."""
    strength: str

    def at(self, version: int) -> Part:
        """The same part in a room that is played by the rules of `version`."""
        return replace(self, rules=self.rules.at(version))


def choose(part: Part, view: View) -> Any | None:
    """The bot's move in `view`, or None to wait. Whatever the game's function raises comes out of here."""
    bot = part.rules.bot
    if bot is None or view.game is None or view.seat is None:
        return None
    seen = msgspec.convert(view.game, part.rules.view_type)
    return bot(seen, view.seat, part.strength, Rng(part.room, view.seat, view.tick))


def wants_rematch(view: View) -> bool:
    """True when a person asked for a rematch to which this bot has not agreed yet: it never asks first."""
    chair = view.chair
    if view.phase not in ("finished", "rematch") or chair is None or chair["rematch"]:
        return False
    return any(other and other["rematch"] and other["kind"] != "bot" for other in view.room["seats"])


def may_move(view: View) -> bool:
    """True while a match runs that this seat could play in."""
    return view.phase == "playing" and view.room["paused"] is None and view.seat is not None
