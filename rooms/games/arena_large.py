"""Arena in a large world: up to 200 ships among drifting drones, of which a player sees what is near.

It flies by the rules of `arena`, whose motion, shots and hits it takes over; read that first. What is different: the
world is divided into cells of CELL_W by CELL_H units, about a screen each, and a seat sees its own cell and the eight
around it (docs/games.md, large worlds). Whoever watches sees the middle of the world.

Drones drift straight on and bounce off the walls. A shot that touches one destroys it for a point, and another comes
somewhere else. Ships pass through them.

A shot looks for what it may have hit in the squares around it alone (SQUARE, of which none is smaller than what a shot
and its aim can close in by in a tick), so that a tick costs what is there and not its square.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from rooms.core.game import Event, Input, Now, Outcome, Seats, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng
from rooms.games import arena
from rooms.games.arena import Ship, Shot

TITLE = "Arena, large"
SUMMARY = "Two hundred ships in a large world full of drones. Come and go as you like."
SEATS = Seats(1, 200)
TICK_HZ, LATE_JOIN, GRACE_S = arena.TICK_HZ, True, arena.GRACE_S
STRENGTHS, BOT_EVERY_MS = arena.STRENGTHS, arena.BOT_EVERY_MS

Move = arena.Move

CELL_W, CELL_H = 2400, 1350
"""Units of a cell: the small arena's size."""
MOST_ACROSS = 20
"""More than there are cells in a row of any world: what a cell's number counts by."""
SQUARE = 12
"""A shot looks into the squares of 2**12 sixteenths around it."""
BEST = 10
"""How many of the best everybody is shown."""


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    score: Annotated[int, Meta(ge=1, le=2000, title="Score to win", description="One point a hit.")] = 300
    seconds: Annotated[int, Meta(ge=30, le=3600, title="Time limit", description="In seconds.")] = 900
    across: Annotated[int, Meta(ge=3, le=16, title="Size", description="In screens, across and down.")] = 10
    drones: Annotated[int, Meta(ge=0, le=4000, title="Drones")] = 1800


class Drone(Struct, array_like=True):
    id: int
    x: int
    y: int
    vx: int
    vy: int


class State(arena.State):
    """`drone`: the id of the newest drone."""

    drones: list[Drone] = []
    drone: int = 0


class Cell(Struct):
    """What is in one cell, rows as in arena."""

    ships: list[Ship]
    shots: list[Shot]
    drones: list[Drone]


class Best(Struct, array_like=True):
    seat: Seat
    score: int
    deaths: int


class View(Struct):
    """`best`: the best, best first. `crowd`: how many ships there are."""

    width: int
    height: int
    left: int
    goal: int
    crowd: int
    best: list[Best]
    cells: list[Cell] = []


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    width, height = options.across * CELL_W, options.across * CELL_H
    state = State(width, height, options.score, options.seconds * TICK_HZ, [], [], [])
    for _ in range(options.drones):
        _add_drone(state, rng)
    for seat in seats:
        join(state, seat, rng)
    return state


def join(state: State, seat: Seat, rng: Rng) -> State:
    arena.join(state, seat, rng)
    return state


def leave(state: State, seat: Seat, rng: Rng) -> State:
    arena.leave(state, seat, rng)
    return state


def _add_drone(state: State, rng: Rng) -> None:
    state.drone += 1
    x, y = rng.between(0, state.width * 16), rng.between(0, state.height * 16)
    state.drones.append(Drone(state.drone, x, y, rng.between(-40, 40), rng.between(-40, 40)))


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    asked, rejections = arena.steer(state, inputs) if inputs else (set(), ())
    state.left -= 1
    right, bottom = state.width * 16, state.height * 16
    arena.fly_ships(state, asked, right, bottom, rng)
    _drift(state.drones, right, bottom)
    events = _shoot(state, right, bottom, rng) if state.shots else ()
    return Step(state, events, rejections)


def _drift(drones: list[Drone], right: int, bottom: int) -> None:
    for drone in drones:
        x = drone.x = drone.x + drone.vx
        y = drone.y = drone.y + drone.vy
        if not 0 <= x <= right:
            drone.x, drone.vx = (-x, -drone.vx) if x < 0 else (2 * right - x, -drone.vx)
        if not 0 <= y <= bottom:
            drone.y, drone.vy = (-y, -drone.vy) if y < 0 else (2 * bottom - y, -drone.vy)


Squares = dict[tuple[int, int], list[Ship | Drone]]


