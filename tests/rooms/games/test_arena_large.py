"""Arena in a large world: cells, drones, and that the small parts do what arena's do. The laws see to the rest."""

from __future__ import annotations

from typing import Any

import msgspec

from rooms.core.game import Game, Input, Now, Step
from rooms.core.rng import Rng
from rooms.core.view import whole_view
from rooms.games import arena, arena_large, get_rules
from rooms.games.arena import Move, Ship, Shot
from rooms.games.arena_large import CELL_H, CELL_W, Drone, Options, State

game: Game = arena_large
RIGHT, BOTTOM = 5 * CELL_W * 16, 5 * CELL_H * 16


def world(*ships: Ship, drones: list[Drone] | None = None, shots: list[Shot] | None = None) -> State:
    """Five cells by five, with these in it."""
    return State(5 * CELL_W, 5 * CELL_H, 50, 1000, list(ships), shots or [], [], 0, drones or [], 100)


def in_cell(column: int, row: int, seat: int = 0) -> Ship:
    """A ship in the middle of a cell."""
    return Ship(seat, (2 * column + 1) * CELL_W * 8, (2 * row + 1) * CELL_H * 8, 0, 0, 0, shield=0)


def step(state: State, *inputs: Input[Move]) -> Step[State]:
    return arena_large.step(state, inputs, Now(1, 50), Rng("x"))


def test_two_hundred_players_and_two_thousand_entities_fit() -> None:
    rules = get_rules("arena_large")
    assert rules.seats.max == 200
    state = arena_large.setup(Options(), range(200), Rng("many"))
    assert len(state.ships) + len(state.drones) == 2000
    for seat in (0, 77, 199):
        view = whole_view(rules, state, seat)
        assert 1 <= len(view["cells"]) <= 9
        assert len(msgspec.json.encode(view)) < 16_384
        assert any(ship[0] == seat for cell in view["cells"] for ship in cell["ships"])
    assert len(msgspec.msgpack.encode(state)) < 64 * 1024


def test_a_seat_sees_its_cell_and_the_eight_around_it_and_nothing_else() -> None:
    state = world(in_cell(2, 2, 0), in_cell(3, 3, 1), in_cell(4, 4, 2), in_cell(0, 0, 3))
    seen = {seat: arena_large.cells_seen(state, seat) for seat in range(4)}
    wheres = {cell: [ship.seat for ship in there.ships] for cell, there in arena_large.cells(state).items()}
    in_sight = {seat: sorted(one for cell in cells for one in wheres.get(cell, [])) for seat, cells in seen.items()}
    assert in_sight == {0: [0, 1], 1: [0, 1, 2], 2: [1, 2], 3: [3]}
    assert arena_large.cells_seen(state, None) == seen[0], "who watches sees the middle"
    assert arena_large.cells_seen(state, 9) == seen[0]


def test_at_the_edges_a_cell_is_not_taken_for_one_of_another_row() -> None:
    far = world(in_cell(4, 0, 0), drones=[Drone(1, RIGHT, 0, 0, 0), Drone(2, 0, CELL_H * 16, 0, 0)])
    seen = arena_large.cells_seen(far, 0)
    found = [one.id for cell, there in arena_large.cells(far).items() if cell in seen for one in there.drones]
    assert found == [1]


def test_a_ship_flies_as_in_the_small_arena() -> None:
    here, there = in_cell(2, 2), in_cell(2, 2)
    large = step(world(here), Input(0, Move(thrust=1, turn=1))).state.ships[0]
    there.controls = arena.THRUSTING | arena.RIGHT
    arena.fly(there, RIGHT, BOTTOM)
    assert (large.x, large.y, large.angle, large.vx, large.vy) == (there.x, there.y, there.angle, there.vx, there.vy)


def test_a_drone_that_is_hit_is_a_point_and_another_comes() -> None:
    me = in_cell(1, 1)
    state = world(me, drones=[Drone(7, me.x + 3000, me.y, 0, 0), Drone(8, me.x, me.y + 9000, 0, 0)])
    state.shots = [Shot(1, me.x + 2500, me.y, 640, 0, 0, 10)]
    after = step(state).state
    assert [drone.id for drone in after.drones] == [8, 101]
    assert (after.ships[0].score, after.shots) == (1, [])


def test_drones_bounce_off_the_walls() -> None:
    state = world(in_cell(2, 2), drones=[Drone(1, 10, 20, -40, 3), Drone(2, RIGHT - 1, BOTTOM - 1, 30, 30)])
    near, far = step(state).state.drones
    assert (near.x, near.vx, near.y) == (30, 40, 23)
    assert (far.x, far.y, far.vx, far.vy) == (RIGHT - 29, BOTTOM - 29, -30, -30)


def test_a_ship_is_struck_in_whatever_square_it_is_and_only_those_two_are_told() -> None:
    for dx in (-4096, -1, 0, 1, 4095):
        me, foe = in_cell(2, 2, 0), in_cell(2, 2, 1)
        me.x, foe.x = me.x + dx - 5000, foe.x + dx
        state = world(me, foe, shots=[Shot(1, foe.x - 500, foe.y, 640, 0, 0, 10)])
        done = step(state)
        assert done.state.ships[1].down, dx
        assert [(event.kind, event.seats) for event in done.events] == [("hit", (0, 1))]


def test_the_bot_goes_for_drones_when_nobody_is_near() -> None:
    me = in_cell(2, 2)
    state = world(me, drones=[Drone(1, me.x + 4000, me.y, 0, 0)])
    view: Any = msgspec.convert(whole_view(get_rules("arena_large"), state, 0), arena_large.View)
    assert arena_large.bot(view, 0, "hard", Rng("x")) == Move(thrust=1, turn=0, fire=1)
