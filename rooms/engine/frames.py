"""One view's frames: keyframes, and deltas against the last of them.

A delta never builds on a delta, so a reader may skip any of them (law 3). A tick whose delta would not be much
smaller than the whole is sent as a keyframe, and for a while no delta is tried: in a room where everything moves,
computing one is wasted.
"""

from __future__ import annotations

from typing import Any, Final

from rooms import meters
from rooms.core.delta import Patch, diff
from rooms.core.inputs import Wire
from rooms.protocol.bus import View, ViewFrame
from rooms.protocol.codec import dump
from rooms.protocol.server import Frame

KEY_EVERY: Final = 60
"""Frames after which a new keyframe is made, so that deltas stay small: 3 s at 20 ticks a second."""
WORTH: Final = 0.7
"""A delta larger than this part of the keyframe is not worth the reader's patching."""
REST: Final = 10
"""Frames for which no delta is tried after one was not worth it."""
Acks = tuple[int | None, ...]


class ViewStream:
    """The state of one view between frames. `payloads` gives the next frame in each wire format asked for."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._key: Any = None
        self._key_tick = -1
        self._key_bytes: dict[Wire, int] = {}
        self._last: tuple[Patch | None, Acks] | None = None
        self._age = self._rest = 0

    def frames(self, tree: Any, acks: Acks, at: tuple[int, int], wires: set[Wire], fresh: bool) -> list[ViewFrame]:
        """The frames of tick `at` = (tick, ms); none when the viewers have all of it. `fresh`: give a keyframe."""
        tick, ms = at
        if not fresh and self._key is not None and self._age < KEY_EVERY and wires <= self._key_bytes.keys():
            if self._rest == 0:
                patch = diff(self._key, tree)
                if (patch, acks) == self._last:
                    return []
                frames = self._deltas(Frame(tick, ms, acks, base=self._key_tick, patch=patch), wires)
                if frames:
                    self._last = (patch, acks)
                    self._age += 1
                    return frames
                self._rest = REST
            elif tree == self._key and self._last == (None, acks):
                return []
            else:
                self._rest -= 1
        return self._keyframes(tree, Frame(tick, ms, acks, whole=tree), wires)

    def _deltas(self, frame: Frame, wires: set[Wire]) -> list[ViewFrame]:
        frames = []
        for wire in wires:
            payload = _dump(frame, wire)
            if len(payload) > WORTH * self._key_bytes[wire]:
                return []
            frames.append(ViewFrame(self.view, wire, self._key_tick, payload))
        return frames

    def _keyframes(self, tree: Any, frame: Frame, wires: set[Wire]) -> list[ViewFrame]:
        frames = [ViewFrame(self.view, wire, -1, _dump(frame, wire)) for wire in wires]
        self._key, self._key_tick, self._age = tree, frame.tick, 0
        self._key_bytes = {made.wire: len(made.payload) for made in frames}
        self._last = (None, frame.acks)
        return frames


def _dump(frame: Frame, wire: Wire) -> bytes:
    meters.count("frames_encoded")  # beside the frames that clients get, it proves that none is encoded twice
    return dump(frame, wire)
