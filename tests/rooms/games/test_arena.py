"""Arena: controls that are held, shots, hits, returning ships, and who comes and goes."""

from __future__ import annotations

from itertools import product
from time import perf_counter

import pytest

from rooms.core.game import Game, Input, Now, Rules, Step
from rooms.core.rng import Rng
from rooms.games import arena, get_rules
from rooms.games.arena import DOWN, HIT, RELOAD, SHIELD, SHIP, Move, Options, Ship, Shot, State
from tests.laws.match import Trial, by_bots
from tests.laws.strengths import wins_of

game: Game = arena

MIDDLE = (1200 * 16, 675 * 16)


def ship(seat: int, x: int = 0, y: int = 0, angle: int = 0, shield: int = 0) -> Ship:
    """A ship at rest, x and y units off the middle."""
    return Ship(seat, MIDDLE[0] + 16 * x, MIDDLE[1] + 16 * y, angle, 0, 0, shield=shield)


def plane(*ships: Ship, goal: int = 10) -> State:
    return State(2400, 1350, goal, 1000, list(ships), [], [])


def tick(state: State, *moves: tuple[int, Move]) -> Step[State]:
    inputs = [Input(seat, move) for seat, move in moves]
    return arena.step(state, inputs, Now(1, 50), Rng("arena", state.left))


def ticks(state: State, count: int) -> list[dict[str, int]]:
    """The bodies of the hits in so many ticks."""
    return [event.body for _ in range(count) for event in tick(state).events]


FIRE, COAST = Move(fire=1), Move()


def test_controls_hold_until_they_change() -> None:
    state = plane(ship(0))
    tick(state, (0, Move(thrust=1)))
    tick(state)
    fast = state.ships[0].vx
    assert fast > arena.THRUST
    tick(state, (0, COAST))
    assert 0 < state.ships[0].vx < fast


def test_of_several_controls_in_a_tick_the_newest_holds() -> None:
    state = plane(ship(0))
    tick(state, (0, Move(turn=1)), (0, Move(thrust=1, turn=-1)))
    assert state.ships[0].controls == arena.THRUSTING | arena.LEFT
    assert state.ships[0].angle == 4096 - arena.SPIN


def test_a_tap_on_fire_within_a_tick_is_not_lost() -> None:
    state = plane(ship(0))
    tick(state, (0, FIRE), (0, COAST))
    assert len(state.shots) == 1
    ticks(state, 10)
    assert state.shot == 1


def test_holding_fire_shoots_at_every_reload() -> None:
    state = plane(ship(0))
    tick(state, (0, FIRE))
    ticks(state, 3 * RELOAD)
    assert state.shot == 4


def test_a_shot_leaves_the_bow_with_the_ships_velocity_on_top() -> None:
    moving = ship(0, angle=1024)
    moving.vx = 100
    shot = arena.fire(moving, 7)
    assert (shot.x, shot.y) == (moving.x, moving.y + SHIP)
    assert (shot.vx, shot.vy) == (100, arena.SHOT_SPEED)


def test_shots_end_after_their_life_and_at_walls() -> None:
    state = plane(ship(0), ship(1, x=1150))
    tick(state, (0, FIRE), (1, FIRE))
    tick(state, (0, COAST), (1, COAST))
    assert [shot.seat for shot in state.shots] == [0]
    ticks(state, arena.SHOT_LIFE)
    assert state.shots == []


def test_a_hit_scores_and_takes_the_ship_away_for_a_while() -> None:
    state = plane(ship(0), ship(1, x=200))
    tick(state, (0, FIRE), (0, COAST))
    (hit,) = ticks(state, 10)
    assert (hit["by"], hit["seat"]) == (0, 1)
    shooter, target = state.ships
    assert (shooter.score, target.deaths) == (1, 1)
    assert target.down > 0
    assert state.shots == []


def test_who_is_down_neither_moves_nor_fires_nor_is_hit() -> None:
    away = ship(1, x=100)
    away.down = 30
    state = plane(ship(0), away)
    tick(state, (0, FIRE), (1, Move(thrust=1, fire=1)))
    assert not ticks(state, 10)
    assert (away.vx, state.shots == [shot for shot in state.shots if shot.seat == 0]) == (0, True)


def test_it_comes_back_shielded_in_a_free_place_with_controls_as_held() -> None:
    away = ship(1)
    away.down, away.controls, away.vx = DOWN, arena.THRUSTING, 50
    state = plane(ship(0), away)
    ticks(state, DOWN - 1)
    assert away.down == 1
    tick(state)
    assert (away.down, away.shield, away.vx, away.controls) == (0, SHIELD, 0, arena.THRUSTING)
    assert SHIP <= away.x <= 2400 * 16 - SHIP
    assert abs(away.x - MIDDLE[0]) + abs(away.y - MIDDLE[1]) > 16 * 200


def test_a_shield_takes_a_shot_and_ends_by_itself_or_by_firing() -> None:
    state = plane(ship(0), ship(1, x=200, shield=20))
    tick(state, (0, FIRE), (0, COAST))
    assert not ticks(state, 12)
    assert state.shots == []
    assert ticks(state, 20) == []
    assert state.ships[1].shield == 0
    guarded = plane(ship(0, shield=40))
    tick(guarded, (0, FIRE))
    assert guarded.ships[0].shield == 0


