"""What one player holds of a room: the whole that deltas build on, and the newest view; every state goes into the log.

It does as docs/protocol.md asks of clients, apart from the product's own clients: they are under test as well.
"""

from __future__ import annotations

from typing import Any

from rooms.core.delta import BadPatch
from rooms.core.snapshot import Reading, Snapshot, later
from rooms.protocol.server import Delta, Event, Frame, Welcome
from tests.chaos.history import Missed, Record, Seen, Shown, Told, Welcomed, digest


class Sight:
    """Feed it with welcomes, frames and events; `log` gets a record of each."""

    def __init__(self, player: str, log: list[Record]) -> None:
        self.player, self.log = player, log
        self.incarnation, self.offset, self.epoch = "", 0, 0
        self.tick = -1
        self.ms = 0
        self.tree: Any = None
        self.acks: tuple[int, ...] = ()
        self._base: Snapshot | None = None
        self._reading = Reading()
        self._digests: dict[int, tuple[Any, str]] = {}

    @property
    def room(self) -> Any:
        """The room's part of the newest view; an empty one before the first."""
        return self.tree["room"] if self.tree else {"phase": "", "match": 0, "seats": [], "host": None, "paused": None}

    @property
    def seat(self) -> int:
        """The own seat, -1 for none."""
        return seat_in(self.tree, self.player) if self.tree else -1

    @property
    def seen(self) -> Seen:
        """The last view."""
        return Seen(self.tick, self.seat, self.tree)

    def welcome(self, at: float, message: Welcome, fresh: bool) -> None:
        """Start from the whole."""
        room = message.whole["room"]
        record = Welcomed(
            at,
            message.incarnation,
            message.epoch,
            message.seq,
            message.offset,
            message.recovered,
            fresh,
            room["match"],
            room["phase"],
            room["paused"] is not None,
        )
        self.log.append(record)
        self.incarnation, self.epoch = message.incarnation, message.epoch
        for event in message.events:
            self.log.append(Told(at, event.offset, event.kind, event.body, True))
        self.offset = max(self.offset, message.offset)
        self._reading = Reading(message.game.fields, message.game.tick_hz)
        self._base = _snapshot(message)
        self._show(at, self._base, -1, welcome=True)

    def frame(self, at: float, message: Frame | Delta) -> bool:
        """A newer state; False when it cannot be made here, and the whole must be asked for."""
        if isinstance(message, Frame):
            self._base = _snapshot(message)
            self._show(at, self._base, -1)
            return True
        if self._base is None:
            self.log.append(Missed(at, -1, -1))
            return False
        base = self._base.tick
        try:
            seen = later(self._base, message.age, message.changes, self._reading)
        except BadPatch:
            self.log.append(Missed(at, base + message.age, base))
            return False
        self._show(at, seen, base)
        return True

    def event(self, at: float, message: Event) -> None:
        """Something happened."""
        self.log.append(Told(at, message.offset, message.kind, message.body, False))
        self.offset = max(self.offset, message.offset)

    def _show(self, at: float, seen: Snapshot, base: int, welcome: bool = False) -> None:
        tree = {"room": seen.room, "game": seen.game}
        room, seat = seen.room, seat_in(tree, self.player)
        words = self._digest(0, room), self._digest(1, seen.game)
        self.log.append(Shown(at, seen.tick, seen.ms, base, seat, *words, room["match"], room["phase"], welcome))
        if seen.tick >= self.tick:
            self.tick, self.ms, self.tree, self.acks = seen.tick, seen.ms, tree, seen.acks

    def _digest(self, part: int, tree: Any) -> str:
        """Its digest; the very same object as before is not read again."""
        known = self._digests.get(part)
        if known is not None and known[0] is tree:
            return known[1]
        word = digest(tree)
        self._digests[part] = (tree, word)
        return word


def _snapshot(message: Frame | Welcome) -> Snapshot:
    return Snapshot(message.tick, message.ms, message.acks, message.whole["room"], message.whole["game"])


def seat_in(tree: Any, player: str) -> int:
    """The seat of a player in a view, -1 for none."""
    for seat, sitter in enumerate(tree["room"]["seats"]):
        if sitter is not None and sitter["player"] == player:
            return seat
    return -1
