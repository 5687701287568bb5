"""A text that everybody sees change, twenty times a second: about 140 bytes of news, and no player does anything."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from rooms.core.game import Input, Now, Outcome, Seats, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng

TITLE = "Board"
SUMMARY = "A text that changes at every tick."
SEATS = Seats(1, 250)
TICK_HZ = 20
LATE_JOIN = True
TEXT = 128
LETTERS = "abcdefghijklmnopqrstuvwxyz" * 8


class Options(Struct, frozen=True):
    pass


class Move(Struct, frozen=True):
    """There is nothing to do."""


class State(Struct):
    """`n` counts the states."""

    n: int = 0
    text: str = ""


View = State


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    return State()


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    state.n += 1
    begin = state.n % 64
    state.text = LETTERS[begin : begin + TEXT]
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
