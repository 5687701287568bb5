"""One view's frames: keyframes, and deltas against the last of them.

A delta never builds on a delta, so a reader may skip any of them (law 3). What has changed is found field by field in
what msgpack makes of it: encoding a field takes less time than looking into it. Only where a changed field is long is
it looked into, and where that does not pay (everything moves) it is left alone for a while.

Times on the machine of docs/benchmarks.md are measured by its row "bytes".
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from rooms import meters
from rooms.core import rows
from rooms.core.delta import Patch, diff
from rooms.core.game import Rules
from rooms.core.inputs import MSGPACK, Wire
from rooms.core.shape import Field, shape_of
from rooms.core.snapshot import ACKS, ALL, FIELDS, GAME, HOWS, MS, PATCH, ROOM, SOME, more_acks
from rooms.protocol.bus import View, ViewFrame
from rooms.protocol.codec import dump, pack_delta
from rooms.protocol.server import Frame

KEY_EVERY: Final = 32
"""Deltas after which it is asked whether a new keyframe would pay: 1.6 s at 20 ticks a second."""
LONG: Final = 200
"""Bytes of a table above which it is looked into: below, its whole is computed in a tenth of the time."""
TREE: Final = 48
"""The same of any other field."""
WORTH: Final = 0.8
"""A change larger than this part of the field's whole is not worth the reader's patching."""
REST: Final = 20
"""Frames for which a field is not looked into after that was not worth it."""
Acks = tuple[int, ...]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode
_WHAT: Final = [_encode(what) for what in range(FIELDS + 256 * HOWS)]
_encode_json = msgspec.json.Encoder().encode


class Shown(msgspec.Struct, frozen=True):
    """What a view shows at a tick. `room`: the same object as long as it is the same. `game`: as the rules gave it."""

    tick: int
    ms: int
    acks: Acks
    room: Any
    game: Any
    rules: Rules


def whole_of(shown: Shown) -> Any:
    """As a keyframe or a welcome has it."""
    return {"room": shown.room, "game": shown.game}


class _Key:
    """The last keyframe: each field as msgpack has it, and as plain values once they are needed."""

    def __init__(self, shown: Shown) -> None:
        self.tick, self.ms, self.acks, self.room = shown.tick, shown.ms, shown.acks, shown.room
        self.kind: Any = type(shown.game)
        self.fields = fields = shape_of(self.kind) if self.kind is shown.rules.view_type else ()
        self.packed = [_encode(value) for value in (astuple(shown.game) if fields else (shown.game,))]
        self.plain: list[Any] = [None] * len(self.packed)
        self.rest = [0] * len(self.packed)

    def tree(self, at: int) -> Any:
        if self.plain[at] is None:
            self.plain[at] = _decode(self.packed[at])
        return self.plain[at]


class _Delta:
    """A delta being put together, in msgpack and, when a viewer wants it, in plain values for JSON."""

    __slots__ = ("packed", "plain")

    def __init__(self) -> None:
        self.packed: list[bytes] = []
        self.plain: list[Any] = []

    def add(self, what: int, packed: bytes, plain: Any) -> None:
        self.packed += (_WHAT[what], packed)
        self.plain += (what, plain)


class ViewStream:
    """The state of one view between frames. `frames` gives the next frame in each wire format asked for."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._key: _Key | None = None
        self._wires: set[Wire] = set()
        self._last = b""
        """The changes that were told last; b"": none, the keyframe itself."""
        self._room: tuple[Any, Patch | None, bytes] = (None, None, b"")
        """The newest room part, its patch, and that encoded."""
        self._count = self._size = self._least = self._whole = 0

    def frames(self, shown: Shown, wires: set[Wire], fresh: bool) -> list[ViewFrame]:
        """The frames of a tick; none when the viewers have all of it. `fresh`: give a keyframe."""
        key = self._key
        if fresh or key is None or type(shown.game) is not key.kind or not wires <= self._wires or self._is_time():
            return self._keyframes(shown, wires)
        delta = self._delta(key, shown)
        body = b"".join(delta.packed)
        if body == self._last:
            return []
        self._last = body
        self._count += 1
        standing = len(body) - len(self._room[2]) if shown.room is not key.room else len(body)
        self._least = standing if self._least < 0 else min(self._least, standing)
        self._size += len(body)
        return [self._frame(key, shown, delta, body, wire) for wire in wires]

    def _is_time(self) -> bool:
        """Whether a keyframe would have paid over the last deltas.

        The least of them tells what one costs when little has changed for good; what the others had more, a keyframe
        might have saved.
        """
        if self._count < KEY_EVERY:
            return False
        spent = self._size - self._count * self._least
        self._count = self._size = 0
        return spent > self._whole

    def _frame(self, key: _Key, shown: Shown, delta: _Delta, body: bytes, wire: Wire) -> ViewFrame:
        meters.count("frames_encoded")  # beside the frames that clients get, it proves that none is encoded twice
        age, after = shown.tick - key.tick, shown.ms - key.ms
        hz = shown.rules.tick_hz
        follows = after * hz == age * 1000 if hz else after == 0
        if wire == MSGPACK:
            count, head = len(delta.packed), b"" if follows else _WHAT[MS] + _encode(after)
            payload = pack_delta(age, head + body, count if follows else count + 2)
        else:
            payload = _encode_json([age, *delta.plain] if follows else [age, MS, after, *delta.plain])
        return ViewFrame(self.view, wire, key.tick, payload)

    def _delta(self, key: _Key, shown: Shown) -> _Delta:
        delta = _Delta()
        if shown.acks != key.acks:
            more = more_acks(key.acks, shown.acks)
            delta.add(ACKS, _encode(more), more)
        if shown.room is not key.room:
            self._change_room(key, shown.room, delta)
        if not key.fields:
            packed = _encode(shown.game)
            if packed != key.packed[0]:
                patch = diff(key.tree(0), _decode(packed))
                delta.add(GAME, _encode(patch), patch)
            return delta
        for at, (value, before) in enumerate(zip(astuple(shown.game), key.packed, strict=True)):
            packed = _encode(value)
            if packed != before:
                what = FIELDS + at * HOWS
                if len(packed) < TREE or not self._look_into(key, at, packed, delta):
                    delta.add(what, packed, value)
        return delta

    def _change_room(self, key: _Key, room: Any, delta: _Delta) -> None:
        if self._room[0] is not room:
            patch = diff(key.room, room)
            self._room = (room, patch, _encode(patch))
        if self._room[1] is not None:
            delta.add(ROOM, self._room[2], self._room[1])

    def _look_into(self, key: _Key, at: int, packed: bytes, delta: _Delta) -> bool:
        """Tell what has changed within a field; False when its whole serves better."""
        field = key.fields[at]
        if field.columns and len(packed) < LONG:
            return False
        if key.rest[at]:
            key.rest[at] -= 1
            return False
        how, change = _change(field, key.tree(at), _decode(packed))
        told = _encode(change)
        if change is None or len(told) > WORTH * len(packed):
            key.rest[at] = REST
            return False
        delta.add(FIELDS + at * HOWS + how, told, change)
        return True

    def _keyframes(self, shown: Shown, wires: set[Wire]) -> list[ViewFrame]:
        frame = Frame(shown.tick, shown.ms, shown.acks, whole_of(shown))
        frames = [ViewFrame(self.view, wire, -1, dump(frame, wire)) for wire in wires]
        meters.count("frames_encoded", len(frames))
        self._key, self._wires, self._last, self._room = _Key(shown), set(wires), b"", (None, None, b"")
        self._count, self._size, self._least, self._whole = 0, 0, -1, len(frames[0].payload)
        return frames


def _change(field: Field, old: Any, new: Any) -> tuple[int, Any]:
    """How a field has changed, and that. None: it cannot be told so."""
    if not field.columns:
        return PATCH, diff(old, new)
    if rows.is_for_all(old, new):
        return ALL, rows.diff_all(old, new)
    return SOME, rows.diff_some(old, new, field.by_id)
