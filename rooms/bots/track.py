"""What a viewer has of a room: the newest view, the keyframe that deltas build on, the events already told.

Pure. Laws (tests/rooms/bots/test_track.py): whatever frames are skipped, the view is the one the server has
at that tick or a resync is asked for; every event is told once, in order, over any number of reconnects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from rooms.core.delta import BadPatch
from rooms.core.ids import Seat
from rooms.core.snapshot import Reading, Snapshot, later, rebased
from rooms.protocol.server import Delta, Event, Frame, Welcome


@dataclass(frozen=True, slots=True)
class View:
    """All that one viewer may see at a tick. Parts are shared between views: read them, never change them."""

    tick: int
    ms: int
    """Room time in milliseconds."""
    room: dict[str, Any]
    """Phase, seats, host, outcome (docs/protocol.md, RoomView)."""
    game: Any
    """The game's own view in plain values, None before the first match."""
    seat: Seat | None
    """The viewer's own seat, None for a spectator."""

    @property
    def phase(self) -> str:
        """waiting, playing, finished, rematch or closed."""
        return str(self.room["phase"])

    @property
    def chair(self) -> dict[str, Any] | None:
        """What the room says about the viewer's own seat (name, ready, rematch...), None for a spectator."""
        return None if self.seat is None else self.room["seats"][self.seat]


def find_seat(room: dict[str, Any], player: str) -> Seat | None:
    """The seat in which `player` sits, or None."""
    for seat, taken in enumerate(room["seats"]):
        if taken is not None and taken["player"] == player:
            return seat
    return None


class Track:
    """Follows one room through welcomes, frames and events."""

    def __init__(self) -> None:
        self.incarnation = ""
        self.offset = 0
        """Of the newest event told; what a returning viewer resumes from."""
        self.player = ""
        self.view: View | None = None
        self.acks: tuple[int, ...] = ()
        """By seat, the last seq that counted."""
        self._base: Snapshot | None = None
        self._reading = Reading()

    def is_same_room(self, message: Welcome) -> bool:
        """False when the room is another one than before, though its id is the same."""
        return self.incarnation in ("", message.incarnation)

    def welcome(self, message: Welcome) -> list[Event]:
        """Start from the whole. Returns the events not told before; a hole unless `message.recovered`."""
        if not self.is_same_room(message):
            self.offset = 0
        self.incarnation = message.incarnation
        self.player = message.you.player
        self._reading = Reading(message.game.fields, message.game.tick_hz, message.game.cells)
        self._base = _snapshot(message)
        self.view = self._see(self._base)
        fresh = [event for event in message.events if event.offset > self.offset]
        self.offset = max(self.offset, message.offset)
        return fresh

    def frame(self, message: Frame | Delta) -> View | None:
        """The view that `message` makes, None when a newer one is known. BadPatch: ask for a resync."""
        if self._base is None:
            raise BadPatch("no welcome has come yet")
        if isinstance(message, Frame):
            seen = self._base = replace(_snapshot(message), cells=self._base.cells)
            if self._reading.cells:  # the delta right behind it says what is in the cells
                return None
        else:
            self._base = rebased(self._base, message.changes)
            seen = later(self._base, message.age, message.changes, self._reading)
        if self.view is not None and seen.tick < self.view.tick:
            return None
        self.view = self._see(seen)
        return self.view

    def event(self, message: Event) -> bool:
        """True when the event was not told before."""
        if message.offset <= self.offset:
            return False
        self.offset = message.offset
        return True

    def _see(self, seen: Snapshot) -> View:
        try:
            view = View(seen.tick, seen.ms, seen.room, seen.game, find_seat(seen.room, self.player))
        except (TypeError, KeyError) as error:
            raise BadPatch(f"the frame of tick {seen.tick} is no view of a room: {error}") from error
        self.acks = seen.acks
        return view


def _snapshot(message: Frame | Welcome) -> Snapshot:
    """A whole. Raises BadPatch."""
    try:
        return Snapshot(message.tick, message.ms, message.acks, message.whole["room"], message.whole["game"])
    except (TypeError, KeyError) as error:
        raise BadPatch(f"the whole of tick {message.tick} is no view of a room: {error}") from error
