"""What one viewer sees at a tick, and how a delta leads from one snapshot to a later one.

The engine writes the changes (rooms/engine/frames.py); whoever views a room applies them: rooms/bots here,
static/js/net/delta.js in a browser. docs/protocol.md tells the format.

A delta is `age` and a flat list [what, change, what, change, ...]:

    what 0   acks: by seat, how much more has counted than in the base; zeros at the end are left out
    what 1   ms: how much later than the base; left out when `age` ticks of the game are exactly that
    what 2   the room: a patch (rooms/core/delta.py)
    what 3   the game's whole view: a patch
    what 4 + 4 * field + how   one field of the game's view. how 0: its value, 1: a patch,
                               2: some rows of a table, 3: all rows (rooms/core/rows.py)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Final

import msgspec

from rooms.core import rows
from rooms.core.delta import BadPatch, patch

Tree = Any

ACKS, MS, ROOM, GAME, FIELDS = 0, 1, 2, 3, 4
PUT, PATCH, SOME, ALL = 0, 1, 2, 3
HOWS: Final = 4


class Snapshot(msgspec.Struct, frozen=True):
    """All that a viewer may see, and the last seq of each seat that counted (0: none, or not the viewer's to know)."""

    tick: int
    ms: int
    acks: tuple[int, ...]
    room: Tree
    game: Tree


class Reading(msgspec.Struct, frozen=True):
    """What a welcome says that deltas are read by: the names of the view's fields, and ticks a second."""

    fields: tuple[str, ...] = ()
    tick_hz: int = 0


def later(base: Snapshot, age: int, changes: Sequence[Any], reading: Reading) -> Snapshot:
    """The snapshot `age` ticks after `base`; it shares what has not changed. Raises BadPatch."""
    acks, room, game = base.acks, base.room, base.game
    ms = base.ms + (age * 1000 // reading.tick_hz if reading.tick_hz else 0)
    patched: dict[str, Tree] = {}
    try:
        for what, change in zip(changes[::2], changes[1::2], strict=True):
            if what == ACKS:
                acks = tuple(before + more for before, more in zip_longest(acks, change, fillvalue=0))
            elif what == MS:
                ms = base.ms + change
            elif what == ROOM:
                room = patch(room, change)
            elif what == GAME:
                game = patch(game, change)
            else:
                field, how = divmod(what - FIELDS, HOWS)
                name = reading.fields[field]
                patched[name] = _field(game[name], how, change)
    except (TypeError, KeyError, IndexError, ValueError) as error:
        raise BadPatch(f"the delta does not fit its base: {error}") from error
    return Snapshot(base.tick + age, ms, acks, room, {**game, **patched} if patched else game)


def _field(old: Tree, how: int, change: Any) -> Tree:
    if how == PUT:
        return change
    if how == PATCH:
        return patch(old, change)
    return rows.patch_some(old, change) if how == SOME else rows.patch_all(old, change)


def more_acks(base: Sequence[int], acks: Sequence[int]) -> list[int]:
    """The change of `what 0`."""
    more = [now - before for before, now in zip_longest(base, acks, fillvalue=0)]
    while more and not more[-1]:
        more.pop()
    return more
