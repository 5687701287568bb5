"""One view's frames: keyframes, and deltas against the last of them.

A delta never builds on a delta, so a reader may skip any of them (law 3). rooms/engine/fields.py finds what changed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from rooms import meters
from rooms.core.delta import Patch, diff
from rooms.core.game import Rules
from rooms.core.inputs import MSGPACK, Wire
from rooms.core.shape import shape_of
from rooms.core.snapshot import ACKS, GAME, MS, ROOM, more_acks
from rooms.engine.fields import Changes, Kept, Thrift, pack
from rooms.protocol.bus import SHARED, Piece, View, ViewFrame
from rooms.protocol.codec import dump, join_delta
from rooms.protocol.server import Frame

Acks = tuple[int, ...]


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


class ViewStream:
    """The state of one view between frames. `frames` gives the next frame in each wire format asked for.

    A set of wire formats that was handed in is kept, and must not change any more.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self._key: Shown | None = None
        self._kept = Kept(None, ())
        self._thrift = Thrift(0)
        self._wires: set[Wire] = set()
        self._last = b""
        """The changes that were told last; b"": none, the keyframe itself."""
        self._room: tuple[Any, Patch | None, bytes] = (None, None, b"")
        """The newest room part, its patch, and that encoded."""

    def frames(self, shown: Shown, wires: set[Wire], fresh: bool) -> list[ViewFrame]:
        """The frames of a tick; none when the viewers have all of it. `fresh`: give a keyframe."""
        key = self._key
        if key is None or fresh or self._must_renew(key, shown, wires):
            return self._keyframes(shown, wires)
        changes = self._changes(key, shown)
        body = b"".join(changes.packed)
        if not self._is_news(key, shown, body):
            return []
        meters.count("frames_encoded", len(wires))  # beside the frames clients get: none is encoded twice
        if _add_time(key, shown, changes):
            body = b"".join(changes.packed)
        age, base, count = shown.tick - key.tick, key.tick, len(changes.packed)
        frames = []
        for wire in wires:
            told = body if wire == MSGPACK else changes.body(wire)
            frames.append(ViewFrame(self.view, wire, base, join_delta(age, told, count, wire)))
        return frames

    def pieces(self, shown: Shown, wires: set[Wire], fresh: bool) -> tuple[list[ViewFrame], list[Piece], bool]:
        """The same for a view that others' pieces are put to: a keyframe, if need be; what is told of it in each delta
        of the tick; and whether any of that is news.
        """
        key = self._key
        if key is None or fresh or self._must_renew(key, shown, wires):
            frames = self._keyframes(shown, wires)
            return frames, [Piece(SHARED, wire, shown.tick) for wire in wires], True
        changes = self._changes(key, shown)
        news = self._is_news(key, shown, b"".join(changes.packed))
        _add_time(key, shown, changes)
        count = len(changes.packed)
        return [], [Piece(SHARED, wire, key.tick, changes.body(wire), count) for wire in wires], news

    def _must_renew(self, key: Shown, shown: Shown, wires: set[Wire]) -> bool:
        if type(shown.game) is not type(key.game) or not (wires is self._wires or wires <= self._wires):
            return True
        return self._thrift.count >= Thrift.EVERY and self._thrift.is_time()

    def _is_news(self, key: Shown, shown: Shown, body: bytes) -> bool:
        if body == self._last:
            return False
        self._last = body
        self._thrift.note(len(body), len(self._room[2]) if shown.room is not key.room else 0)
        return True

    def _changes(self, key: Shown, shown: Shown) -> Changes:
        changes = Changes()
        if shown.acks != key.acks:
            more = more_acks(key.acks, shown.acks)
            changes.add(ACKS, pack(more), more)
        if shown.room is not key.room:
            self._change_room(key, shown.room, changes)
        if self._kept.fields:
            self._kept.compare(shown.game, changes)
        elif (patch := self._kept.compare_whole(shown.game)) is not None:
            changes.add(GAME, pack(patch), patch)
        return changes

    def _change_room(self, key: Shown, room: Any, changes: Changes) -> None:
        if self._room[0] is not room:
            patch = diff(key.room, room)
            self._room = (room, patch, b"" if patch is None else pack(patch))
        if self._room[1] is not None:
            changes.add(ROOM, self._room[2], self._room[1])

    def _keyframes(self, shown: Shown, wires: set[Wire]) -> list[ViewFrame]:
        frame = Frame(shown.tick, shown.ms, shown.acks, whole_of(shown))
        frames = [ViewFrame(self.view, wire, -1, dump(frame, wire)) for wire in wires]
        meters.count("frames_encoded", len(frames))
        kind: Any = type(shown.game)
        self._kept = Kept(shown.game, shape_of(kind) if kind is shown.rules.view_type else ())
        self._key, self._wires, self._last, self._room = shown, wires, b"", (None, None, b"")
        self._thrift = Thrift(len(frames[0].payload))
        return frames


def _add_time(key: Shown, shown: Shown, changes: Changes) -> bool:
    """Put the room's time first, and return True, where it does not follow from the age."""
    after, hz = shown.ms - key.ms, shown.rules.tick_hz
    if (after * hz == (shown.tick - key.tick) * 1000) if hz else not after:
        return False
    changes.put_first(MS, pack(after), after)
    return True
