"""What a viewer has of a room: the newest view, keyframes that patches build on, the events already told.

Pure. Laws (tests/rooms/bots/test_track.py): whatever frames are skipped, the view is the one the server has
at that tick or a resync is asked for; every event is told once, in order, over any number of reconnects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rooms.core.delta import BadPatch, patch
from rooms.core.ids import Seat
from rooms.protocol.server import Event, Frame, Welcome

BASES: Final = 4
"""Keyframes kept: patches name the newest one or, around a welcome, the one before."""


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
        self._bases: dict[int, Any] = {}

    def is_same_room(self, message: Welcome) -> bool:
        """False when the room is another one than before, though its id is the same."""
        return self.incarnation in ("", message.incarnation)

    def welcome(self, message: Welcome) -> list[Event]:
        """Start from the whole. Returns the events not told before; a hole unless `message.recovered`."""
        if not self.is_same_room(message):
            self.offset = 0
        self.incarnation = message.incarnation
        self.player = message.you.player
        self._bases = {message.tick: message.whole}
        self.view = self._see(message.tick, message.ms, message.whole)
        fresh = [event for event in message.events if event.offset > self.offset]
        self.offset = max(self.offset, message.offset)
        return fresh

    def frame(self, message: Frame) -> View | None:
        """The view that `message` makes, None when a newer one is known. BadPatch: ask for a resync."""
        if message.base is None:
            whole = message.whole
            self._keep(message.tick, whole)
        elif message.base in self._bases:
            whole = patch(self._bases[message.base], message.patch)
        else:
            raise BadPatch(f"no keyframe of tick {message.base} here")
        if self.view is not None and message.tick < self.view.tick:
            return None
        self.view = self._see(message.tick, message.ms, whole)
        return self.view

    def event(self, message: Event) -> bool:
        """True when the event was not told before."""
        if message.offset <= self.offset:
            return False
        self.offset = message.offset
        return True

    def _keep(self, tick: int, whole: Any) -> None:
        self._bases.pop(tick, None)
        self._bases[tick] = whole
        while len(self._bases) > BASES:
            del self._bases[next(iter(self._bases))]

    def _see(self, tick: int, ms: int, whole: Any) -> View:
        try:
            room = whole["room"]
            return View(tick, ms, room, whole["game"], find_seat(room, self.player))
        except (TypeError, KeyError) as error:
            raise BadPatch(f"the frame of tick {tick} is no view of a room: {error}") from error
