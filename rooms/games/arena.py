"""Ships on a plane that shoot at each other, 20 ticks a second.

The plane is `width` by `height` units with walls all round: ships bounce off them, shots end there. Walls and
not wrap-around: nobody is shot from the far side of the screen, and interpolation has no seam.

Units. Whole numbers only. Positions: 1/16 of a unit, x to the right, y down. Angles: 0 to 4095 for a full
turn, 0 to the right, 1024 down. Velocities: 1/16 of a unit per tick.

The motion of a living ship in one tick. static/js/games/arena.js computes the same for the own ship, and
tests/golden/arena_motion.json shows that both agree. Every intermediate result lies within 2**31, but for the
numerator of the sine, within 2**39. `>>` is the arithmetic shift: it rounds down, also below zero.

1. Turning gathers pace, so that a short press aims finely. With neither left nor right held, spin = 0. Else
   spin becomes 0 if it has the other sign, then changes by SPIN toward the held side, to at most SPIN_MAX
   either way. angle = (angle + spin) & 4095.
2. With thrust held: vx += (cosine(angle) * THRUST + 8192) >> 14, and vy likewise with sine(angle).
3. Drag, on vx and vy each: the size |v| becomes less by (|v| * DRAG + 255) >> 8.
4. x += vx. Where now x < SHIP: x = 2 * SHIP - x and vx = -vx >> 1, which is (-vx) >> 1. Where x > far, with
   far = 16 * width - SHIP: x = 2 * far - x and vx = -(vx >> 1). Then y likewise with vy and height.

    sine(a) for a in 0..2047: p = a * (2048 - a); 16384 * 16 * p / (5 * 2048 * 2048 - 4 * p), rounded down
    sine(a) for a in 2048..4095: -sine(a - 2048);  cosine(a) = sine((a + 1024) & 4095)

(Bhaskara's approximation, right to 0.2 %, in exact integers: no two machines differ.)

A tick, in order. The newest controls of each seat hold from now on; a shot asked for in any of them counts.
Living ships move, then fire where they may. Shots, new ones too, move; one that touches other ships strikes
all of them. A ship that is struck goes down and each shooter who struck it scores one. So the order of seats
decides nothing. One's own shots do no harm; ships pass through each other. After DOWN ticks a ship is back on
the emptiest of a few places, shielded until SHIELD ticks have passed or it fires.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, dist, hypot, tau
from operator import attrgetter, itemgetter
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from rooms.core.game import Event, Input, Now, Outcome, Rejection, Seats, Step
from rooms.core.ids import Seat
from rooms.core.ranking import rank
from rooms.core.rng import Rng

TITLE = "Arena"
SUMMARY = "Thrust, turn and shoot among up to sixteen ships. Come and go as you like."
SEATS = Seats(1, 16)
TICK_HZ, LATE_JOIN, GRACE_S = 20, True, 20
STRENGTHS, BOT_EVERY_MS = ("easy", "medium", "hard"), 100

SPIN, SPIN_MAX, THRUST, DRAG = 36, 144, 20, 12
SHIP = 26 * 16
"""A ship's radius."""
HIT = SHIP + 6 * 16
"""How near the middle of a shot must come to that of a ship."""
SHOT_SPEED, SHOT_LIFE, RELOAD = 640, 26, 6
DOWN, SHIELD = 40, 50
REACH = HIT + 1600
"""Beyond this a shot cannot have touched a ship in this tick: they close in by less than 1600."""
THRUSTING, LEFT, RIGHT, FIRING = 1, 2, 4, 8
"""The bits of `Ship.controls`."""
TURNS = {-1: LEFT, 0: 0, 1: RIGHT}


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    score: Annotated[int, Meta(ge=1, le=50, title="Score to win", description="One point a hit.")] = 10
    seconds: Annotated[int, Meta(ge=30, le=900, title="Time limit", description="In seconds.")] = 180
    width: Annotated[int, Meta(ge=1600, le=4000, title="Width of the arena")] = 2400
    height: Annotated[int, Meta(ge=900, le=4000, title="Height of the arena")] = 1350


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    """The controls as they are held from now on: sent when they change."""

    thrust: Literal[0, 1] = 0
    turn: Literal[-1, 0, 1] = 0
    fire: Literal[0, 1] = 0


RELAYS = {"controls": Move}
"""Each player's controls also go to the others at once, ahead of the tick, for their screens alone."""


