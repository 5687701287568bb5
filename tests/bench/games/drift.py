"""Eight ships on a square and a coin. A ship always moves; its player turns it. Who comes near the coin takes it."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin
from typing import Annotated

from msgspec import Meta, Struct

from rooms.core.game import Input, Now, Outcome, Seats, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng

TITLE = "Drift"
SUMMARY = "Steer a ship that never stops, and take the coin."
SEATS = Seats(1, 8)
TICK_HZ = 20
LATE_JOIN = True
SIDE, SPEED, HEADINGS, NEAR = 1000, 8, 64, 24
DX = [round(SPEED * cos(2 * pi * heading / HEADINGS)) for heading in range(HEADINGS)]
DY = [round(SPEED * sin(2 * pi * heading / HEADINGS)) for heading in range(HEADINGS)]


class Options(Struct, frozen=True):
    pass


class Move(Struct, frozen=True):
    """Head that way; `mark`: the number of this input."""

    heading: Annotated[int, Meta(ge=0, lt=HEADINGS)]
    mark: Annotated[int, Meta(ge=0, lt=2**32)]


class Ship(Struct, array_like=True):
    x: int
    y: int
    heading: int
    score: int = 0
    mark: int = 0


class State(Struct):
    """`n` counts the states; `ships` goes by seat."""

    n: int
    coin_x: int
    coin_y: int
    ships: list[Ship]


View = State


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    return State(0, 500, 500, [_ship(seat) for seat in range(max(seats) + 1)])


def _ship(seat: int) -> Ship:
    return Ship(100 + 100 * seat, 500, 8 * seat)


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    state.n += 1
    ships = state.ships
    for given in inputs:
        ship = ships[given.seat]
        ship.heading, ship.mark = given.move.heading, given.move.mark
    for ship in ships:
        ship.x = x = min(max(ship.x + DX[ship.heading], 0), SIDE)
        ship.y = y = min(max(ship.y + DY[ship.heading], 0), SIDE)
        if abs(x - state.coin_x) <= NEAR and abs(y - state.coin_y) <= NEAR:
            ship.score += 1
            state.coin_x = (state.coin_x * 7 + state.n) % SIDE
            state.coin_y = (state.coin_y * 11 + state.n) % SIDE
    return Step(state)


def view(state: State, seat: Seat | None) -> View:
    return state


def outcome(state: State) -> Outcome | None:
    return None


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    return Move(rng.below(HEADINGS), state.n)


def join(state: State, seat: Seat, rng: Rng) -> State:
    while len(state.ships) <= seat:
        state.ships.append(_ship(len(state.ships)))
    return state


def leave(state: State, seat: Seat, rng: Rng) -> State:
    return state
