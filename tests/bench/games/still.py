"""Nothing at all: a match in which nobody can do anything and no time passes. For connections and crowds."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from rooms.core.game import Input, Now, Outcome, Seats, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng

TITLE = "Still"
SUMMARY = "Nothing happens."
SEATS = Seats(1, 250)
TICK_HZ = 0
ABSENT = "wait"
LATE_JOIN = True


class Options(Struct, frozen=True):
    pass


class Move(Struct, frozen=True):
    """There is nothing to do."""


class State(Struct):
    """`n`: the number of the only state."""

    n: int = 0


View = State


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    return State()


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    return Step(state)


def view(state: State, seat: Seat | None) -> View:
    return state


def outcome(state: State) -> Outcome | None:
    return None


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    return None


def join(state: State, seat: Seat, rng: Rng) -> State:
    return state


def leave(state: State, seat: Seat, rng: Rng) -> State:
    return state
