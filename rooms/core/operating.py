"""What whoever runs the server may do with a room: let a paused one go on, or end any.

page | API | command -> Operate in the log -> [operate] -> the room goes on, or is closed
"""

from __future__ import annotations

from typing import Final

from rooms.core import match, seating
from rooms.core.effects import Effects
from rooms.core.ending import end_room
from rooms.core.facts import Reply
from rooms.core.ids import Seat
from rooms.core.inputs import Operate
from rooms.core.room import Fault, Live

CLOSED: Final = "The operator of this server closed the room."
"""Told when no other reason is given."""
NOT_PAUSED: Final = "This room is not paused."


def operate(live: Live, act: Operate, token: str, fx: Effects) -> None:
    """Do it, and answer."""
    if act.action == "close":
        end_room(live, act.reason or CLOSED, fx)
    elif live.room.fault is None:
        fx.reply(token, Reply(False, "not_paused", NOT_PAUSED))
        return
    else:
        resume(live, live.room.fault, fx)
    fx.reply(token, Reply(True))


def resume(live: Live, fault: Fault, fx: Effects) -> None:
    """Let the rules run again from the state that was last sound. Rules that fail again pause the room again.

    The pause costs nobody a deadline: the match's time, and that of those who were away, goes on where it stopped.
    """
    room = live.room
    room.fault = None
    fx.tell(live, "resumed", {})
    fx.roster(live)
    if room.idle_ms is not None:  # somebody may come now that it goes on
        room.idle_ms = room.ms
    if room.phase != "playing":
        seating.start_if_agreed(live, fx)
        return
    _make_up(live, fault)
    if live.state is None:
        match.set_up(live, fx)
    for seat in fault.gone:
        _leave(live, seat, fx)


def _leave(live: Live, seat: Seat, fx: Effects) -> None:
    """Tell the rules of a player who left in the pause, unless an earlier one's leaving ended or stopped the match."""
    if live.room.phase == "playing":
        match.leave_match(live, seat, fx)


def _make_up(live: Live, fault: Fault) -> None:
    room = live.room
    room.match_ms = (room.match_ms or 0) + room.ms - fault.ms
    for sitter in room.seats:
        if sitter is not None and sitter.away_ms is not None:
            sitter.away_ms = room.ms - max(0, fault.ms - sitter.away_ms)
