"""What is told of a struct's fields. test_frames.py shows that it is right; this, how it is told."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from rooms.core.inputs import JSON, MSGPACK
from rooms.core.shape import shape_of
from rooms.engine.fields import LONG, REST, Changes, Kept, Thrift


class View(Struct):
    n: int
    tree: dict[str, Any]
    rows: list[tuple[int, int]]


BASE = View(1, {"words": ["x"] * 40}, [(at, at) for at in range(100)])


def told(kept: Kept, view: View) -> list[Any]:
    changes = Changes()
    kept.compare(view, changes)
    return changes.plain


def test_short_fields_are_sent_as_they_are_and_long_ones_by_what_changed() -> None:
    kept = Kept(BASE, shape_of(View))
    moved = [(at + (at == 9), at) for at in range(100)]
    words = {"words": ["x"] * 39 + ["y"]}
    assert told(kept, View(2, words, moved)) == [8, 2, 13, [1, {"words": [2, 40, [39, [0, "y"]]]}], 18, [9 << 2 | 1, 1]]
    short = Kept(View(1, {}, [(1, 1)]), shape_of(View))
    assert told(short, View(1, {"a": 1}, [(2, 2)])) == [12, {"a": 1}, 16, [(2, 2)]]
    assert LONG > 100


def test_true_is_not_one() -> None:
    assert told(Kept(BASE, shape_of(View)), View(True, BASE.tree, BASE.rows)) == [8, True]


def test_a_field_in_which_everything_changes_rests() -> None:
    kept = Kept(BASE, shape_of(View))
    wild = View(1, BASE.tree, [(at * 10**6, -at * 10**6) for at in range(100)])
    for _ in range(REST + 1):
        assert told(kept, wild)[0] == 16
    assert kept.rest[2] in (0, REST)


def test_both_wires_have_the_same_items() -> None:
    changes = Changes()
    Kept(BASE, shape_of(View)).compare(View(3, {}, BASE.rows), changes)
    assert changes.body(JSON) == b"8,3,12,{}"
    assert changes.body(MSGPACK) == b"\x08\x03\x0c\x80"


def test_a_keyframe_pays_when_deltas_have_cost_more_than_it() -> None:
    thrift = Thrift(100)
    for _ in range(Thrift.EVERY):
        thrift.note(10, 0)
    assert not thrift.is_time(), "they cannot be smaller"
    for at in range(Thrift.EVERY):
        thrift.note(20, 10 if at % 2 else 0)
    assert thrift.is_time()
