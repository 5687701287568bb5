"""Battleship: fleets that are placed in secret, two clocks, and views that tell nothing."""

from __future__ import annotations

import msgspec
import pytest

from rooms.core.game import Game, Input, Now, Step
from rooms.core.rng import Rng
from rooms.games import battleship
from rooms.games.battleship import At, Fire, Move, Options, Placed, PlaceFleet, State
from tests.laws.strengths import wins_of

game: Game = battleship

ROWS = [Placed(ship, 0, 2 * ship, 1) for ship in range(5)]
"""Every ship across, at the left edge of every second row."""
COLUMNS = [Placed(ship, 2 * ship, 0, 0) for ship in range(5)]
LENGTHS = battleship.FLEETS[10]


def send(state: State, seat: int, move: Move, ms: int = 1000) -> Step[State]:
    return battleship.step(state, [Input(seat, move)], Now(1, ms), Rng("battleship", ms))


def refusal(state: State, seat: int, move: Move) -> str:
    (no,) = send(state, seat, move).rejections
    return no.code


def afloat(turn: int = 0, **options: object) -> State:
    """A match with both fleets in rows, and a seat to shoot."""
    state = battleship.setup(Options(**options), (0, 1), Rng(0))  # type: ignore[arg-type]
    for seat in (0, 1):
        assert not send(state, seat, PlaceFleet(ROWS)).rejections
    state.turn = turn
    return state


def fire(state: State, seat: int, x: int, y: int, ms: int = 2000) -> Step[State]:
    return send(state, seat, Fire(At(x, y)), ms)


def test_shooting_begins_when_both_fleets_are_placed() -> None:
    state = battleship.setup(Options(), (0, 1), Rng(0))
    assert send(state, 1, PlaceFleet(COLUMNS)).events[0].body == {"seat": 1}
    assert battleship.view(state, 0).stage == "placing"
    assert battleship.view(state, 0).placed == [False, True]
    send(state, 0, PlaceFleet(ROWS), ms=5000)
    assert battleship.view(state, 0).stage == "firing"
    assert state.turn in (0, 1)
    assert battleship.deadline(state) == 5000 + 60_000


@pytest.mark.parametrize(
    ("fleet", "code"),
    [
        (ROWS[:4], "bad_fleet"),
        ([*ROWS[:4], ROWS[0]], "bad_fleet"),
        ([Placed(0, 6, 0, 1), *ROWS[1:]], "outside"),
        ([Placed(0, 0, 6, 0), *ROWS[1:]], "outside"),
        ([Placed(0, 1, 0, 0), *ROWS[1:]], "overlap"),
        ([], "bad_fleet"),
    ],
)
def test_a_fleet_that_is_none_is_refused(fleet: list[Placed], code: str) -> None:
    assert refusal(battleship.setup(Options(), (0, 1), Rng(0)), 0, PlaceFleet(fleet)) == code


def test_ships_may_touch_and_reach_the_edge() -> None:
    fleet = [Placed(0, 5, 9, 1), Placed(1, 6, 8, 1), *ROWS[2:]]
    assert not send(battleship.setup(Options(), (0, 1), Rng(0)), 0, PlaceFleet(fleet)).rejections


def test_a_fleet_is_placed_once() -> None:
    state = battleship.setup(Options(), (0, 1), Rng(0))
    send(state, 0, PlaceFleet(ROWS))
    assert refusal(state, 0, PlaceFleet(COLUMNS)) == "already_placed"


def test_the_small_sea_has_four_ships_and_ends_at_its_edge() -> None:
    state = battleship.setup(Options(size=8), (0, 1), Rng(0))
    assert battleship.view(state, None).ships == [4, 3, 3, 2]
    assert refusal(state, 0, PlaceFleet(ROWS)) == "bad_fleet"
    for seat in (0, 1):
        send(state, seat, PlaceFleet(battleship.random_fleet(8, Rng(seat))))
    assert refusal(state, state.turn, Fire(At(8, 0))) == "tried"


def test_a_miss_passes_the_turn_and_so_does_a_hit() -> None:
    state = afloat()
    assert fire(state, 0, 9, 9).events[0].body == {"seat": 0, "x": 9, "y": 9, "hit": False, "sunk": False}
    assert state.turn == 1
    assert fire(state, 1, 0, 0).events[0].body["hit"] is True
    assert state.turn == 0


def test_with_the_option_a_hit_shoots_again() -> None:
    state = afloat(again=True)
    fire(state, 0, 0, 0)
    assert state.turn == 0
    fire(state, 0, 9, 9)
    assert state.turn == 1