class Ship(Struct, array_like=True):
    seat: Seat
    x: int
    y: int
    angle: int
    vx: int
    vy: int
    controls: int = 0
    """Bits: 1 thrust, 2 left, 4 right, 8 fire."""
    down: int = 0
    """Ticks until it is back; 0: alive."""
    shield: int = SHIELD
    """Ticks for which it cannot be hit."""
    score: int = 0
    deaths: int = 0
    reload: int = 0
    """Ticks until it may fire again."""
    spin: int = 0
    """What the angle last changed by, while a turn is held."""


class Shot(Struct, array_like=True):
    id: int
    x: int
    y: int
    vx: int
    vy: int
    seat: Seat
    life: int
    """Ticks left."""


class State(Struct):
    """`gone`: the ships of players who left. `shot`: the id of the newest shot. `left`: ticks to play."""

    width: int
    height: int
    goal: int
    left: int
    ships: list[Ship]
    shots: list[Shot]
    gone: list[Ship]
    shot: int = 0


class View(Struct):
    """What everybody sees. Ships and shots are arrays of whole numbers, in the order of the fields above."""

    width: int
    height: int
    left: int
    goal: int
    ships: list[Ship]
    shots: list[Shot]


def _sine(angle: int) -> int:
    if angle >= 2048:
        return -_sine(angle - 2048)
    p = angle * (2048 - angle)
    return 16384 * 16 * p // (5 * 2048 * 2048 - 4 * p)


SINE = [_sine(angle) for angle in range(4096)]
COSINE = SINE[1024:] + SINE[:1024]


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    ticks = options.seconds * TICK_HZ
    state = State(options.width, options.height, options.score, ticks, [], [], [])
    for seat in seats:
        state = join(state, seat, rng)
    return state


def join(state: State, seat: Seat, rng: Rng) -> State:
    state.gone = [ship for ship in state.gone if ship.seat != seat]
    ship = Ship(seat, 0, 0, 0, 0, 0)
    _spawn(state, ship, rng)
    state.ships.append(ship)
    state.ships.sort(key=attrgetter("seat"))
    return state


def leave(state: State, seat: Seat, rng: Rng) -> State:
    state.gone += [ship for ship in state.ships if ship.seat == seat]
    state.ships = [ship for ship in state.ships if ship.seat != seat]
    state.shots = [shot for shot in state.shots if shot.seat != seat]
    return state


def _spawn(state: State, ship: Ship, rng: Rng) -> None:
    """Put a ship on the emptiest of six places drawn by lot: at rest, shielded, looking to the far wall."""
    low, right, bottom = 4 * SHIP, state.width * 16 - 4 * SHIP, state.height * 16 - 4 * SHIP
    others = [(other.x, other.y) for other in state.ships if other is not ship and not other.down]
    places = [(rng.between(low, right), rng.between(low, bottom)) for _ in range(6)]
    ship.x, ship.y = max(places, key=lambda at: min((dist(at, other) for other in others), default=0.0))
    ship.angle = 0 if ship.x < state.width * 8 else 2048
    ship.vx = ship.vy = ship.spin = ship.down = ship.reload = 0
    ship.shield = SHIELD


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    asked, rejections = steer(state, inputs) if inputs else (set(), ())
    state.left -= 1
    right, bottom = state.width * 16, state.height * 16
    fly_ships(state, asked, right, bottom, rng)
    events = strike(state, _fly_shots(state, right, bottom)) if state.shots else ()
    return Step(state, events, rejections)


def fly_ships(state: State, asked: set[Seat], right: int, bottom: int, rng: Rng) -> None:
    """Move all ships, and let those fire that hold it or have `asked` for a shot."""
    for ship in state.ships:
        if ship.down:
            ship.down -= 1
            if not ship.down:
                _spawn(state, ship, rng)
            continue
        fly(ship, right, bottom)
        ship.shield = max(ship.shield - 1, 0)
        ship.reload = max(ship.reload - 1, 0)
        if not ship.reload and (ship.controls & FIRING or ship.seat in asked):
            state.shot += 1
            state.shots.append(fire(ship, state.shot))


def steer(state: State, inputs: Sequence[Input[Move]]) -> tuple[set[Seat], tuple[Rejection, ...]]:
    """Take the newest controls of each seat; give the seats that asked for a shot, and the refusals."""
    ships = {ship.seat: ship for ship in state.ships}
    asked: set[Seat] = set()
    rejections = []
    for index, given in enumerate(inputs):
        ship, move = ships.get(given.seat), given.move
        if ship is None:
            rejections.append(Rejection(index, "no_ship", "You have no ship in this match."))
            continue
        ship.controls = move.thrust | TURNS[move.turn] | FIRING * move.fire
        if move.fire:
            asked.add(given.seat)
    return asked, tuple(rejections)


