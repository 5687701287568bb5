"""Puts the deltas of a room together whose viewers get different parts: everybody's, one's own, the cells in sight.

engine -> Redis -> hub -> crowd -> [mosaic] -> links

The parts come encoded; nothing is encoded here but the head of the delta. Viewers who get the same parts share the
bytes that are put together. Who may see what is the engine's word alone: a seat's sight, and whose a private part is.
"""

from __future__ import annotations

from typing import Final

from rooms.core.inputs import JSON, Wire
from rooms.link import Link
from rooms.protocol.bus import CELL, SHARED, WATCH, Delivery, Piece
from rooms.protocol.codec import dump, join_bodies, join_delta

GONE: Final = 6
"""What is said of cells that are seen no longer (rooms/core/snapshot.py)."""


class Mosaic:
    """The newest parts of one room that some socket here may see."""

    __slots__ = ("_deltas", "_keys", "_sights")

    def __init__(self) -> None:
        """Empty."""
        self._deltas: dict[tuple[int, Wire], Piece] = {}
        self._keys: dict[tuple[int, Wire], Piece] = {}
        self._sights: dict[int, tuple[int, ...]] = {}

    def take(self, delivery: Delivery) -> None:
        """Keep what is new; let go of cells that nobody here sees any more."""
        for piece in delivery.pieces:
            (self._keys if piece.key else self._deltas)[piece.of, piece.wire] = piece
        if delivery.sights:
            self._sights.update(delivery.sights)
            seen = set().union(*self._sights.values())
            for kept in (self._keys, self._deltas):
                for of, wire in [name for name in kept if name[0] >= CELL and name[0] - CELL not in seen]:
                    del kept[of, wire]

    def has(self) -> bool:
        """Whether this room is of the kind."""
        return bool(self._deltas)

    def compose(self, link: Link, tick: int) -> bytes | None:
        """The delta of `tick` for a link that has been given its keyframe; None when it has all of it.

        The link notes which cells it was given.
        """
        wire = link.wire_format
        shared = self._deltas.get((SHARED, wire))
        if shared is None or shared.base != link.base:
            return None
        seat = link.seat if link.seat >= 0 else WATCH
        parts = [shared]
        own = self._deltas.get((seat, wire)) if seat != WATCH else None
        if own is not None:
            parts.append(own)
        parts += self._cells(link, self._sights.get(seat, ()))
        body = join_bodies([part.body for part in parts], wire)
        if body == link.given.changes:
            return None
        link.given.changes = body
        return join_delta(tick - link.base, body, sum(part.count for part in parts), wire)

    def _cells(self, link: Link, sight: tuple[int, ...]) -> list[Piece]:
        """What to say of the cells in sight, and of those that are not any more."""
        wire, held, parts = link.wire_format, link.given.cells, list[Piece]()
        gone = held.keys() - set(sight) if held else ()
        if gone:
            for cell in gone:
                del held[cell]
            parts.append(Piece(SHARED, wire, 0, _pair(GONE, sorted(gone), wire), 2))
        for cell in sight:
            key, delta = self._keys.get((CELL + cell, wire)), self._deltas.get((CELL + cell, wire))
            if key is None or delta is None or delta.base != key.base:
                continue  # the rest of it was lost on the way, and a welcome is due
            if held.get(cell) != key.base:
                held[cell] = key.base
                parts.append(key)
            if delta.count:
                parts.append(delta)
        return parts


def _pair(what: int, change: object, wire: Wire) -> bytes:
    both = dump((what, change), wire)
    return both[1:-1] if wire == JSON else both[1:]
