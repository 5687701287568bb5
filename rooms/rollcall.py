"""Rooms that hold sockets of ours which we do not have: when to tell them who is really here.

engine -> Redis -> hub -> [rollcall] -> hub -> log

A Detach may be lost with Redis' log, or be read by an engine that cannot play the room. Then the room counts a socket
as here that is gone: its player never is away, and an empty room never closes. Each delivery says how many of our
sockets the room holds. When that was too many for WAIT_S, the room gets a roll call, and drops who is not in it. A room
in which nothing happens delivers nothing; so those that our last socket left shortly before a loss get one as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rooms.core.ids import RoomId

WAIT_S: Final = 2.0
"""How long a room may hold more sockets than there are: so long a Detach may take to arrive. Also between two calls."""
LEFT_S: Final = 60.0
"""How long a room that our last socket left is remembered."""


class RollCalls:
    """Which rooms are due. Times are monotonic seconds."""

    def __init__(self) -> None:
        """Nothing is odd."""
        self._odd: dict[RoomId, float] = {}
        """When a room was first found to hold too many."""
        self._left: dict[RoomId, float] = {}

    @property
    def any_odd(self) -> bool:
        """Some room is thought to hold too many, so even a delivery that agrees must be heard."""
        return bool(self._odd)

    def heard(self, room: RoomId, held: int, here: int, now: float) -> None:
        """A room holds `held` sockets of ours (negative: it did not say), and `here` are here."""
        if held > here:
            self._odd.setdefault(room, now)
        elif held >= 0:
            self._odd.pop(room, None)

    def left(self, room: RoomId, now: float) -> None:
        """Our last socket in a room is gone."""
        self._left.pop(room, None)
        self._left[room] = now

    def lost(self, is_hit: Callable[[RoomId], bool], now: float) -> None:
        """Something was lost: what we said of rooms that were left shortly before may be lost as well."""
        self._forget(now)
        for room in self._left:
            if is_hit(room):
                self._odd.setdefault(room, now)

    def due(self, now: float) -> list[RoomId]:
        """The rooms to call now; each is named once, until it is found odd again."""
        self._forget(now)
        found = [room for room, since in self._odd.items() if now - since >= WAIT_S]
        for room in found:
            del self._odd[room]
        return found

    def _forget(self, now: float) -> None:
        while self._left:
            oldest = next(iter(self._left))
            if now - self._left[oldest] < LEFT_S:
                break
            del self._left[oldest]