def test_two_who_shoot_each_other_both_go_down() -> None:
    state = plane(ship(0, x=-100), ship(1, x=100, angle=2048))
    tick(state, (0, FIRE), (1, FIRE))
    hits = ticks(state, 6)
    assert {(hit["by"], hit["seat"]) for hit in hits} == {(0, 1), (1, 0)}


def test_each_shooter_who_struck_in_the_tick_scores_and_it_is_one_death() -> None:
    state = plane(ship(0, x=-100), ship(1, x=100, angle=2048), ship(2))
    tick(state, (0, FIRE), (1, FIRE))
    ticks(state, 6)
    assert [one.score for one in state.ships] == [1, 1, 0]
    assert state.ships[2].deaths == 1


def test_a_shot_strikes_all_that_it_touches() -> None:
    state = plane(ship(0), ship(1, x=150, y=8), ship(2, x=150, y=-8))
    tick(state, (0, FIRE), (0, COAST))
    assert {hit["seat"] for hit in ticks(state, 8)} == {1, 2}


def test_ones_own_shots_do_no_harm_and_ships_pass_through_each_other() -> None:
    fast = ship(0)
    fast.vx = 400
    state = plane(fast, ship(1, x=60))
    ticks(state, 5)
    assert fast.x > state.ships[1].x
    state.shots.append(Shot(9, fast.x, fast.y, 0, 0, 0, 5))
    assert not ticks(state, 2)


def test_no_shot_slips_through_a_ship() -> None:
    for x, y in product(range(30, 400, 7), range(-15, 16, 3)):
        state = plane(ship(0), ship(1, x=x, y=y))
        state.ships[1].vx = -400
        tick(state, (0, FIRE), (0, COAST))
        ticks(state, 10)
        assert state.ships[1].deaths == 1, f"a ship {x}, {y} units off was not hit"


def test_touching_is_a_matter_of_distance() -> None:
    assert arena.touches(HIT, 0, 0, 0)
    assert not arena.touches(HIT + 1, 0, 0, 0)
    assert arena.touches(HIT + 600, 0, 1200, 0)


def test_the_score_ends_the_match_and_fewer_deaths_break_a_tie() -> None:
    state = plane(ship(0), ship(1), ship(2), goal=3)
    assert arena.outcome(state) is None
    for one, (score, deaths) in zip(state.ships, [(3, 2), (3, 1), (1, 0)], strict=True):
        one.score, one.deaths = score, deaths
    outcome = arena.outcome(state)
    assert outcome is not None
    assert outcome.reason == "3 hits."
    assert [(place.seat, place.rank) for place in outcome.places] == [(1, 1), (0, 2), (2, 3)]


def test_time_ends_the_match() -> None:
    state = arena.setup(Options(seconds=30), (0,), Rng(0))
    for _ in range(30 * arena.TICK_HZ):
        assert arena.outcome(state) is None
        tick(state)
    outcome = arena.outcome(state)
    assert outcome is not None
    assert outcome.reason == "Time is up."


def test_who_left_keeps_a_place_behind_all_who_stayed() -> None:
    state = plane(ship(0), ship(1))
    state.ships[0].score = 5
    state.shots.append(Shot(1, 0, 0, 0, 0, 0, 9))
    state = arena.leave(state, 0, Rng(0))
    assert [one.seat for one in arena.view(state, None).ships] == [1]
    assert state.shots == []
    state.left = 0
    outcome = arena.outcome(state)
    assert outcome is not None
    assert [(place.seat, place.rank, place.score) for place in outcome.places] == [(1, 1, 0), (0, 2, 5)]


def test_who_joins_begins_anew_in_order_of_seats() -> None:
    state = plane(ship(1), ship(4))
    state.ships[0].score = 5
    state = arena.join(arena.leave(state, 1, Rng(0)), 1, Rng(1))
    assert [one.seat for one in state.ships] == [1, 4]
    assert (state.ships[0].score, state.ships[0].shield, state.gone) == (0, SHIELD, [])


def test_a_seat_without_a_ship_is_refused() -> None:
    (no,) = tick(plane(ship(0)), (3, FIRE)).rejections
    assert (no.index, no.code) == (0, "no_ship")


def test_all_that_leave_end_the_match() -> None:
    outcome = arena.outcome(arena.leave(plane(ship(0)), 0, Rng(0)))
    assert outcome is not None
    assert outcome.reason == "Everybody left."


@pytest.mark.parametrize(("stronger", "weaker"), [("hard", "medium"), ("medium", "easy")])
def test_the_stronger_bot_wins(stronger: str, weaker: str) -> None:
    assert wins_of(stronger, weaker, "arena", 50, score=3) > 0.75


def test_a_bot_without_a_ship_or_a_foe_is_still() -> None:
    view = arena.view(plane(ship(0)), None)
    assert arena.bot(view, 5, "hard", Rng(0)) is None
    assert arena.bot(view, 0, "hard", Rng(0)) is None


def test_a_full_tick_of_eight_is_quick() -> None:
    """A step and a view of eight fighting bots; measured, the middle one takes about 60 microseconds."""
    trial, mover, spent = Trial(game_rules(), range(8), "quick"), by_bots("hard"), []
    for _ in range(400):
        inputs = mover(trial)
        before = perf_counter()
        trial.step(inputs)
        arena.view(trial.state, None)
        spent.append(perf_counter() - before)
    assert sorted(spent)[len(spent) // 2] < 0.001, "ten times slower than it was"


def game_rules() -> Rules:
    return get_rules("arena")