def fly(ship: Ship, right: int, bottom: int) -> None:
    """The motion of a living ship in one tick: steps 1 to 4 above. `right`, `bottom`: the far walls."""
    controls, angle, vx, vy = ship.controls, ship.angle, ship.vx, ship.vy
    if controls & RIGHT:
        ship.spin = min(max(ship.spin, 0) + SPIN, SPIN_MAX)
    elif controls & LEFT:
        ship.spin = max(min(ship.spin, 0) - SPIN, -SPIN_MAX)
    else:
        ship.spin = 0
    angle = ship.angle = (angle + ship.spin) & 4095
    if controls & THRUSTING:
        vx += (COSINE[angle] * THRUST + 8192) >> 14
        vy += (SINE[angle] * THRUST + 8192) >> 14
    vx = vx - ((vx * DRAG + 255) >> 8) if vx >= 0 else vx + ((255 - vx * DRAG) >> 8)
    vy = vy - ((vy * DRAG + 255) >> 8) if vy >= 0 else vy + ((255 - vy * DRAG) >> 8)
    ship.x, ship.vx = _bounce(ship.x + vx, vx, right - SHIP)
    ship.y, ship.vy = _bounce(ship.y + vy, vy, bottom - SHIP)


def _bounce(at: int, speed: int, high: int) -> tuple[int, int]:
    if at < SHIP:
        return 2 * SHIP - at, -speed >> 1
    if at > high:
        return 2 * high - at, -(speed >> 1)
    return at, speed


def fire(ship: Ship, id: int) -> Shot:
    """The shot that leaves the bow: SHOT_SPEED the way the ship looks, and the ship's velocity on top."""
    cosine, sine = COSINE[ship.angle], SINE[ship.angle]
    ship.reload, ship.shield = RELOAD, 0
    x, y = ship.x + ((cosine * SHIP) >> 14), ship.y + ((sine * SHIP) >> 14)
    vx, vy = ship.vx + ((cosine * SHOT_SPEED) >> 14), ship.vy + ((sine * SHOT_SPEED) >> 14)
    return Shot(id, x, y, vx, vy, ship.seat, SHOT_LIFE)


def _fly_shots(state: State, right: int, bottom: int) -> list[tuple[Shot, Ship]]:
    """Move the shots, drop the spent ones, and give which struck which ship."""
    alive = [(ship.seat, ship.x, ship.y, ship) for ship in state.ships if not ship.down]
    hits: list[tuple[Shot, Ship]] = []
    flying: list[Shot] = []
    for shot in state.shots:
        x = shot.x = shot.x + shot.vx
        y = shot.y = shot.y + shot.vy
        shot.life -= 1
        struck = False
        for seat, ship_x, ship_y, ship in alive:
            dx, dy = x - ship_x, y - ship_y
            near = -REACH < dx < REACH and -REACH < dy < REACH and seat != shot.seat
            if near and touches(dx, dy, shot.vx - ship.vx, shot.vy - ship.vy):
                hits.append((shot, ship))
                struck = True
        if not struck and shot.life and 0 <= x <= right and 0 <= y <= bottom:
            flying.append(shot)
    state.shots = flying
    return hits


def touches(dx: int, dy: int, vx: int, vy: int) -> bool:
    """Whether a shot that ends the tick at this distance touched, at the tick's end, middle or beginning.

    `vx`, `vy`: its velocity as the ship sees it. Half of that is less than a ship is wide: none slips
    through.
    """
    near = 4 * HIT * HIT
    return any((2 * dx - part * vx) ** 2 + (2 * dy - part * vy) ** 2 <= near for part in (0, 1, 2))


def strike(state: State, hits: list[tuple[Shot, Ship]]) -> tuple[Event, ...]:
    if not hits:
        return ()
    ships = {ship.seat: ship for ship in state.ships}
    struck = {(shot.seat, ship.seat): ship for shot, ship in hits if not ship.shield}
    for (by, _), ship in struck.items():
        ships[by].score += 1
        if not ship.down:
            ship.down, ship.deaths = DOWN, ship.deaths + 1
    return tuple(
        Event("hit", {"by": by, "seat": seat, "x": ship.x, "y": ship.y})
        for (by, seat), ship in sorted(struck.items(), key=itemgetter(0))
    )


