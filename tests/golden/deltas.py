"""Writes tests/golden/deltas.json: wholes, deltas, and what they lead to. `python -m tests.golden.deltas`

The engine's own code makes the deltas (rooms/engine/frames.py). test_deltas.py holds the file to
rooms/core/snapshot.py; tests/js/net/delta.test.js holds static/js/net/delta.js to the file.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from rooms.core.inputs import JSON, MSGPACK
from rooms.core.shape import names_of
from rooms.core.snapshot import FIELDS
from rooms.engine.frames import Shown, ViewStream
from rooms.games import get_rules
from rooms.protocol.bus import SHARED

FILE = Path(__file__).with_name("deltas.json")
HZ = 20
RANDOM_CASES = 12


class Ship(Struct, array_like=True):
    seat: int
    x: int
    y: int


class Shot(Struct, array_like=True):
    id: int
    x: int
    y: int
    life: int


class View(Struct):
    left: int
    ships: list[Ship]
    shots: list[Shot]
    board: dict[str, Any]
    words: str | None = None


ROOM: dict[str, Any] = {"phase": "playing", "host": "ann", "seats": [{"name": "Ann", "here": True}, None]}
SHIPS = [Ship(at, at * 100, at * 70) for at in range(60)]
SHOTS = [Shot(at + 900, at * 90, at * 31, 20) for at in range(40)]
BOARD = {"cells": list(range(60)), "turn": 0}
BASE = View(100, SHIPS, SHOTS, BOARD)
RULES = replace(get_rules("arena"), view_type=View, tick_hz=HZ)


def moved(rows: list[Any], which: range, x: int, y: int) -> list[Any]:
    """The same rows, some of them elsewhere."""
    there = set(which)
    return [
        msgspec.structs.replace(row, x=row.x + x, y=row.y + y) if at in there else row for at, row in enumerate(rows)
    ]


def shown(tick: int, game: Any = BASE, acks: tuple[int, ...] = (4, 7), room: Any = ROOM, ms: int = -1) -> Shown:
    """What is seen at a tick; `ms` -1: what the age says."""
    return Shown(tick, tick * 50 if ms < 0 else ms, acks, room, game, RULES)


def changed(**fields: Any) -> View:
    """The base, with some fields otherwise."""
    return msgspec.structs.replace(BASE, **fields)


BY_HAND: list[tuple[str, Shown]] = [
    ("an acknowledgement", shown(101, acks=(5, 7))),
    ("acknowledgements of more seats", shown(101, acks=(4, 7, 0, 300))),
    ("a seat's next player", shown(101, acks=(4, 1))),
    ("another time than the age says", shown(103, acks=(5, 7), ms=9999)),
    ("the room alone", shown(102, room={**ROOM, "phase": "finished", "host": None})),
    ("one number", shown(140, changed(left=60))),
    ("a value becomes text", shown(101, changed(words="naïve 🦜"))),
    ("one row", shown(101, changed(ships=moved(SHIPS, range(59, 60), 3, -2)))),
    ("one column of one row", shown(101, changed(ships=moved(SHIPS, range(1), 0, 200)))),
    ("some rows", shown(101, changed(ships=moved(SHIPS, range(3, 60, 9), -40, 700)))),
    ("all rows", shown(101, changed(ships=moved(SHIPS, range(60), 5, -5)))),
    ("one column of all rows", shown(101, changed(ships=moved(SHIPS, range(60), 0, -300)))),
    ("rows added", shown(101, changed(ships=[*SHIPS, Ship(60, 1, 2)]))),
    ("rows cut off", shown(101, changed(ships=SHIPS[:-4]))),
    ("rows gone from the middle", shown(101, changed(shots=SHOTS[:7] + SHOTS[12:]))),
    (
        "rows gone, moved and added",
        shown(101, changed(shots=[*moved(SHOTS[2:], range(5, 9), 9, 8), Shot(999, 1, 2, 3)])),
    ),
    ("all rows gone", shown(101, changed(ships=[], shots=[]))),
    ("rows in another order", shown(101, changed(shots=SHOTS[::-1]))),
    ("a tree", shown(101, changed(board={"cells": [*range(59), 77], "turn": 1, "__proto__": 1}))),
    ("several things", shown(250, changed(left=1, ships=moved(SHIPS, range(9), 1, 1), board={}), (5, 9), {**ROOM})),
    ("an age of two bytes", shown(100 + 128, changed(left=2))),
    ("an age of three bytes", shown(100 + 700, changed(left=2))),
    ("as the base", shown(101, msgspec.structs.replace(BASE))),
]

MISFITS: list[tuple[str, list[Any]]] = [
    ("a field that is not there", [1, FIELDS + 4 * 9, 0]),
    ("a row that is not there", [1, FIELDS + 4 * 1 + 2, [60 << 3 | 1, 1]]),
    ("a difference is missing", [1, FIELDS + 4 * 1 + 2, [0b11, 1]]),
    ("too few differences for all rows", [1, FIELDS + 4 * 1 + 3, [1, 1, 2]]),
    ("too many differences for all rows", [1, FIELDS + 4 * 1 + 3, [1, *range(61)]]),
    ("a row is dropped that is not there", [1, FIELDS + 4 * 2 + 2, [[40], []]]),
    ("a patch of the room that does not fit", [1, 2, [1, {"nothing": [1, {}]}]]),
]


def cases() -> dict[str, Any]:
    """Everything that stands in the file."""
    listed = BY_HAND + [(f"random {number}", _random(Random(number))) for number in range(RANDOM_CASES)]
    base = _tree(shown(100))
    reading = {"fields": names_of(View), "tick_hz": HZ}
    misfit = [{"name": name, "delta": delta} for name, delta in MISFITS]
    return {"reading": [reading], "base": [base], "fit": [_case(*case) for case in listed], "misfit": misfit}


def _case(name: str, now: Shown) -> dict[str, Any]:
    stream = ViewStream(SHARED)
    stream.frames(shown(100), {JSON, MSGPACK}, True)
    frames = {frame.wire: frame for frame in stream.frames(now, {JSON, MSGPACK}, False)}
    delta = msgspec.json.decode(frames[JSON].payload) if frames else [now.tick - 100]
    packed = frames[MSGPACK].payload if frames else msgspec.msgpack.encode(delta)
    return {"name": name, "delta": delta, "hex": packed.hex(), "after": _tree(now)}


def _tree(one: Shown) -> dict[str, Any]:
    """A snapshot in plain values."""
    room, game = one.room, msgspec.to_builtins(one.game)
    return {"tick": one.tick, "ms": one.ms, "acks": list(one.acks), "whole": {"room": room, "game": game}}


def _random(dice: Random) -> Shown:
    ships = [
        Ship(one.seat, one.x + dice.randrange(-99, 99), one.y) if dice.random() < dice.random() else one
        for one in SHIPS
    ]
    shots = [one for one in moved(SHOTS, range(dice.randrange(1, 40), 40, 3), 7, -1) if dice.random() < 0.8]
    shots += [Shot(950 + at, dice.randrange(9999), 0, 26) for at in range(dice.randrange(5))]
    game = View(dice.randrange(200), ships[: dice.randrange(50, 61)], shots, BOARD)
    return shown(100 + dice.randrange(1, 400), game, (4, 7 + dice.randrange(99)))


def text() -> str:
    """The file's text: one case a line, so that a change shows where it is."""
    parts = [
        f' "{part}": [\n' + ",\n".join(f"  {json.dumps(case, ensure_ascii=True)}" for case in listed) + "\n ]"
        for part, listed in cases().items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text())
