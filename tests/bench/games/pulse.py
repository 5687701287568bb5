"""Nothing but ticks: a state of 8 ships, about 470 bytes, in which each step changes one number. Nobody moves."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from rooms.core.game import Input, Now, Outcome, Seats, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng

TITLE = "Pulse"
SUMMARY = "Ticks, and nothing else."
SEATS = Seats(1, 8)
TICK_HZ = 20
ABSENT = "wait"
SHIPS = 8


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Ship(Struct, array_like=True):
    x: float
    y: float
    vx: float
    vy: float
    aim: float
    shield: int
    score: int
    name: str


class State(Struct):
    ships: list[Ship]
    count: int = 0


class View(Struct):
    ships: list[tuple[int, int, int]]
    count: int


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    return State(
        [Ship(100.5 + 10 * at, 200.25, 1.5, -2.5, 0.75, 1000, 1000 + at, f"bo{at:02d}") for at in range(SHIPS)]
    )


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    state.count += 1
    return Step(state)


def view(state: State, seat: Seat | None) -> View:
    return View([(int(ship.x), int(ship.y), ship.score) for ship in state.ships], state.count)


def outcome(state: State) -> Outcome | None:
    return None


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    return None
