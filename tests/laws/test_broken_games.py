"""Each law catches a game that breaks it: a good game, spoiled in one way at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import msgspec
import pytest

from rooms.core.game import Event, Input, Now, Outcome, Place, Rejection, Rules, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng
from rooms.games import arena, battleship, get_rules, snake, tictactoe
from tests.laws import laws
from tests.support.temp_game import InstallGame, documented_game

Spoil = Callable[[Rules], Rules]
calls = count()


class Leaky(msgspec.Struct):
    """A view that shows what is not for all."""

    seat: int


class Hoard(msgspec.Struct):
    """A state with what JSON cannot give back."""

    cells: list[int]
    turn: int
    kept: Any = None


def stepping(rules: Rules, after: Callable[[Step[Any], Sequence[Input[Any]], Now], Step[Any]]) -> Rules:
    """The same rules with something done to every step."""

    def step(state: Any, inputs: Sequence[Input[Any]], now: Now, rng: Rng) -> Step[Any]:
        return after(rules.step(state, inputs, now, rng), inputs, now)

    return replace(rules, step=step)


def too_quick(rules: Rules) -> Rules:
    return replace(rules, tick_hz=30)


def counting_its_calls(rules: Rules) -> Rules:
    def setup(options: Any, seats: Sequence[Seat], rng: Rng) -> Any:
        return tictactoe.State([tictactoe.FREE] * 9, next(calls) // 2 % 2)

    return replace(rules, setup=setup)


def hoarding(rules: Rules) -> Rules:
    def setup(options: Any, seats: Sequence[Seat], rng: Rng) -> Any:
        return Hoard([tictactoe.FREE] * 9, 0, b"bytes come back from JSON as text")

    return replace(rules, setup=setup, state=Hoard)


def remembering_outside(rules: Rules) -> Rules:
    seen: list[Any] = []

    def step(state: Any, inputs: Sequence[Input[Any]], now: Now, rng: Rng) -> Step[Any]:
        known = any(state is old for old in seen)
        seen.append(state)
        if now.tick > 1 and not known:
            state.turn = tictactoe.NOBODY
        return rules.step(state, inputs, now, rng)

    return replace(rules, step=step)


def sharing_its_cells(rules: Rules) -> Rules:
    def tell(step: Step[Any], *_: Any) -> Step[Any]:
        return Step(step.state, (Event("cells", {"cells": step.state.cells}),), step.rejections)

    return stepping(rules, tell)


def changed_by_looks(rules: Rules) -> Rules:
    def view(state: Any, seat: Any) -> Any:
        state.turn = 1 - state.turn
        return rules.view(state, seat)

    return replace(rules, view=view)


def showing_tuples(rules: Rules) -> Rules:
    return replace(rules, view=lambda state, seat: {"cells": tuple(state.cells)}, view_type=dict)


def showing_much(rules: Rules) -> Rules:
    return replace(rules, view=lambda state, seat: ["x" * 20_000], view_type=list)


def telling_bytes(rules: Rules) -> Rules:
    return stepping(rules, lambda step, *_: Step(step.state, (Event("word", {"raw": b"x"}),), step.rejections))


def showing_the_seat(rules: Rules) -> Rules:
    return replace(rules, view=lambda state, seat: Leaky(-1 if seat is None else seat), view_type=Leaky)


def showing_the_other_fleet(rules: Rules) -> Rules:
    def view(state: battleship.State, seat: Seat | None) -> Any:
        seen = battleship.view(state, seat)
        seen.ships = [sum(placed.x for placed in state.fleets[0])]
        return seen

    view.__module__ = battleship.__name__
    return replace(rules, view=view)


def refusing_with_a_hint(rules: Rules) -> Rules:
    def after(step: Step[Any], inputs: Sequence[Input[Any]], now: Now) -> Step[Any]:
        hint = str([placed.x for fleet in step.state.fleets for placed in fleet])
        told = tuple(Rejection(no.index, no.code, no.message + hint) for no in step.rejections)
        return Step(step.state, step.events, told)

    return stepping(rules, after)


def offering_taken_cells(rules: Rules) -> Rules:
    def legal_moves(state: Any, seat: Seat) -> list[Any]:
        return [tictactoe.Move(cell) for cell in range(9) if state.turn == seat]

    return replace(rules, legal_moves=legal_moves)


def offering_too_little(rules: Rules) -> Rules:
    def sample_move(state: Any, seat: Seat, rng: Rng) -> Any:
        moves = tictactoe.legal_moves(state, seat)[:1]
        return moves[0] if moves else None

    return replace(
        rules, sample_move=sample_move, legal_moves=lambda state, seat: tictactoe.legal_moves(state, seat)[:1]
    )


def changed_by_refusals(rules: Rules) -> Rules:
    def after(step: Step[Any], inputs: Sequence[Input[Any]], now: Now) -> Step[Any]:
        if step.rejections and step.state.turn != tictactoe.NOBODY:
            step.state.turn = 1 - step.state.turn
        return step

    return stepping(rules, after)


def raising_at_odd_moves(rules: Rules) -> Rules:
    def after(step: Step[Any], inputs: Sequence[Input[Any]], now: Now) -> Step[Any]:
        if step.rejections:
            raise ZeroDivisionError
        return step

    return stepping(rules, after)


def first_come_first_served(rules: Rules) -> Rules:
    def after(step: Step[Any], inputs: Sequence[Input[Any]], now: Now) -> Step[Any]:
        if inputs:
            step.state.shot = inputs[0].seat
        return step

    return stepping(rules, after)


def never_over(rules: Rules) -> Rules:
    return replace(rules, outcome=lambda state: None)


def forgetting_the_loser(rules: Rules) -> Rules:
    def outcome(state: Any) -> Outcome | None:
        found = tictactoe.outcome(state)
        return found and Outcome(found.places[:1])

    return replace(rules, outcome=outcome)


def two_firsts_and_a_second(rules: Rules) -> Rules:
    def outcome(state: Any) -> Outcome | None:
        return tictactoe.outcome(state) and Outcome((Place(0, 1), Place(1, 3)))

    return replace(rules, outcome=outcome)


def only_from_seat_0(rules: Rules) -> Rules:
    def setup(options: Any, seats: Sequence[Seat], rng: Rng) -> Any:
        assert list(seats) == list(range(len(seats))), "not from seat 0"
        return snake.setup(options, seats, rng)

    return replace(rules, setup=setup)


def forgetting_who_left(rules: Rules) -> Rules:
    def leave(state: arena.State, seat: Seat, rng: Rng) -> Any:
        arena.leave(state, seat, rng).gone.clear()
        return state

    return replace(rules, leave=leave)


def never_late(rules: Rules) -> Rules:
    return replace(rules, deadline=lambda state: 1)


def moving_out_of_turn(rules: Rules) -> Rules:
    return replace(rules, bot=lambda view, seat, strength, rng: tictactoe.Move(rng.below(9)))


CASES: list[tuple[laws.Law, str, Spoil, str]] = [
    (laws.declares_what_it_is, "divide 1000", too_quick, "tictactoe"),
    (laws.same_inputs_same_bytes, "second run", counting_its_calls, "tictactoe"),
    (laws.survives_storage, "JSON", hoarding, "tictactoe"),
    (laws.goes_on_after_a_kill, "after a kill", remembering_outside, "tictactoe"),
    (laws.keeps_no_references, "shares something", sharing_its_cells, "tictactoe"),
    (laws.keeps_no_references, "to look at it", changed_by_looks, "tictactoe"),
    (laws.shows_plain_values, "tuple is no plain value", showing_tuples, "tictactoe"),
    (laws.shows_plain_values, "16384 bytes", showing_much, "tictactoe"),
    (laws.shows_plain_values, "bytes is no plain value", telling_bytes, "tictactoe"),
    (laws.tells_no_secrets, "without HIDDEN", showing_the_seat, "tictactoe"),
    (laws.tells_no_secrets, "tells a secret", showing_the_other_fleet, "battleship"),
    (laws.tells_no_secrets, "a refusal tells", refusing_with_a_hint, "battleship"),
    (laws.takes_legal_moves, "was offered", offering_taken_cells, "tictactoe"),
    (laws.refuses_the_rest, "legal_moves differs", offering_too_little, "tictactoe"),
    (laws.refuses_the_rest, "changed the state", changed_by_refusals, "tictactoe"),
    (laws.order_of_seats_is_nothing, "order of arrival", first_come_first_served, "arena"),
    (laws.comes_to_an_end, "no outcome", never_over, "tictactoe"),
    (laws.comes_to_an_end, "not who took part", forgetting_the_loser, "tictactoe"),
    (laws.comes_to_an_end, "rank 3", two_firsts_and_a_second, "tictactoe"),
    (laws.seats_any_number, "not from seat 0", only_from_seat_0, "snake"),
    (laws.comes_and_goes, "not who took part", forgetting_who_left, "arena"),
    (laws.keeps_its_deadlines, "would spin", never_late, "battleship"),
    (laws.bots_play_by_the_rules, "not_your_turn", moving_out_of_turn, "tictactoe"),
]


@pytest.mark.parametrize(
    ("law", "saying", "spoil", "slug"), CASES, ids=[f"{case[0].__name__}-{case[2].__name__}" for case in CASES]
)
def test_the_law_catches(law: laws.Law, saying: str, spoil: Spoil, slug: str) -> None:
    with pytest.raises(AssertionError, match=saying):
        law(spoil(get_rules(slug)))


def test_every_law_is_shown_to_catch_something() -> None:
    assert {case[0] for case in CASES} == set(laws.LAWS)


def test_a_fault_of_the_rules_is_no_refusal() -> None:
    with pytest.raises(ZeroDivisionError):
        laws.refuses_the_rest(raising_at_odd_moves(get_rules("tictactoe")))


def test_another_hash_seed_is_caught(install_game: InstallGame) -> None:
    nim = documented_game()["nim.py"]
    install_game("nim", nim.replace("rng.below(2)", 'hash("nim") // 7 % 1000'))
    with pytest.raises(AssertionError, match="another process differs"):
        laws.same_inputs_same_bytes(get_rules("nim"))
