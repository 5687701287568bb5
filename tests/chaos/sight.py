"""What one player holds of a room: wholes that patches build on, and the newest view; every state goes into the log.

It does as docs/protocol.md asks of clients, apart from the product's own clients: they are under test as well.
"""

from __future__ import annotations

from typing import Any, Final

from rooms.core.delta import BadPatch, patch
from rooms.protocol.server import Event, Frame, Welcome
from tests.chaos.history import Missed, Record, Seen, Shown, Told, Welcomed, digest

WHOLES: Final = 4


class Sight:
    """Feed it with welcomes, frames and events; `log` gets a record of each."""

    def __init__(self, player: str, log: list[Record]) -> None:
        self.player, self.log = player, log
        self.incarnation, self.offset, self.epoch = "", 0, 0
        self.tick = -1
        self.ms = 0
        self.tree: Any = None
        self._wholes: dict[int, Any] = {}
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
        self._wholes = {message.tick: message.whole}
        self._show(at, message.tick, message.ms, -1, message.whole, welcome=True)

    def frame(self, at: float, message: Frame) -> bool:
        """A newer state; False when it cannot be made here, and the whole must be asked for."""
        if message.base is None:
            whole = message.whole
            self._wholes[message.tick] = whole
            while len(self._wholes) > WHOLES:
                del self._wholes[next(iter(self._wholes))]
        else:
            try:
                whole = patch(self._wholes[message.base], message.patch)
            except (KeyError, BadPatch):
                self.log.append(Missed(at, message.tick, message.base))
                return False
        self._show(at, message.tick, message.ms, -1 if message.base is None else message.base, whole)
        return True

    def event(self, at: float, message: Event) -> None:
        """Something happened."""
        self.log.append(Told(at, message.offset, message.kind, message.body, False))
        self.offset = max(self.offset, message.offset)

    def _show(self, at: float, tick: int, ms: int, base: int, tree: Any, welcome: bool = False) -> None:
        room, seat = tree["room"], seat_in(tree, self.player)
        words = self._digest(0, room), self._digest(1, tree["game"])
        self.log.append(Shown(at, tick, ms, base, seat, *words, room["match"], room["phase"], welcome))
        if tick >= self.tick:
            self.tick, self.ms, self.tree = tick, ms, tree

    def _digest(self, part: int, tree: Any) -> str:
        """Its digest; the very same object as before is not read again."""
        known = self._digests.get(part)
        if known is not None and known[0] is tree:
            return known[1]
        word = digest(tree)
        self._digests[part] = (tree, word)
        return word


def seat_in(tree: Any, player: str) -> int:
    """The seat of a player in a view, -1 for none."""
    for seat, sitter in enumerate(tree["room"]["seats"]):
        if sitter is not None and sitter["player"] == player:
            return seat
    return -1
