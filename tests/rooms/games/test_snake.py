"""Snake: everybody moves at once, heads, tails, walls, food and rounds."""

from __future__ import annotations

import pytest

from rooms.core.game import Game, Input, Now, Step
from rooms.core.rng import Rng
from rooms.games import snake
from rooms.games.snake import Direction, Move, Options, Snake, State
from tests.laws.strengths import wins_of

game: Game = snake

UP, RIGHT, DOWN, LEFT = range(4)
WIDTH = 12


def squares(*at: tuple[int, int]) -> list[int]:
    return [y * WIDTH + x for x, y in at]


def table(*snakes: Snake, walls: bool = False, food: tuple[tuple[int, int], ...] = ((11, 11),)) -> State:
    """A running round on a grid of 12 by 12, in which as much food lies as is given."""
    state = State(WIDTH, 12, walls, 3, len(food), list(snakes), 1, "running", 500)
    state.food = squares(*food)
    return state


def lying(seat: int, direction: int, *body: tuple[int, int]) -> Snake:
    return Snake(seat, squares(*body), direction)


FAR = lying(7, RIGHT, (3, 9), (2, 9), (1, 9))
"""A second snake out of the way, so that the round goes on."""


def far() -> Snake:
    return Snake(FAR.seat, FAR.body[:], FAR.dir)


def tick(state: State, *turns: tuple[int, Direction]) -> Step[State]:
    return snake.step(state, [Input(seat, Move(turn)) for seat, turn in turns], Now(1, 100), Rng("snake"))


def dead(step: Step[State]) -> set[int]:
    return {event.body["seat"] for event in step.events if event.kind == "died"}


def test_a_snake_goes_on_and_its_tail_follows() -> None:
    state = table(lying(0, RIGHT, (5, 5), (4, 5), (3, 5)), far())
    tick(state)
    assert state.snakes[0].body == squares((6, 5), (5, 5), (4, 5))


def test_it_turns_at_the_next_tick() -> None:
    state = table(lying(0, RIGHT, (5, 5), (4, 5), (3, 5)), far())
    tick(state, (0, "up"))
    assert state.snakes[0].body == squares((5, 4), (5, 5), (4, 5))


def test_two_quick_turns_wait_for_one_another() -> None:
    state = table(lying(0, RIGHT, (5, 5), (4, 5), (3, 5)), far())
    assert not tick(state, (0, "up"), (0, "left")).rejections
    tick(state)
    assert state.snakes[0].body == squares((4, 4), (5, 4), (5, 5))


def test_back_into_the_neck_is_refused_also_behind_a_waiting_turn() -> None:
    state = table(lying(0, RIGHT, (5, 5), (4, 5), (3, 5)), far())
    (no,) = tick(state, (0, "left")).rejections
    assert (no.code, [move.turn for move in no.legal]) == ("backwards", ["up", "right", "down"])
    step = tick(state, (0, "up"), (0, "down"))
    assert [(no.index, no.code) for no in step.rejections] == [(1, "backwards")]


def test_a_third_waiting_turn_is_refused() -> None:
    state = table(lying(0, RIGHT, (5, 5), (4, 5), (3, 5)), far())
    step = tick(state, (0, "up"), (0, "right"), (0, "down"))
    assert [(no.index, no.code) for no in step.rejections] == [(2, "too_many")]


def test_the_way_one_goes_is_legal_and_takes_no_place_in_the_queue() -> None:
    state = table(lying(0, RIGHT, (5, 5), (4, 5), (3, 5)), far())
    assert not tick(state, (0, "right"), (0, "right"), (0, "up")).rejections
    assert state.snakes[0].body[0] == squares((5, 4))[0]


def test_food_lets_it_grow_and_comes_back_elsewhere() -> None:
    state = table(lying(0, RIGHT, (5, 5), (4, 5), (3, 5)), far(), food=((6, 5),))
    tick(state)
    assert state.snakes[0].body == squares((6, 5), (5, 5), (4, 5), (3, 5))
    assert state.snakes[0].score == 1
    assert len(state.food) == 1
    assert state.food[0] not in state.snakes[0].body


def test_without_walls_the_grid_wraps_round() -> None:
    state = table(lying(0, UP, (5, 0), (5, 1), (5, 2)), far())
    assert not dead(tick(state))
    assert state.snakes[0].body[0] == squares((5, 11))[0]


@pytest.mark.parametrize(
    ("direction", "body"),
    [
        (UP, ((5, 0), (5, 1), (5, 2))),
        (RIGHT, ((11, 5), (10, 5), (9, 5))),
        (DOWN, ((5, 11), (5, 10), (5, 9))),
        (LEFT, ((0, 5), (1, 5), (2, 5))),
    ],
)
def test_walls_kill(direction: int, body: tuple[tuple[int, int], ...]) -> None:
    step = tick(table(lying(0, direction, *body), far(), lying(1, UP, (8, 8)), walls=True))
    assert dead(step) == {0}
    (died,) = (event for event in step.events if event.kind == "died")
    assert died.body["body"] == [list(at) for at in body[:2]]


def test_a_body_kills_whose_head_meets_it() -> None:
    crossing = lying(1, UP, (6, 3), (6, 4), (6, 5), (6, 6))
    assert dead(tick(table(lying(0, RIGHT, (5, 5), (4, 5), (3, 5)), crossing, far()))) == {0}


