"""A text of 8 KiB that is new at every tick: whoever does not read it is soon far behind, past what kernels keep."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from rooms.core.game import Input, Now, Outcome, Seats, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng

TITLE = "Flood"
SUMMARY = "More than anybody can read."
SEATS = Seats(1, 100)
TICK_HZ = 20
ABSENT = "wait"
LATE_JOIN = True
TEXT = 8192
LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONG = LETTERS * (TEXT // len(LETTERS) + 2)


class Options(Struct, frozen=True):
    pass


class Move(Struct, frozen=True):
    """There is nothing to do."""


class State(Struct):
    """`n` counts the states."""

    n: int = 0


class View(Struct):
    n: int
    text: str


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    return State()


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    state.n += 1
    return Step(state)


def view(state: State, seat: Seat | None) -> View:
    return View(state.n, text_of(state.n))


def text_of(n: int) -> str:
    """What state number `n` shows: a state with another text is torn."""
    begin = n % len(LETTERS)
    return _LONG[begin : begin + TEXT]


def outcome(state: State) -> Outcome | None:
    return None


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    return None


def join(state: State, seat: Seat, rng: Rng) -> State:
    return state


def leave(state: State, seat: Seat, rng: Rng) -> State:
    return state
