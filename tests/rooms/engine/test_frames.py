"""Keyframes and deltas of one view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from rooms.core.inputs import JSON, MSGPACK, Wire
from rooms.core.shape import names_of
from rooms.core.snapshot import Reading, Snapshot, later
from rooms.engine.fields import REST, Thrift
from rooms.engine.frames import Shown, ViewStream
from rooms.games import get_rules
from rooms.protocol.bus import SHARED, ViewFrame
from rooms.protocol.codec import parse_server
from rooms.protocol.server import Delta, Frame

HZ = 20


class Point(Struct, array_like=True):
    id: int
    x: int
    y: int


class View(Struct):
    left: int
    points: list[Point]
    named: dict[str, Any]
    note: str | None = None


RULES = replace(get_rules("arena"), view_type=View, tick_hz=HZ)
ROOM = {"phase": "playing", "seats": [None, {"name": "Ann", "here": True}]}
CALM = View(1, [], {})
points = st.lists(st.builds(Point, st.integers(0, 30), st.integers(-500, 500), st.just(0)), max_size=60)
views = st.builds(
    View,
    st.integers(0, 9),
    points,
    st.dictionaries(st.text(max_size=9), st.integers(-(2**53), 2**53) | st.text(), max_size=5),
    st.none(),
)
rooms = st.sampled_from([ROOM, {**ROOM, "phase": "finished"}, {"phase": "playing", "seats": []}])


def shown(tick: int, game: Any = CALM, acks: tuple[int, ...] = (), room: Any = ROOM, ms: int | None = None) -> Shown:
    return Shown(tick, tick * 1000 // HZ if ms is None else ms, acks, room, game, RULES)


class Reader:
    """A viewer that drops deltas as it likes and must still be right after each one it applies."""

    def __init__(self, wire: Wire = MSGPACK) -> None:
        self.wire = wire
        self.base: Snapshot | None = None

    def read(self, frame: ViewFrame) -> Snapshot:
        said = parse_server(frame.payload, self.wire)
        if isinstance(said, Frame):
            assert frame.base == -1
            self.base = Snapshot(said.tick, said.ms, said.acks, said.whole["room"], said.whole["game"])
            return self.base
        assert isinstance(said, Delta)
        assert self.base is not None
        assert frame.base == self.base.tick
        return later(self.base, said.age, said.changes, Reading(names_of(View), HZ))


def plain(one: Shown) -> Snapshot:
    return Snapshot(one.tick, one.ms, one.acks, one.room, msgspec.to_builtins(one.game))


@settings(deadline=None)
@given(st.lists(st.tuples(views, rooms, st.integers(0, 9), st.integers(0, 60), st.booleans(), st.booleans())))
def test_any_delta_may_be_skipped(steps: list[tuple[View, Any, int, int, bool, bool]]) -> None:
    stream, readers = ViewStream(SHARED), {wire: Reader(wire) for wire in (JSON, MSGPACK)}
    for tick, (view, room, ack, slip, fresh, skip) in enumerate(steps):
        now = shown(tick, view, (tick + 1, ack), room, tick * 50 + slip)
        frames = stream.frames(now, {JSON, MSGPACK}, fresh)
        assert sorted(frame.wire for frame in frames) == [JSON, MSGPACK], "an acknowledgement is news"
        for frame in frames:
            if not skip or frame.base == -1:
                assert readers[frame.wire].read(frame) == plain(now)


def moving(count: int, moved: int, step: int) -> View:
    """`count` points of which the first `moved` have gone `step` further."""
    return View(1, [Point(at, at * 40 + step * (at < moved), at * 30) for at in range(count)], {})


@pytest.mark.parametrize(("moved", "most"), [(1, 9), (50, 342), (100, 668)])
def test_a_hundred_entities(moved: int, most: int) -> None:
    stream, reader = ViewStream(SHARED), Reader()
    reader.read(*stream.frames(shown(0, moving(100, 0, 0)), {MSGPACK}, False))
    for tick in range(1, 60):
        now = shown(tick, moving(100, moved, tick))
        (frame,) = stream.frames(now, {MSGPACK}, False)
        assert len(frame.payload) <= most
        assert reader.read(frame) == plain(now)


def test_nothing_new_sends_nothing() -> None:
    stream = ViewStream(SHARED)
    assert len(stream.frames(shown(1), {JSON}, False)) == 1
    assert stream.frames(shown(2, View(1, [], {})), {JSON}, False) == []
    other = View(2, [], {})
    assert stream.frames(shown(3, other), {JSON}, False)[0].base == 1
    assert stream.frames(shown(4, View(2, [], {})), {JSON}, False) == []
    (back,) = stream.frames(shown(5), {JSON}, False)
    assert back.payload == b"[4]", "equal to the base again: that is news too"
    assert stream.frames(shown(6, room=dict(ROOM)), {JSON}, False) == [], "another object of the same content"


def test_time_is_told_where_it_does_not_follow_from_the_age() -> None:
    stream, reader = ViewStream(SHARED), Reader(JSON)
    reader.read(*stream.frames(shown(1), {JSON}, False))
    (steady,) = stream.frames(shown(2, View(2, [], {})), {JSON}, False)
    assert steady.payload == b"[1,8,2]"
    (late,) = stream.frames(shown(3, View(3, [], {}), ms=1000), {JSON}, False)
    assert late.payload == b"[2,1,950,8,3]"
    assert reader.read(late).ms == 1000


def test_where_everything_moves_the_table_is_sent_as_it_is_and_rests() -> None:
    stream, table = ViewStream(SHARED), [Point(at, 0, 0) for at in range(80)]
    stream.frames(shown(0, View(0, table, {})), {JSON}, False)
    hows = []
    for tick in range(1, REST + 3):
        wild = [Point(at + tick * 100, at * 10**9 * tick, at * -(10**9)) for at in range(80)]
        (frame,) = stream.frames(shown(tick, View(0, wild, {})), {JSON}, False)
        said = parse_server(frame.payload, JSON)
        assert isinstance(said, Delta)
        hows.append(said.changes[0])
    assert set(hows) == {12}, "field 1, as it is"


def test_a_keyframe_comes_when_deltas_have_cost_more_than_it() -> None:
    stream = ViewStream(SHARED)
    long = {"words": "x" * 100}
    bases = [stream.frames(shown(n, View(n, [], long if n > 5 else {})), {JSON}, False)[0].base for n in range(60)]
    assert bases.count(-1) == 2, "the long words would be in each delta for ever"
    assert bases.index(-1, 1) == Thrift.EVERY + 1
    calm = ViewStream(SHARED)
    assert [calm.frames(shown(n, View(n, [], {})), {JSON}, False)[0].base for n in range(300)].count(-1) == 1


def test_a_game_that_begins_or_ends_makes_a_keyframe() -> None:
    stream = ViewStream(SHARED)
    bases = [stream.frames(shown(n, game), {JSON}, False)[0].base for n, game in enumerate((None, CALM, None))]
    assert bases == [-1, -1, -1]


def test_a_view_that_is_no_struct_is_patched_as_a_tree() -> None:
    stream, reader = ViewStream(SHARED), Reader(JSON)
    said = []
    for tick in range(3):
        now = shown(tick, {"board": list(range(100)), "turn": tick})
        said += stream.frames(now, {JSON}, False)
        assert reader.read(said[-1]) == plain(now)
    assert said[-1].payload == b'[2,3,[1,{"turn":[0,2]}]]'


def test_a_wire_that_joins_later_gets_a_keyframe() -> None:
    stream = ViewStream(SHARED)
    stream.frames(shown(1), {JSON}, False)
    frames = stream.frames(shown(2), {JSON, MSGPACK}, False)
    assert {frame.base for frame in frames} == {-1}


def test_a_view_may_share_its_rows_with_the_state() -> None:
    """The rules change them in the next step: what was the keyframe must not change with them."""
    stream, reader = ViewStream(SHARED), Reader()
    rows = [Point(at, 0, 0) for at in range(60)]
    reader.read(*stream.frames(shown(0, View(0, rows, {})), {MSGPACK}, False))
    rows[7].x = 5
    (frame,) = stream.frames(shown(1, View(0, rows, {})), {MSGPACK}, False)
    assert reader.read(frame).game["points"][7] == [7, 5, 0]
