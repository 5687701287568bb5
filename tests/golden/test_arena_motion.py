"""The golden motion of ships is what arena.py computes; tests/js/games reads the same file."""

from __future__ import annotations

import json
from itertools import pairwise
from math import sin, tau
from typing import Any

from rooms.games import arena
from tests.golden.write_arena_motion import GOLDEN, golden, render


def written() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return loaded


def test_the_file_is_up_to_date() -> None:
    assert written() == json.loads(json.dumps(golden())), "run python -m tests.golden.write_arena_motion"
    assert GOLDEN.read_text(encoding="utf-8") == render()


def test_it_holds_all_that_can_go_wrong() -> None:
    far_x, far_y = 16 * 2400 - arena.SHIP, 16 * 1350 - arena.SHIP
    steps = [(a, b) for path in written()["paths"] for a, b in pairwise(path["rows"])]
    turned_back = {
        "left": any(a[3] < 0 < b[3] and b[0] < far_x / 2 for a, b in steps),
        "right": any(a[3] > 0 > b[3] and b[0] > far_x / 2 for a, b in steps),
        "top": any(a[4] < 0 < b[4] and b[1] < far_y / 2 for a, b in steps),
        "bottom": any(a[4] > 0 > b[4] and b[1] > far_y / 2 for a, b in steps),
    }
    assert all(turned_back.values()), turned_back
    assert any(a[2] > 4000 and b[2] < 100 for a, b in steps), "no turn over 0 to the right"
    assert any(a[2] < 100 and b[2] > 4000 for a, b in steps), "no turn over 0 to the left"
    assert {1, 2, 4, 5} <= {held for path in written()["paths"] for held in path["controls"]}


def test_every_ship_stays_within_the_walls() -> None:
    for path in written()["paths"]:
        for x, y, angle, *_ in path["rows"]:
            assert arena.SHIP <= x <= 16 * path["width"] - arena.SHIP
            assert arena.SHIP <= y <= 16 * path["height"] - arena.SHIP
            assert 0 <= angle < 4096


def test_the_sine_is_near_the_true_one() -> None:
    assert all(abs(value / 16384 - sin(angle * tau / 4096)) < 0.0017 for angle, value in enumerate(arena.SINE))