def view(state: State, seat: Seat | None) -> View:
    return View(state.width, state.height, state.left, state.goal, state.ships, state.shots)


def outcome(state: State) -> Outcome | None:
    reached = any(ship.score >= state.goal for ship in state.ships)
    if not reached and state.left > 0 and state.ships:
        return None
    merits = {ship.seat: (1, ship.score, -ship.deaths) for ship in state.ships}
    merits |= {ship.seat: (0, ship.score, -ship.deaths) for ship in state.gone}
    scores = {ship.seat: ship.score for ship in state.ships + state.gone}
    reason = f"{state.goal} hits." if reached else "Time is up." if state.ships else "Everybody left."
    return Outcome(rank(merits, scores), reason)


def legal_moves(state: State, seat: Seat) -> list[Move]:
    if all(ship.seat != seat for ship in state.ships):
        return []
    return [Move(thrust, turn, fire) for thrust in (0, 1) for turn in (-1, 0, 1) for fire in (0, 1)]


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    moves = legal_moves(state, seat)
    return rng.choice(moves) if moves else None


class Skill(NamedTuple):
    """How well a bot plays: the chance that it looks away, how far its aim strays (angle), whether it aims at
    where a ship will be (1) or is (0), and how many ticks ahead it sees a shot coming.
    """

    lapse: float
    stray: int
    lead: int
    dodge: int


SKILLS = {"easy": Skill(0.6, 500, 0, 0), "medium": Skill(0.3, 160, 1, 0), "hard": Skill(0.0, 0, 1, 12)}


def bot(view: View, seat: Seat, strength: str, rng: Rng) -> Move | None:
    """Hunt the nearest ship: turn to where a shot will meet it, close in, fire when the angle is right."""
    skill = SKILLS[strength]
    me = next((ship for ship in view.ships if ship.seat == seat), None)
    if me is None or me.down or rng.random() < skill.lapse:
        return None
    foes = [ship for ship in view.ships if ship.seat != seat and not ship.down]
    foe = min(foes, key=lambda ship: hypot(ship.x - me.x, ship.y - me.y) + 200 * ship.shield, default=None)
    move = _hunt(me, foe, skill, rng) if foe else Move()
    threat = _threat(me, view.shots, skill.dodge)
    if threat is not None:
        move = Move(1, _toward(_error(me, threat)), move.fire)
    bits = move.thrust | TURNS[move.turn] | FIRING * move.fire
    return None if bits == me.controls else move


def _hunt(me: Ship, foe: Ship, skill: Skill, rng: Rng) -> Move:
    dx, dy, vx, vy = foe.x - me.x, foe.y - me.y, foe.vx - me.vx, foe.vy - me.vy
    ticks = 0.0
    for _ in range(3):
        ticks = hypot(dx + vx * ticks * skill.lead, dy + vy * ticks * skill.lead) / SHOT_SPEED
    ahead_x, ahead_y = dx + vx * ticks * skill.lead, dy + vy * ticks * skill.lead
    far = hypot(ahead_x, ahead_y)
    error = _error(me, atan2(ahead_y, ahead_x)) + skill.stray * (rng.random() - 0.5)
    good = max(HIT / max(far, HIT) * 4096 / tau, SPIN)
    ready = ticks < SHOT_LIFE and not foe.shield and abs(error) < good
    closing = (far > 16 * 400 or hypot(me.vx, me.vy) < 100) and abs(error) < 700
    return Move(1 if closing else 0, _toward(error), 1 if ready else 0)


def _error(me: Ship, direction: float) -> float:
    """The angle by which the ship looks away from a direction in radians, -2048 to 2048."""
    return (direction * 4096 / tau - me.angle + 2048) % 4096 - 2048


def _toward(error: float) -> Literal[-1, 0, 1]:
    return 0 if abs(error) < SPIN else 1 if error > 0 else -1


def _threat(me: Ship, shots: Sequence[Shot], ticks: int) -> float | None:
    """The direction (radians) out of the way of a shot that comes close within `ticks`, or None."""
    for shot in shots:
        dx, dy, vx, vy = me.x - shot.x, me.y - shot.y, shot.vx - me.vx, shot.vy - me.vy
        closest = (dx * vx + dy * vy) / max(vx * vx + vy * vy, 1)
        if shot.seat != me.seat and 0 < closest < min(ticks, shot.life):
            off_x, off_y = dx - vx * closest, dy - vy * closest
            if hypot(off_x, off_y) < 1.5 * HIT:
                return atan2(off_y, off_x)
    return None