def test_out_of_turn_twice_and_before_placing_is_refused() -> None:
    state = afloat()
    assert refusal(state, 1, Fire(At(0, 0))) == "not_your_turn"
    fire(state, 0, 4, 4)
    state.turn = 0
    assert refusal(state, 0, Fire(At(4, 4))) == "tried"
    fresh = battleship.setup(Options(), (0, 1), Rng(0))
    assert refusal(fresh, 0, Fire(At(0, 0))) == "not_your_turn"


def test_sunk_ships_are_shown_and_the_last_one_ends_the_match() -> None:
    state = afloat(again=True)
    for placed in ROWS:
        for x, y in battleship.cells_of(placed, LENGTHS):
            assert battleship.outcome(state) is None
            told = fire(state, 0, x, y).events[0].body
            assert told["hit"] is True
            assert told["sunk"] is ((x, y) == battleship.cells_of(placed, LENGTHS)[-1])
        assert battleship.view(state, None).boards[1].sunk[-1] == placed
    outcome = battleship.outcome(state)
    assert outcome is not None
    assert [(place.seat, place.rank, place.score) for place in outcome.places] == [(0, 1, 5), (1, 2, 0)]
    assert battleship.deadline(state) is None
    view = battleship.view(state, None)
    assert (view.stage, view.turn, view.boards[0].fleet) == ("over", -1, ROWS)


def test_a_fleet_is_shown_to_its_own_seat_alone() -> None:
    state = afloat()
    fleets = {seat: [board.fleet for board in battleship.view(state, seat).boards] for seat in (0, 1, None)}
    assert fleets == {0: [ROWS, None], 1: [None, ROWS], None: [None, None]}


def test_what_is_placed_changes_nothing_for_the_others() -> None:
    seen = set()
    for fleet in (ROWS, COLUMNS, battleship.random_fleet(10, Rng("secret"))):
        state = battleship.setup(Options(), (0, 1), Rng(0))
        step = send(state, 0, PlaceFleet(fleet))
        views = [battleship.view(state, viewer) for viewer in (1, None)]
        seen.add(msgspec.msgpack.encode((views, step.events, step.rejections)))
    assert len(seen) == 1


def test_a_twin_differs_in_what_nobody_hit() -> None:
    state = afloat()
    fire(state, 0, 0, 0)
    twins = []
    for seed in range(30):
        other = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=State)
        twins.append(battleship.twin(other, 0, Rng(seed)).fleets)
    assert all(fleets[0] == ROWS and fleets[1][0] == ROWS[0] for fleets in twins)
    assert len({str(fleets[1]) for fleets in twins}) > 20


def test_who_places_too_late_is_placed_by_lot() -> None:
    state = battleship.setup(Options(place_s=10), (0, 1), Rng(0))
    send(state, 0, PlaceFleet(ROWS))
    assert battleship.deadline(state) == 10_000
    step = battleship.step(state, [], Now(2, 10_000), Rng(1))
    assert [(event.kind, event.body["seat"]) for event in step.events] == [("late", 1), ("placed", 1)]
    assert state.fleets[0] == ROWS
    assert battleship.view(state, None).stage == "firing"
    assert battleship.deadline(state) == 70_000


def test_who_shoots_too_late_shoots_by_lot() -> None:
    state = afloat(turn=1, turn_s=5)
    step = battleship.step(state, [], Now(3, 6000), Rng(1))
    assert [event.kind for event in step.events] == ["late", "shot"]
    assert len(state.shots[0]) == 1
    assert (state.turn, battleship.deadline(state)) == (0, 11_000)


def test_a_shot_that_comes_with_the_deadline_is_too_late() -> None:
    state = afloat(turn=1, turn_s=5)
    assert [no.code for no in fire(state, 1, 0, 0, ms=6000).rejections] == ["not_your_turn"]


def test_moves_are_told_apart_by_kind_on_the_wire() -> None:
    assert msgspec.json.decode(b'{"kind":"shot","shot":[3,4]}', type=Move) == Fire(At(3, 4))
    assert msgspec.json.decode(b'{"kind":"place","place":[[0,1,2,1]]}', type=Move) == PlaceFleet([Placed(0, 1, 2, 1)])
    for bad in (b'{"kind":"shot","shot":[10,0]}', b'{"kind":"place","place":[[0,1,2,2]]}', b'{"shot":[3,4]}'):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(bad, type=Move)


@pytest.mark.parametrize(("stronger", "weaker"), [("hard", "medium"), ("medium", "easy")])
def test_the_stronger_bot_wins(stronger: str, weaker: str) -> None:
    assert wins_of(stronger, weaker, "battleship", 60) > 0.65
