"""What a match asks of its rules, and with which chance and time: one way for the live match and for its replay.

match.py -> [simulate] -> rules <- [simulate] <- replay.py

A replay gives the same bytes only while both draw on the same keys, so neither calls the rules in a way of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rooms.core.game import Input, Now, Outcome, Place, Rules, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng


def ms_of(tick: int, hz: int) -> int:
    """The match's time at a tick, in a game that ticks `hz` times a second (hz > 0)."""
    return tick * 1000 // hz


def first_state(rules: Rules, options: Mapping[str, Any], seats: Sequence[Seat], seed: str, match: int) -> Any:
    """The state in which a match begins. Raises what the rules raise."""
    return rules.setup(rules.options(**options), seats, Rng(seed, match, 0))


def step_state(rules: Rules, state: Any, inputs: Sequence[Input[Any]], now: Now, chance: tuple[str, int]) -> Step[Any]:
    """The step at `now`. `chance`: the seed and the number of the match. Raises what the rules raise."""
    return rules.step(state, inputs, now, Rng(*chance, now.tick))


def join_state(rules: Rules, state: Any, seat: Seat, tick: int, chance: tuple[str, int]) -> Any:
    """The state with somebody new in `seat` after step `tick`. The rules must have `join`."""
    assert rules.join is not None
    return rules.join(state, seat, Rng(*chance, tick, "join", seat))


def leave_state(rules: Rules, state: Any, seat: Seat, tick: int, chance: tuple[str, int]) -> Any:
    """The state without the player of `seat` after step `tick`. The rules must have `leave`."""
    assert rules.leave is not None
    return rules.leave(state, seat, Rng(*chance, tick, "leave", seat))


def won_by_leaving(seats: Iterable[Seat], leaver: Seat, name: str) -> Outcome:
    """The end of a match whose rules know no `leave`: who goes is last."""
    places = (Place(seat, 2 if seat == leaver else 1) for seat in sorted(seats))
    return Outcome(tuple(places), f"{name} left")
