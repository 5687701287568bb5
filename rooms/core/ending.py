"""How a socket and how a room come to their end: nobody is cut off without being told why."""

from __future__ import annotations

from typing import Final

from rooms.core import match, phases
from rooms.core.effects import Effects, Farewell
from rooms.core.ids import SocketId
from rooms.core.room import Live, Socket

ROOM_CLOSED, LOST = 4510, 4511
"""Close codes; rooms/protocol/closing.py has them all (a test compares)."""

LEAP: Final = 1_000_000
"""Ticks and offsets that a room whose data went back passes over: half a day of them at 20 ticks a second."""
LOST_WORDS: Final = "The server lost part of its memory, and this room with it. Please open a new one."


def drop(live: Live, name: SocketId, code: int, reason: str, fx: Effects) -> None:
    """Close a socket with a reason and forget it, leaving its player's seat alone."""
    socket = live.room.sockets.pop(name, None)
    fx.welcomes.pop(name, None)
    if socket is not None:
        farewell(name, socket, code, reason, fx)
        fx.roster(live)


def farewell(name: SocketId, socket: Socket, code: int, reason: str, fx: Effects) -> None:
    """Close a socket with a reason."""
    fx.farewells.append(Farewell(name, socket.web, socket.wire, code, reason))
    fx.changed = True


def end_room(live: Live, reason: str, fx: Effects, code: int = ROOM_CLOSED) -> None:
    """End the room: a running match is recorded as given up, everyone still here is told, and nothing of it is kept.

    The sockets stay in it, so that the event reaches them before the goodbye.
    """
    match.abandon(live, reason, fx)
    phases.go(live, "close", fx)
    fx.tell(live, "closed", {"reason": reason})
    fx.welcomes.clear()
    for name, socket in live.room.sockets.items():
        farewell(name, socket, code, reason, fx)
    fx.closed = True


def lose_room(live: Live) -> Effects:
    """End a room whose data went back: what it remembers is not what was played.

    It does not know which ticks and offsets its viewers have seen since, and must not give any of them twice.
    """
    live.room.tick += LEAP
    live.room.offset += LEAP
    fx = Effects()
    end_room(live, LOST_WORDS, fx, LOST)
    return fx
