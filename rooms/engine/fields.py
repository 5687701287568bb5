"""What has changed in a struct's fields since its keyframe, told the shortest way that is cheap to find.

What has changed is found field by field in what msgpack makes of it: to encode a field takes less time than to look
into it. Only where a changed field is long is it looked into, and where that does not pay (everything moves) it is left
alone for a while.
"""

from __future__ import annotations

from operator import itemgetter, ne
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from rooms.core import rows
from rooms.core.delta import diff
from rooms.core.inputs import MSGPACK, Wire
from rooms.core.shape import Field
from rooms.core.snapshot import ALL, FIELDS, HOWS, PATCH, SOME

LONG: Final = 200
"""Bytes of a table above which it is looked into: below, its whole is computed in a tenth of the time."""
TREE: Final = 48
"""The same of any other field."""
WORTH: Final = 0.8
"""A change larger than this part of the field's whole is not worth the reader's patching."""
REST: Final = 20
"""Frames for which a field is not looked into after that was not worth it."""

pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode
_write = msgspec.json.Encoder().encode
_first = itemgetter(0)
_WHAT: Final = [pack(what) for what in range(FIELDS + 256 * HOWS)]


class Changes(msgspec.Struct):
    """Pairs of what has changed and how, in msgpack and, should a viewer want it, in plain values for JSON."""

    packed: list[bytes] = []
    plain: list[Any] = []

    def add(self, what: int, packed: bytes, plain: Any) -> None:
        """One pair more: the change as msgpack has it, and as it is."""
        self.packed += (_WHAT[what], packed)
        self.plain += (what, plain)

    def put_first(self, what: int, packed: bytes, plain: Any) -> None:
        """One pair more, before the others."""
        self.packed[:0] = (_WHAT[what], packed)
        self.plain[:0] = (what, plain)

    def body(self, wire: Wire) -> bytes:
        """The pairs, encoded one behind the other: the items of an array without its ends."""
        return b"".join(self.packed) if wire == MSGPACK else _write(self.plain)[1:-1]


class Kept:
    """The keyframe's fields: as msgpack has them, and as plain values once they are needed."""

    __slots__ = ("fields", "in_order", "packed", "plain", "rest")

    def __init__(self, value: Any, fields: tuple[Field, ...], in_order: bool = True) -> None:
        """`fields` (): the value is one whole, whose parts have no numbers. `in_order`: rows with an id have one."""
        self.fields, self.in_order = fields, in_order
        self.packed = [pack(part) for part in (astuple(value) if fields else (value,))]
        self.plain: list[Any] = [None] * len(self.packed)
        self.rest = [0] * len(self.packed)

    def compare(self, value: Any, changes: Changes) -> None:
        """Add what is otherwise in `value`, field by field."""
        what, told, plain = FIELDS, changes.packed, changes.plain
        for part, before in zip(astuple(value), self.packed, strict=True):
            packed = pack(part)
            if packed != before and (len(packed) < TREE or not self._look_into(what, packed, changes)):
                told += (_WHAT[what], packed)  # as `add` does, without a call for each field of each tick
                plain += (what, part)
            what += HOWS

    def compare_whole(self, value: Any) -> Any:
        """The patch to `value`, or None."""
        packed = pack(value)
        return None if packed == self.packed[0] else diff(self._tree(0), _unpack(packed))

    def _look_into(self, what: int, packed: bytes, changes: Changes) -> bool:
        """Tell what has changed within a field; False when its whole serves better."""
        at = (what - FIELDS) // HOWS
        field = self.fields[at]
        if field.columns and len(packed) < LONG:
            return False
        if self.rest[at]:
            self.rest[at] -= 1
            return False
        how, change = _change(field, self._tree(at), _unpack(packed), self.in_order)
        told = pack(change)
        if change is None or len(told) > WORTH * len(packed):
            self.rest[at] = REST
            return False
        changes.add(what + how, told, change)
        return True

    def _tree(self, at: int) -> Any:
        if self.plain[at] is None:
            self.plain[at] = _unpack(self.packed[at])
        return self.plain[at]


def _change(field: Field, old: Any, new: Any, in_order: bool) -> tuple[int, Any]:
    """How a field has changed, and that. None: it cannot be told so."""
    if not field.columns:
        return PATCH, diff(old, new)
    if rows.is_for_all(old, new) and not (field.by_id and any(map(ne, map(_first, old), map(_first, new)))):
        return ALL, rows.diff_all(old, new)
    return SOME, rows.diff_some(old, new, field.by_id, in_order)


class Thrift:
    """When a new keyframe pays: what deltas have cost more than the least of them, it might have saved."""

    __slots__ = ("_least", "_size", "_whole", "count")

    EVERY: Final = 32
    """Deltas after which it is asked: 1.6 s at 20 ticks a second."""

    def __init__(self, whole: int) -> None:
        """`whole`: bytes of the keyframe."""
        self._whole = whole
        self.count = self._size = 0
        """`count`: deltas since it was asked."""
        self._least = -1

    def note(self, size: int, standing: int) -> None:
        """A delta of `size` bytes; `standing` of them are sure to be in each until the next keyframe."""
        self.count += 1
        self._size += size
        least = size - standing
        self._least = least if self._least < 0 else min(self._least, least)

    def is_time(self) -> bool:
        """Whether the last deltas have cost more than a keyframe."""
        if self.count < self.EVERY:
            return False
        spent = self._size - self.count * self._least
        self.count = self._size = 0
        return spent > self._whole