def _squares(state: State) -> Squares:
    squares: Squares = defaultdict(list)
    for drone in state.drones:
        squares[drone.x >> SQUARE, drone.y >> SQUARE].append(drone)
    for ship in state.ships:
        if not ship.down:
            squares[ship.x >> SQUARE, ship.y >> SQUARE].append(ship)
    return squares


def _shoot(state: State, right: int, bottom: int, rng: Rng) -> tuple[Event, ...]:
    """Move the shots, and strike what they touch. Whoever was not in it is not told where it was."""
    squares, hits, struck = _squares(state), list[tuple[Shot, Ship]](), dict[int, Seat]()
    flying: list[Shot] = []
    for shot in state.shots:
        x = shot.x = shot.x + shot.vx
        y = shot.y = shot.y + shot.vy
        shot.life -= 1
        spent = not shot.life or not (0 <= x <= right and 0 <= y <= bottom)
        for one in _touched(shot, squares):
            spent = True
            if isinstance(one, Ship):
                hits.append((shot, one))
            else:  # of several shots that touch one in a tick, the lowest seat's counts: their order decides nothing
                struck[one.id] = min(shot.seat, struck.get(one.id, shot.seat))
        if not spent:
            flying.append(shot)
    state.shots = flying
    events = arena.strike(state, hits)
    if struck:
        _destroy(state, struck, rng)
    return tuple(replace(event, seats=(event.body["by"], event.body["seat"])) for event in events)


def _touched(shot: Shot, squares: Squares) -> Iterator[Ship | Drone]:
    column, row = shot.x >> SQUARE, shot.y >> SQUARE
    for across in (column - 1, column, column + 1):
        for down in (row - 1, row, row + 1):
            for one in squares.get((across, down), ()):
                foreign = not isinstance(one, Ship) or one.seat != shot.seat
                if foreign and arena.touches(shot.x - one.x, shot.y - one.y, shot.vx - one.vx, shot.vy - one.vy):
                    yield one


def _destroy(state: State, struck: dict[int, Seat], rng: Rng) -> None:
    ships = {ship.seat: ship for ship in state.ships}
    state.drones = [drone for drone in state.drones if drone.id not in struck]
    for id in sorted(struck):
        ships[struck[id]].score += 1
        _add_drone(state, rng)


# -- what is seen


def view(state: State, seat: Seat | None) -> View:
    ranked = sorted(state.ships, key=lambda ship: (-ship.score, ship.deaths, ship.seat))[:BEST]
    best = [Best(ship.seat, ship.score, ship.deaths) for ship in ranked]
    return View(state.width, state.height, state.left, state.goal, len(state.ships), best)


def _cell_of(x: int, y: int) -> int:
    return y // (CELL_H * 16) * MOST_ACROSS + x // (CELL_W * 16)


def cells(state: State) -> dict[int, Cell]:
    found: dict[int, Cell] = defaultdict(lambda: Cell([], [], []))
    for ship in state.ships:
        found[_cell_of(ship.x, ship.y)].ships.append(ship)
    for shot in state.shots:
        found[_cell_of(shot.x, shot.y)].shots.append(shot)
    for drone in state.drones:
        found[_cell_of(drone.x, drone.y)].drones.append(drone)
    return found


def cells_seen(state: State, seat: Seat | None) -> set[int]:
    x, y = state.width * 8, state.height * 8
    at = len(state.ships) if seat is None else bisect_left(state.ships, seat, key=attrgetter("seat"))
    if at < len(state.ships) and state.ships[at].seat == seat:
        x, y = state.ships[at].x, state.ships[at].y
    column, row = x // (CELL_W * 16), y // (CELL_H * 16)
    rows, columns = range(max(row - 1, 0), row + 2), range(max(column - 1, 0), min(column + 2, MOST_ACROSS))
    return {down * MOST_ACROSS + across for down in rows for across in columns}


def outcome(state: State) -> Outcome | None:
    return arena.outcome(state)


def legal_moves(state: State, seat: Seat) -> list[Move]:
    return arena.legal_moves(state, seat)


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    return arena.sample_move(state, seat, rng)


def bot(view: View, seat: Seat, strength: str, rng: Rng) -> Move | None:
    """Hunt as in arena: ships in sight, and drones for want of them."""
    ships = [ship for cell in view.cells for ship in cell.ships]
    shots = [shot for cell in view.cells for shot in cell.shots]
    me = next((ship for ship in ships if ship.seat == seat), None)
    if me is not None and len(ships) < 2:
        drones = [drone for cell in view.cells for drone in cell.drones]
        ships += [Ship(-1, drone.x, drone.y, 0, drone.vx, drone.vy, shield=0) for drone in drones]
    return arena.bot(arena.View(view.width, view.height, view.left, view.goal, ships, shots), seat, strength, rng)