def test_ones_own_body_kills_too() -> None:
    coiled = lying(0, DOWN, (5, 5), (6, 5), (6, 6), (5, 6), (4, 6), (3, 6))
    assert dead(tick(table(coiled, far(), lying(1, UP, (8, 8))))) == {0}


def test_a_tail_that_leaves_may_be_followed() -> None:
    ring = lying(0, DOWN, (5, 5), (6, 5), (6, 6), (5, 6))
    assert not dead(tick(table(ring, far())))


def test_a_tail_that_stays_because_its_snake_eats_may_not() -> None:
    follower = lying(0, RIGHT, (5, 5), (4, 5), (3, 5))
    eater = lying(1, UP, (6, 3), (6, 4), (6, 5))
    assert not dead(tick(table(follower, eater, far())))
    follower = lying(0, RIGHT, (5, 5), (4, 5), (3, 5))
    eater = lying(1, UP, (6, 3), (6, 4), (6, 5))
    assert dead(tick(table(follower, eater, far(), food=((6, 2),)))) == {0}


@pytest.mark.parametrize("gap", [1, 2])
def test_heads_that_meet_or_pass_kill_both_whatever_their_lengths(gap: int) -> None:
    left = lying(0, RIGHT, (5, 5), (4, 5), (3, 5), (2, 5), (1, 5))
    right = lying(1, LEFT, (5 + gap, 5), (6 + gap, 5))
    assert dead(tick(table(left, right, far()))) == {0, 1}


def test_who_dies_in_this_tick_still_is_in_the_way() -> None:
    walled = lying(0, UP, (5, 0), (5, 1), (5, 2), (5, 3))
    other = lying(1, RIGHT, (4, 1), (3, 1), (2, 1))
    assert dead(tick(table(walled, other, far(), walls=True))) == {0, 1}


def test_the_last_one_wins_the_round_and_the_next_one_begins() -> None:
    state = table(lying(0, UP, (5, 0), (5, 1)), lying(1, UP, (8, 8), (8, 9)), walls=True)
    step = tick(state)
    assert step.events[-1].body == {"round": 1, "winners": [1]}
    assert (state.phase, state.snakes[1].wins) == ("between", 1)
    for _ in range(snake.BETWEEN):
        tick(state)
    assert (state.phase, state.round, state.count) == ("countdown", 2, snake.COUNTDOWN)
    assert all(len(one.body) == snake.LENGTH for one in state.snakes)
    before = [one.body[:] for one in state.snakes]
    for _ in range(snake.COUNTDOWN):
        tick(state)
    assert state.phase == "running"
    assert [one.body for one in state.snakes] == before


def test_nobody_wins_when_the_last_two_die_together() -> None:
    state = table(lying(0, RIGHT, (5, 5), (4, 5)), lying(1, LEFT, (7, 5), (8, 5)))
    assert tick(state).events[-1].body["winners"] == []


def test_when_time_is_up_the_longest_wins() -> None:
    state = table(lying(0, RIGHT, (5, 5), (4, 5), (3, 5), (2, 5)), far())
    state.count = 1
    assert tick(state).events[-1].body["winners"] == [0]


def test_rounds_decide_then_food() -> None:
    state = table(Snake(0, [], 0, score=2, wins=1), Snake(1, [], 0, score=9), Snake(2, [], 0, score=1, wins=1))
    state.phase = "over"
    outcome = snake.outcome(state)
    assert outcome is not None
    assert [(place.seat, place.rank, place.score) for place in outcome.places] == [(0, 1, 1), (2, 2, 1), (1, 3, 0)]


def test_who_leaves_is_last_and_the_match_ends_when_one_is_alone() -> None:
    state = snake.setup(Options(), (0, 1, 2), Rng(0))
    state.snakes[1].wins = 2
    state = snake.leave(state, 1, Rng(0))
    assert snake.outcome(state) is None
    outcome = snake.outcome(snake.leave(state, 0, Rng(0)))
    assert outcome is not None
    assert [(place.seat, place.rank) for place in outcome.places] == [(2, 1), (1, 2), (0, 3)]


@pytest.mark.parametrize("count", range(2, 9))
@pytest.mark.parametrize("size", [(12, 12), (24, 18), (40, 13)])
def test_starts_are_free_and_each_half_is_a_half_turn_of_the_other(count: int, size: tuple[int, int]) -> None:
    state = snake.setup(Options(width=size[0], height=size[1], walls=True), range(count), Rng(count))
    cells = [at for one in state.snakes for at in one.body]
    assert len(set(cells)) == 3 * count
    if count % 2 == 0:
        last = size[0] * size[1] - 1
        assert {last - one.body[0] for one in state.snakes} == {one.body[0] for one in state.snakes}
    state.phase = "running"
    state.count = 100
    assert not dead(tick(state))


def test_the_view_goes_by_seat() -> None:
    view = snake.view(table(lying(2, LEFT, (5, 5), (6, 5))), None)
    assert view.snakes[:2] == [None, None]
    shown = view.snakes[2]
    assert shown is not None
    assert (shown.dir, shown.body, shown.alive) == ("left", [[5, 5], [6, 5]], True)


@pytest.mark.parametrize("walls", [False, True])
@pytest.mark.parametrize(("strength", "share"), [("medium", 0.7), ("hard", 0.9)])
def test_the_stronger_a_bot_the_more_it_wins_against_easy(strength: str, share: float, walls: bool) -> None:
    assert wins_of(strength, "easy", "snake", 50, rounds=1, walls=walls) > share
