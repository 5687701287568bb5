"""What each player said last, shown twice a second: so that inputs are measured, and not what is sent for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from rooms.core.game import Input, Now, Outcome, Seats, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng

TITLE = "Marks"
SUMMARY = "What each player said last."
SEATS = Seats(1, 250)
TICK_HZ = 2
LATE_JOIN = True


class Options(Struct, frozen=True):
    pass


class Move(Struct, frozen=True):
    """`mark`: its number. `aim` and `keys`: what it says."""

    mark: Annotated[int, Meta(ge=0, lt=2**32)]
    aim: Annotated[int, Meta(ge=0, lt=2**16)]
    keys: Annotated[int, Meta(ge=0, lt=2**8)]


class Told(Struct, array_like=True):
    """What one player said last."""

    mark: int = 0
    aim: int = 0
    keys: int = 0


class State(Struct):
    """`n` counts the states; `players` goes by seat."""

    n: int
    players: list[Told]


View = State


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    return State(0, [Told() for _ in range(max(seats) + 1)])


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    state.n += 1
    for given in inputs:
        told, move = state.players[given.seat], given.move
        told.mark, told.aim, told.keys = move.mark, move.aim, move.keys
    return Step(state)


def view(state: State, seat: Seat | None) -> View:
    return state


def outcome(state: State) -> Outcome | None:
    return None


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    return Move(state.n, 0, 0)


def join(state: State, seat: Seat, rng: Rng) -> State:
    while len(state.players) <= seat:
        state.players.append(Told())
    return state


def leave(state: State, seat: Seat, rng: Rng) -> State:
    return state
