"""Keyframes and deltas of one view."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.core.delta import patch
from rooms.core.inputs import JSON, MSGPACK
from rooms.engine.frames import KEY_EVERY, ViewStream
from rooms.protocol.bus import SHARED, ViewFrame

BIG = {"still": ["x" * 40] * 10}
trees = st.fixed_dictionaries({"a": st.integers(0, 3), "b": st.lists(st.integers(0, 3), max_size=3)}).map(BIG.__or__)


class Reader:
    """A viewer that drops frames as it likes and must still be right after each one it applies."""

    def __init__(self) -> None:
        self.keys: dict[int, Any] = {}

    def read(self, frame: ViewFrame) -> Any:
        said = msgspec.json.decode(frame.payload)
        if frame.base == -1:
            self.keys = {said["tick"]: said["whole"]}
            return said["whole"]
        assert said["base"] == frame.base
        return patch(self.keys[frame.base], said.get("patch"))


@settings(deadline=None)
@given(st.lists(st.tuples(trees, st.booleans(), st.booleans()), max_size=30))
def test_any_delta_may_be_skipped(steps: list[tuple[Any, bool, bool]]) -> None:
    stream, reader = ViewStream(SHARED), Reader()
    shown = None
    for tick, (tree, fresh, skip) in enumerate(steps):
        frames = stream.frames(tree, (tick,), (tick, tick * 50), {JSON}, fresh)
        assert len(frames) == 1, "an acknowledgement is news"
        if skip and frames[0].base != -1:
            continue
        shown = reader.read(frames[0])
        assert shown == tree


def test_nothing_new_sends_nothing() -> None:
    stream = ViewStream(SHARED)
    assert len(stream.frames(BIG, (1,), (1, 50), {JSON}, False)) == 1
    assert stream.frames(dict(BIG), (1,), (2, 100), {JSON}, False) == []
    other = BIG | {"a": 1}
    assert stream.frames(other, (1,), (3, 150), {JSON}, False)[0].base == 1
    assert stream.frames(dict(other), (1,), (4, 200), {JSON}, False) == []
    back = stream.frames(dict(BIG), (1,), (5, 250), {JSON}, False)
    assert b"patch" not in back[0].payload, "equal to the base again: that is news too"


def test_where_everything_moves_the_whole_is_sent() -> None:
    stream = ViewStream(SHARED)
    frames = [stream.frames({"n": [n] * 20}, (), (n, n), {JSON}, False)[0] for n in range(30)]
    assert all(frame.base == -1 for frame in frames)


def test_deltas_are_refreshed_by_keyframes() -> None:
    stream = ViewStream(SHARED)
    bases = [stream.frames(BIG | {"a": n}, (), (n, n), {JSON}, False)[0].base for n in range(KEY_EVERY + 2)]
    assert bases.count(-1) == 2


def test_both_wires_get_the_same_state() -> None:
    stream = ViewStream(SHARED)
    for n in range(3):
        frames = stream.frames(BIG | {"a": n}, (n,), (n, n), {JSON, MSGPACK}, False)
        text, binary = sorted(frames, key=lambda frame: frame.wire)
        assert msgspec.json.decode(text.payload) == msgspec.msgpack.decode(binary.payload)


def test_a_wire_that_joins_later_gets_a_keyframe() -> None:
    stream = ViewStream(SHARED)
    stream.frames(BIG, (), (1, 1), {JSON}, False)
    frames = stream.frames(BIG, (), (2, 2), {JSON, MSGPACK}, False)
    assert {frame.base for frame in frames} == {-1}
