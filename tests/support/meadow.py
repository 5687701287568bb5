"""A game for tests whose viewers get different parts: sheep on a large meadow seen cell by cell, and a hand of cards.

rules = meadow.RULES          # 4 by 4 cells of 10 by 10; a seat sees its cell and the one to its right
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from msgspec import Struct

from rooms.core.game import Input, Now, Outcome, Rules, Seats, Step, read_rules
from rooms.core.ids import Seat
from rooms.core.rng import Rng

SIDE, WIDE = 10, 4


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    sheep: int = 40


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    """Walk there, and draw a card."""

    x: int
    y: int


class Sheep(Struct, array_like=True):
    id: int
    x: int
    y: int


class State(Struct):
    sheep: list[Sheep]
    places: list[tuple[int, int]]
    hands: list[list[int]]
    """Both by seat."""
    turn: int = 0


class Cell(Struct):
    number: int
    sheep: list[Sheep]


class View(Struct):
    turn: int
    cells: list[Cell] = []
    hand: list[int] | None = None


class Private(Struct):
    hand: list[int]


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    far = SIDE * WIDE - 1
    sheep = [Sheep(at, rng.between(0, far), rng.between(0, far)) for at in range(options.sheep)]
    return State(sheep, [(0, 0)] * 4, [[], [], [], []])


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    for given in inputs:
        state.turn += 1
        state.places[given.seat] = (given.move.x, given.move.y)
        state.hands[given.seat].append(1000 + rng.below(1000))
        for one in state.sheep[:: rng.between(2, 9)]:
            one.x = (one.x + rng.between(-2, 2)) % (SIDE * WIDE)
            one.y = (one.y + rng.between(-2, 2)) % (SIDE * WIDE)
    return Step(state)


def cell_of(x: int, y: int) -> int:
    return y // SIDE * WIDE + x // SIDE


def view(state: State, seat: Seat | None) -> View:
    return View(state.turn)


def private(state: State, seat: Seat) -> Private:
    return Private(state.hands[seat])


def cells(state: State) -> dict[int, Cell]:
    found: dict[int, Cell] = {}
    for one in state.sheep:
        number = cell_of(one.x, one.y)
        found.setdefault(number, Cell(number, [])).sheep.append(one)
    return found


def cells_seen(state: State, seat: Seat | None) -> set[int]:
    if seat is None:
        return {0}
    here = cell_of(*state.places[seat])
    return {here, here + 1}


def outcome(state: State) -> Outcome | None:
    return None


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    return Move(rng.below(SIDE * WIDE), rng.below(SIDE * WIDE))


PARTS: dict[str, Any] = {
    "TITLE": "Meadow", "SUMMARY": "Sheep and cards.", "SEATS": Seats(1, 4), "TICK_HZ": 0, "Options": Options,
    "Move": Move, "State": State, "View": View, "Private": Private, "Cell": Cell, "setup": setup, "step": step,
    "view": view, "private": private, "cells": cells, "cells_seen": cells_seen, "outcome": outcome,
    "sample_move": sample_move,
}  # fmt: skip
RULES: Rules = read_rules("meadow", SimpleNamespace(**PARTS))
