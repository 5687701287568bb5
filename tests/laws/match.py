"""Plays matches of any game without a room: the ground on which the laws stand.

A `Trial` is one match: its rules, its seats, its seed and its state. `play` runs it to its end or to a bound,
asking a mover for the inputs of each step: `by_lot` (sample_move), `by_bots`, or `idle`.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from rooms.core.game import Input, Now, Outcome, Rules, Seats, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng
from rooms.core.view import whole_view
from rooms.games.registry import get_rules

BOUND = 20_000
"""Steps after which a match must be over: 1,000 seconds at 20 ticks a second."""
TURN_MS = 700
"""Match milliseconds between two steps of a game without ticks."""
Inputs = list[Input[Any]]


def of_a_size(rules: Rules) -> Rules:
    """The same game, small enough to be looked at from every seat at every step."""
    if rules.seats.max <= 32:
        return rules
    small = {"across": 3, "drones": 30, "seconds": 60} if rules.slug == "arena_large" else {}
    fields = [(name, value.__class__, value) for name, value in small.items()]
    options = msgspec.defstruct("Options", fields, bases=(rules.options,), frozen=True, forbid_unknown_fields=True)
    return replace(rules, seats=Seats(rules.seats.min, 8, rules.seats.teams), options=options)


@dataclass
class Trial:
    """One match. `options` None: the game's defaults. Seats are those taken when it begins."""

    rules: Rules
    seats: Sequence[Seat]
    seed: str
    options: Any = None
    state: Any = None
    tick: int = 0
    ms: int = 0
    took_part: set[Seat] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.seats = list(self.seats)
        self.took_part = set(self.seats)
        options = self.rules.options() if self.options is None else self.options
        self.state = self.rules.setup(options, self.seats, self.rng("setup"))

    def rng(self, *purpose: object) -> Rng:
        return Rng(self.seed, self.tick, *purpose)

    def step(self, inputs: Inputs) -> Step[Any]:
        """The next step; with no inputs and a deadline, at the deadline."""
        self.tick += 1
        if self.rules.tick_hz:
            self.ms = self.tick * 1000 // self.rules.tick_hz
        else:
            due = self.deadline() if not inputs else None
            self.ms = max(self.ms, due) if due is not None else self.ms + TURN_MS
        return self.advance(inputs, Now(self.tick, self.ms))

    def outcome(self) -> Outcome | None:
        return self.rules.outcome(self.state)

    def deadline(self) -> int | None:
        return self.rules.deadline(self.state) if self.rules.deadline else None

    def dump(self) -> bytes:
        return msgspec.msgpack.encode(self.state)

    def load(self, raw: bytes) -> None:
        self.state = msgspec.msgpack.decode(raw, type=self.rules.state)

    def copy(self) -> Trial:
        """The same match at the same moment, which shares nothing with this one."""
        other = copy(self)
        other.took_part = set(self.took_part)
        other.load(self.dump())
        return other

    def advance(self, inputs: Inputs, now: Now) -> Step[Any]:
        """A step at a given time."""
        step = self.rules.step(self.state, inputs, now, self.rng("step"))
        self.state = step.state
        return step

    def view(self, seat: Seat | None) -> bytes:
        """The bytes of what a seat (None: a spectator) sees."""
        return msgspec.msgpack.encode(self.tree(seat))

    def tree(self, seat: Seat | None) -> Any:
        """The same as plain values: with its private part, and the cells in sight."""
        return whole_view(self.rules, self.state, seat)

    def viewers(self) -> list[Seat | None]:
        return [*self.seats, None]

    def join(self, seat: Seat) -> None:
        assert self.rules.join is not None
        self.state = self.rules.join(self.state, seat, self.rng("join", seat))
        self.seats = sorted([*self.seats, seat])
        self.took_part.add(seat)

    def leave(self, seat: Seat) -> None:
        assert self.rules.leave is not None
        self.state = self.rules.leave(self.state, seat, self.rng("leave", seat))
        self.seats = [other for other in self.seats if other != seat]


Mover = Callable[[Trial], Inputs]


def idle(trial: Trial) -> Inputs:
    """Nobody does anything."""
    return []


def by_lot(trial: Trial) -> Inputs:
    """Each seat makes some legal move; in games with ticks only now and then, as people do."""
    inputs: Inputs = []
    for seat in trial.seats:
        rng = trial.rng("mover", seat)
        if trial.rules.tick_hz and rng.below(4):
            continue
        move = trial.rules.sample_move(trial.state, seat, rng)
        if move is not None:
            inputs.append(Input(seat, move))
    return inputs


def by_bots(*strengths: str) -> Mover:
    """Bots on all seats; the n-th seat has the n-th strength, and so on round. They see the wire's view."""

    def mover(trial: Trial) -> Inputs:
        rules, bot = trial.rules, trial.rules.bot
        assert bot is not None
        every = max(1, rules.bot_every_ms * rules.tick_hz // 1000)
        if trial.tick % every:
            return []
        inputs: Inputs = []
        for seat in trial.seats:
            view = msgspec.convert(trial.tree(seat), rules.view_type)
            move = bot(view, seat, strengths[seat % len(strengths)], trial.rng("bot", seat))
            if move is not None:
                inputs.append(Input(seat, move))
        return inputs

    return mover


@dataclass(frozen=True)
class Played:
    """One step of a match: the state's bytes before it, what went in, what came out."""

    before: bytes
    inputs: Inputs
    step: Step[Any]


def play(trial: Trial, mover: Mover, bound: int = BOUND) -> Iterator[Played]:
    """The steps of a match until it is over, or `bound` of them."""
    for _ in range(bound):
        if trial.outcome() is not None:
            return
        before, inputs = trial.dump(), mover(trial)
        yield Played(before, inputs, trial.step(inputs))


def finish(trial: Trial, mover: Mover, bound: int = BOUND) -> Outcome | None:
    """Play without looking, for the outcome alone; None when there is none within `bound` steps."""
    for _ in range(bound):
        if trial.outcome() is not None:
            break
        trial.step(mover(trial))
    return trial.outcome()


def digest(rules: Rules, seed: str, steps: int = 400) -> str:
    """A fingerprint of a match by lot and one by bots: every state, view, event and refusal of it."""
    found = hashlib.sha256()
    for mover in (by_lot, by_bots(*rules.strengths)) if rules.bot else (by_lot,):
        trial = Trial(rules, range(rules.seats.max), seed)
        for played in play(trial, mover, steps):
            found.update(trial.dump())
            found.update(msgspec.msgpack.encode((played.inputs, played.step.events, played.step.rejections)))
            for viewer in trial.viewers():
                found.update(trial.view(viewer))
    return found.hexdigest()


if __name__ == "__main__":  # the law of determinism runs this in another process
    print(digest(of_a_size(get_rules(sys.argv[1])), sys.argv[2]))
