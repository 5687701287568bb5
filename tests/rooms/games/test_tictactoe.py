"""Noughts and crosses: turns, lines, and a bot that never loses."""

from __future__ import annotations

import pytest

from rooms.core.game import Game, Input, Now, Outcome
from rooms.core.rng import Rng
from rooms.games import tictactoe
from rooms.games.tictactoe import Move, Options, State
from tests.laws.strengths import wins_of

game: Game = tictactoe


def play(*cells: int, first: int = 0) -> tuple[State, list[str]]:
    """The state after these cells were marked by the seats in turn, and the codes of refusals."""
    state, codes, seat = State([-1] * 9, first), [], first
    for tick, cell in enumerate(cells, 1):
        step = tictactoe.step(state, [Input(seat, Move(cell))], Now(tick, tick), Rng(0))
        state, seat = step.state, 1 - seat
        codes += [no.code for no in step.rejections]
    return state, codes


def end(state: State) -> Outcome:
    outcome = tictactoe.outcome(state)
    assert outcome is not None
    return outcome


@pytest.mark.parametrize(("first", "seats"), [("first", {0}), ("second", {1}), ("random", {0, 1})])
def test_who_begins_is_an_option(first: str, seats: set[int]) -> None:
    begun = {tictactoe.setup(Options(first=first), (0, 1), Rng(seed)).turn for seed in range(20)}  # type: ignore[arg-type]
    assert begun == seats


def test_three_in_a_row_win() -> None:
    state, codes = play(0, 3, 1, 4, 2)
    assert codes == []
    assert tictactoe.view(state, None).line == [0, 1, 2]
    assert [(place.seat, place.rank) for place in end(state).places] == [(0, 1), (1, 2)]


def test_a_full_board_without_a_line_is_a_tie() -> None:
    state, _ = play(0, 1, 2, 4, 3, 5, 7, 6, 8)
    assert [place.rank for place in end(state).places] == [1, 1]


def test_a_match_goes_on_until_then() -> None:
    state, _ = play(0, 1, 2, 4)
    assert tictactoe.outcome(state) is None


def test_a_taken_cell_is_refused_with_those_that_are_free() -> None:
    state, _ = play(0, 1)
    step = tictactoe.step(state, [Input(0, Move(1))], Now(3, 3), Rng(0))
    (no,) = step.rejections
    assert (no.code, [move.cell for move in no.legal]) == ("taken", [2, 3, 4, 5, 6, 7, 8])


def test_out_of_turn_and_after_the_end_nothing_counts() -> None:
    state, _ = play(0)
    assert tictactoe.step(state, [Input(0, Move(1))], Now(2, 2), Rng(0)).rejections[0].code == "not_your_turn"
    over, _ = play(0, 3, 1, 4, 2)
    assert tictactoe.step(over, [Input(1, Move(5))], Now(6, 6), Rng(0)).rejections[0].code == "not_your_turn"


def test_of_two_moves_in_a_step_the_second_meets_the_firsts_state() -> None:
    step = tictactoe.step(State([-1] * 9, 0), [Input(0, Move(4)), Input(1, Move(4))], Now(1, 1), Rng(0))
    assert [(no.index, no.code) for no in step.rejections] == [(1, "taken")]


def test_hard_beats_easy() -> None:
    assert wins_of("hard", "easy", "tictactoe", 60) > 0.85


def test_hard_never_loses() -> None:
    assert wins_of("hard", "hard", "tictactoe", 10) == 0.5
