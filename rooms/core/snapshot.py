"""What one viewer sees at a tick, and how a delta leads from one snapshot to a later one.

The engine writes the changes (rooms/engine/frames.py); whoever views a room applies them: rooms/bots here,
static/js/net/delta.js in a browser. docs/protocol.md tells the format.

A delta is `age` and a flat list [what, change, what, change, ...]:

    what 0   acks: by seat, how much more has counted than in the base; zeros at the end are left out
    what 1   ms: how much later than the base; left out when `age` ticks of the game are exactly that
    what 2   the room: a patch (rooms/core/delta.py)
    what 3   the game's whole view: a patch
    what 4   a cell's keyframe: [cell, its whole]
    what 5   a cell, against its keyframe: [cell, what, change, ...], with what 8 + 4 * field + how for its fields
    what 6   cells that are seen no longer: [cell, ...]
    what 7   one's own ack: [seat, seq]
    what 8 + 4 * field + how   one field of the game's view. how 0: its value, 1: a patch,
                               2: some rows of a table, 3: all rows (rooms/core/rows.py)

A cell's keyframe is kept until another comes, the cell goes out of sight, or a welcome; wholes do not touch it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat, zip_longest
from operator import sub
from typing import Any, Final

import msgspec

from rooms.core import rows
from rooms.core.delta import BadPatch, patch
from rooms.core.shape import CELLS_FIELD

Tree = Any

ACKS, MS, ROOM, GAME, CELL, CELL_LATER, CELLS_GONE, ACK, FIELDS = range(9)
PUT, PATCH, SOME, ALL = 0, 1, 2, 3
HOWS: Final = 4


class Snapshot(msgspec.Struct, frozen=True):
    """All that a viewer may see, and the last seq of each seat that counted (0: none, or not the viewer's to know).

    `game` has, in a game with cells, a list of those in sight under CELLS_FIELD. `cells`, of a base: their keyframes.
    """

    tick: int
    ms: int
    acks: tuple[int, ...]
    room: Tree
    game: Tree
    cells: dict[int, Tree] = {}


class Reading(msgspec.Struct, frozen=True):
    """What a welcome says that deltas are read by: names of the view's fields and of a cell's, and ticks a second."""

    fields: tuple[str, ...] = ()
    tick_hz: int = 0
    cells: tuple[str, ...] = ()


def rebased(base: Snapshot, changes: Sequence[Any]) -> Snapshot:
    """The base as it is after this delta, whose cells' keyframes belong to it from then on. Raises BadPatch."""
    if not any(what in (CELL, CELLS_GONE) for what in changes[::2]):
        return base
    cells = dict(base.cells)
    try:
        for what, change in zip(changes[::2], changes[1::2], strict=True):
            if what == CELL:
                cells[change[0]] = change[1]
            elif what == CELLS_GONE:
                for cell in change:
                    cells.pop(cell, None)
    except (TypeError, KeyError, IndexError, ValueError) as error:
        raise BadPatch(f"the delta's cells are none: {error}") from error
    return msgspec.structs.replace(base, cells=cells)


def later(base: Snapshot, age: int, changes: Sequence[Any], reading: Reading) -> Snapshot:
    """The snapshot `age` ticks after a base that has been rebased; it shares what has not changed. Raises BadPatch."""
    draft = _Draft(base, age, reading)
    try:
        for what, change in zip(changes[::2], changes[1::2], strict=True):
            if what >= FIELDS:
                draft.fields += (what, change)
            elif what in _TAKERS:
                _TAKERS[what](draft, change)
        return draft.done()
    except (TypeError, KeyError, IndexError, ValueError) as error:
        raise BadPatch(f"the delta does not fit its base: {error}") from error


class _Draft:
    """A snapshot that is being made out of its base."""

    def __init__(self, base: Snapshot, age: int, reading: Reading) -> None:
        self.base, self.age, self.reading = base, age, reading
        self.ms = base.ms + (age * 1000 // reading.tick_hz if reading.tick_hz else 0)
        self.acks, self.room, self.game = base.acks, base.room, base.game
        self.cells = dict(base.cells)
        self.fields: list[Any] = []

    def take_acks(self, change: list[int]) -> None:
        self.acks = tuple(before + more for before, more in zip_longest(self.acks, change, fillvalue=0))

    def take_ack(self, change: list[int]) -> None:
        self.acks = (*repeat(0, change[0]), change[1])

    def take_ms(self, change: int) -> None:
        self.ms = self.base.ms + change

    def take_room(self, change: Any) -> None:
        self.room = patch(self.room, change)

    def take_game(self, change: Any) -> None:
        self.game = patch(self.game, change)

    def take_cell(self, change: list[Any]) -> None:
        self.cells[change[0]] = _patched(self.cells[change[0]], change[1:], self.reading.cells)

    def done(self) -> Snapshot:
        game = _patched(self.game, self.fields, self.reading.fields) if self.fields else self.game
        if self.reading.cells and game is not None:
            game = {**game, CELLS_FIELD: [self.cells[cell] for cell in sorted(self.cells)]}
        return Snapshot(self.base.tick + self.age, self.ms, self.acks, self.room, game)


_TAKERS: Final[dict[int, Callable[[_Draft, Any], None]]] = {
    ACKS: _Draft.take_acks, ACK: _Draft.take_ack, MS: _Draft.take_ms, ROOM: _Draft.take_room,
    GAME: _Draft.take_game, CELL_LATER: _Draft.take_cell,
}  # fmt: skip


def _patched(old: Tree, changes: Sequence[Any], names: Sequence[str]) -> Tree:
    """A view or a cell with some of its fields otherwise."""
    new = dict(old)
    for what, change in zip(changes[::2], changes[1::2], strict=True):
        field, how = divmod(what - FIELDS, HOWS)
        name = names[field]
        new[name] = change if how == PUT else _field(old[name], how, change)
    return new


def _field(old: Tree, how: int, change: Any) -> Tree:
    if how == PATCH:
        return patch(old, change)
    return rows.patch_some(old, change) if how == SOME else rows.patch_all(old, change)


def more_acks(base: Sequence[int], acks: Sequence[int]) -> list[int]:
    """The change of `what 0`."""
    if len(base) == len(acks):
        more = list(map(sub, acks, base))
    else:
        more = [now - before for before, now in zip_longest(base, acks, fillvalue=0)]
    while more and not more[-1]:
        more.pop()
    return more
