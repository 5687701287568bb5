"""The life of a room, as a table: what may happen in which phase, and where it leads.

waiting --start--> playing --over--> finished --ask--> rematch --start--> playing ...
finished, rematch --reopen--> waiting (too few are left for a rematch)      any --close--> closed
"""

from __future__ import annotations

from typing import Final, Literal

from rooms.core.effects import Effects
from rooms.core.facts import Phase
from rooms.core.room import Live

Happening = Literal["start", "over", "ask", "reopen", "close"]

TRANSITIONS: Final[dict[tuple[Phase, Happening], Phase]] = {
    ("waiting", "start"): "playing",
    ("waiting", "close"): "closed",
    ("playing", "over"): "finished",
    ("playing", "close"): "closed",
    ("finished", "ask"): "rematch",
    ("finished", "reopen"): "waiting",
    ("finished", "close"): "closed",
    ("rematch", "start"): "playing",
    ("rematch", "reopen"): "waiting",
    ("rematch", "close"): "closed",
}


class WrongPhase(RuntimeError):
    """The room's own code asked for a step that the table does not have: a fault of ours, never of a player."""


def go(live: Live, happening: Happening, fx: Effects) -> None:
    """Move the room on. Raises WrongPhase."""
    room = live.room
    try:
        room.phase = TRANSITIONS[room.phase, happening]
    except KeyError:
        raise WrongPhase(f"{happening} in phase {room.phase} of room {room.id}") from None
    fx.roster(live)
