"""Snake for two to eight on one grid, ten ticks a second; all move at once.

A tick, in order, the same for every seat:

1. Each snake takes its next turn from the few that it has queued, and its head goes one square on. Without walls
   the grid wraps round.
2. A head on food: the snake grows by its old tail staying where it is. Else the tail leaves its square, so that
   one may follow a tail closely, one's own or another's.
3. Dead is whose head left a walled grid, lies on a body (of those who die in this tick too), or meets another head:
   then both die, whatever their lengths.
4. New food comes by lot on free squares.

A round ends with one snake left or none, or when its time is up. Its winner is the survivor; if several survive, the
longest of them. The match is `rounds` rounds; most rounds won wins, then most food eaten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Literal

from msgspec import Meta, Struct

from rooms.core.game import Event, Input, Now, Outcome, Rejection, Seats, Step
from rooms.core.ids import Seat
from rooms.core.ranking import rank
from rooms.core.rng import Rng

TITLE = "Snake"
SUMMARY = "Eat, grow, cut the others off. Two to eight snakes on one grid."
SEATS = Seats(2, 8)
TICK_HZ = 10
GRACE_S = 15
ABSENT = "bot"
STRENGTHS = ("easy", "medium", "hard")
BOT_EVERY_MS = 100

Direction = Literal["up", "right", "down", "left"]
DIRECTIONS: tuple[Direction, ...] = ("up", "right", "down", "left")
"""A direction's number is its place here: opposite ones differ by two."""
STEPS = ((0, -1), (1, 0), (0, 1), (-1, 0))
QUEUE = 2
"""Turns that may wait: enough for a quick U-turn, too few to steer by memory."""
LENGTH, COUNTDOWN, BETWEEN, ROUND = 3, 30, 25, 1200
"""Squares of a new snake; ticks before a round, after it, and of a round at most (two minutes)."""
OUT = -1
FORESIGHT = 9
"""Steps for which bots look ahead."""


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    width: Annotated[int, Meta(ge=12, le=40, title="Width of the grid")] = 24
    height: Annotated[int, Meta(ge=12, le=40, title="Height of the grid")] = 18
    walls: Annotated[bool, Meta(title="Walls", description="Without them the grid wraps round.")] = False
    rounds: Annotated[int, Meta(ge=1, le=9, title="Rounds")] = 3
    food: Annotated[int, Meta(ge=1, le=12, title="Food on the grid at a time")] = 4


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    """Turn at the next free tick. Back into one's own neck is refused."""

    turn: Direction


class Snake(Struct):
    """`body` holds squares, y * width + x, head first; empty when dead. `queue` holds turns to come."""

    seat: Seat
    body: list[int]
    dir: int
    queue: list[int] = []
    score: int = 0
    wins: int = 0
    left: bool = False
    """The player has left the match."""


class State(Struct):
    """`count`: ticks left of the phase. `round` counts from 1."""

    width: int
    height: int
    walls: bool
    rounds: int
    portions: int
    snakes: list[Snake]
    round: int = 0
    phase: Literal["countdown", "running", "between", "over"] = "between"
    count: int = 0
    food: list[int] = []


class SnakeView(Struct):
    seat: Seat
    alive: bool
    dir: Direction
    body: list[list[int]]
    """[x, y] of each square, head first; empty when dead."""
    score: int
    wins: int


class View(Struct):
    """What everybody sees. `snakes` goes by seat, null where nobody plays."""

    width: int
    height: int
    walls: bool
    round: int
    rounds: int
    phase: Literal["countdown", "running", "between", "over"]
    count: int
    food: list[list[int]]
    snakes: list[SnakeView | None]


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    snakes = [Snake(seat, [], 0) for seat in seats]
    state = State(options.width, options.height, options.walls, options.rounds, options.food, snakes)
    _begin_round(state, rng)
    return state


def _begin_round(state: State, rng: Rng) -> None:
    """Half the snakes start at the left edge, half at the right, the one half a half-turn of the other."""
    state.round, state.phase, state.count = state.round + 1, "countdown", COUNTDOWN
    playing = [snake for snake in state.snakes if not snake.left]
    rng.shuffle(playing)
    lanes = (len(playing) + 1) // 2
    for index, snake in enumerate(playing):
        row = (4 * (index // 2) + 1) * state.height // (4 * lanes)
        body = [row * state.width + LENGTH - part for part in range(LENGTH)]
        mirrored = index % 2 == 1
        snake.body = [state.width * state.height - 1 - at for at in body] if mirrored else body
        snake.dir, snake.queue = 3 if mirrored else 1, []
    state.food = []
    _feed(state, rng)


def _feed(state: State, rng: Rng) -> None:
    taken = set(state.food).union(*(snake.body for snake in state.snakes))
    while len(state.food) < state.portions and len(taken) < state.width * state.height:
        free = [at for at in range(state.width * state.height) if at not in taken]
        state.food.append(rng.choice(free))
        taken.add(state.food[-1])


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    snakes = {snake.seat: snake for snake in state.snakes}
    rejections = tuple(
        refused
        for index, given in enumerate(inputs)
        if (refused := _turn(state, snakes.get(given.seat), given.move, index))
    )
    events: tuple[Event, ...] = ()
    state.count -= 1
    if state.phase == "running":
        events = _advance(state, rng)
    elif state.count <= 0 and state.phase == "countdown":
        state.phase, state.count = "running", ROUND
    elif state.count <= 0 and state.phase == "between":
        _begin_round(state, rng)
    return Step(state, events, rejections)


def _turn(state: State, snake: Snake | None, move: Move, index: int) -> Rejection | None:
    if snake is None or not snake.body or state.phase not in ("countdown", "running"):
        return Rejection(index, "not_moving", "Your snake does not move now.")
    if move not in legal_moves(state, snake.seat):
        if len(snake.queue) >= QUEUE:
            return Rejection(index, "too_many", "Two turns are waiting already.")
        return Rejection(index, "backwards", "A snake cannot turn back.", tuple(legal_moves(state, snake.seat)))
    turn, last = DIRECTIONS.index(move.turn), (snake.queue or [snake.dir])[-1]
    if turn != last:
        snake.queue.append(turn)
    return None


def _advance(state: State, rng: Rng) -> tuple[Event, ...]:
    alive = [snake for snake in state.snakes if snake.body]
    heads = [_move(state, snake) for snake in alive]
    met = Counter(heads)
    bodies = {at for snake in alive for at in snake.body}
    dead = [snake for snake, head in zip(alive, heads, strict=True) if head == OUT or met[head] > 1 or head in bodies]
    for snake, head in zip(alive, heads, strict=True):
        snake.body.insert(0, head)
    events = [
        Event("died", {"seat": snake.seat, "body": [_at(state, at) for at in snake.body if at != OUT]})
        for snake in dead
    ]
    for snake in dead:
        snake.body = []
    eaten = set(heads).intersection(state.food)
    if eaten:
        state.food = [at for at in state.food if at not in eaten]
        _feed(state, rng)
    events += _end_round(state, [snake for snake in alive if snake.body])
    return tuple(events)


def _move(state: State, snake: Snake) -> int:
    """The square where the head of a snake goes, or OUT. Its tail leaves unless it eats there."""
    if snake.queue:
        snake.dir = snake.queue.pop(0)
    head = beyond(state.width, state.height, state.walls, snake.body[0], snake.dir)
    if head in state.food:
        snake.score += 1
    else:
        snake.body.pop()
    return head


def beyond(width: int, height: int, walls: bool, at: int, direction: int) -> int:
    """The square next to `at` in a direction, or OUT beyond a wall."""
    x, y = at % width + STEPS[direction][0], at // width + STEPS[direction][1]
    if walls and not (0 <= x < width and 0 <= y < height):
        return OUT
    return y % height * width + x % width


def _end_round(state: State, alive: list[Snake]) -> list[Event]:
    """End the round if it is decided or its time is up."""
    if len(alive) > 1 and state.count > 0:
        return []
    longest = max((len(snake.body) for snake in alive), default=0)
    winners = [snake for snake in alive if len(snake.body) == longest]
    for snake in winners:
        snake.wins += 1
    state.phase, state.count = ("over", 0) if state.round >= state.rounds else ("between", BETWEEN)
    return [Event("round", {"round": state.round, "winners": [snake.seat for snake in winners]})]


def leave(state: State, seat: Seat, rng: Rng) -> State:
    for snake in state.snakes:
        if snake.seat == seat:
            snake.left, snake.body = True, []
    if sum(not snake.left for snake in state.snakes) < 2:
        state.phase, state.count = "over", 0
    return state


def _at(state: State, at: int) -> list[int]:
    return [at % state.width, at // state.width]


def view(state: State, seat: Seat | None) -> View:
    snakes: list[SnakeView | None] = [None] * (max(snake.seat for snake in state.snakes) + 1)
    width = state.width
    for snake in state.snakes:
        body = [[at % width, at // width] for at in snake.body]
        snakes[snake.seat] = SnakeView(snake.seat, bool(body), DIRECTIONS[snake.dir], body, snake.score, snake.wins)
    food = [[at % width, at // width] for at in state.food]
    return View(width, state.height, state.walls, state.round, state.rounds, state.phase, state.count, food, snakes)


def outcome(state: State) -> Outcome | None:
    if state.phase != "over":
        return None
    merits = {snake.seat: (not snake.left, snake.wins, snake.score) for snake in state.snakes}
    scores = {snake.seat: snake.wins for snake in state.snakes}
    alone = sum(not snake.left for snake in state.snakes) < 2
    return Outcome(rank(merits, scores), "The others left." if alone else f"Rounds won of {state.rounds}.")


def legal_moves(state: State, seat: Seat) -> list[Move]:
    """All but back; going on as it goes is legal and changes nothing."""
    snake = next((snake for snake in state.snakes if snake.seat == seat and snake.body), None)
    if snake is None or len(snake.queue) >= QUEUE or state.phase not in ("countdown", "running"):
        return []
    back = ((snake.queue or [snake.dir])[-1] + 2) % 4
    return [Move(name) for number, name in enumerate(DIRECTIONS) if number != back]


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    moves = legal_moves(state, seat)
    return rng.choice(moves) if moves else None


def bot(view: View, seat: Seat, strength: str, rng: Rng) -> Move | None:
    """Easy goes for food and sees one square ahead; medium keeps out of dead ends; hard also keeps off heads
    and counts only squares that it reaches before the others.
    """
    me = view.snakes[seat] if seat < len(view.snakes) else None
    if me is None or not me.body or view.phase != "running":
        return None
    if strength == "easy" and rng.random() < 0.4:
        return None
    now = DIRECTIONS.index(me.dir)
    worth = {way: _worth(view, me, way, strength) for way in (now, (now + 1) % 4, (now + 3) % 4)}
    best = max(worth.values())
    if worth[now] == best:
        return None
    return Move(DIRECTIONS[rng.choice([way for way in worth if worth[way] == best])])


def _worth(view: View, me: SnakeView, way: int, strength: str) -> tuple[int, int]:
    """How good a direction is: first room to live, then nearness of food. Dead is worth least."""
    width, height = view.width, view.height
    snakes = [snake for snake in view.snakes if snake is not None and snake.body]
    blocked = {y * width + x for snake in snakes for x, y in snake.body[:-1]}
    head = beyond(width, height, view.walls, me.body[0][1] * width + me.body[0][0], way)
    if head == OUT or head in blocked:
        return -1, 0
    x, y = head % width, head // width
    away = min((_far(view, x, y, at) for at in view.food), default=0)
    if strength == "easy":
        return 0, -away
    rivals = [snake.body[0] for snake in snakes if snake.seat != me.seat] if strength == "hard" else []
    realm = _realm(view, blocked, head, [at[1] * width + at[0] for at in rivals])
    if any(_far(view, x, y, at) == 1 for at in rivals):
        return 0, -away  # a head may come here too; only death is worse
    return min(realm, 2 * len(me.body)), -away


def _far(view: View, x: int, y: int, at: list[int]) -> int:
    dx, dy = abs(at[0] - x), abs(at[1] - y)
    return dx + dy if view.walls else min(dx, view.width - dx) + min(dy, view.height - dy)


def _realm(view: View, blocked: set[int], start: int, rivals: list[int]) -> int:
    """How many squares can be reached from `start` within a few steps, and before any of the rivals."""
    around, seen = _around(view.width, view.height, view.walls), blocked | {start}
    mine, theirs, count = [start], rivals, 1
    for _ in range(FORESIGHT):
        theirs = _spread(around, theirs, seen)
        mine = _spread(around, mine, seen)
        count += len(mine)
    return count


def _spread(around: list[list[int]], edge: list[int], seen: set[int]) -> list[int]:
    """The squares next to `edge` that nobody has seen; now they are."""
    beyond_edge = []
    for at in edge:
        for near in around[at]:
            if near not in seen:
                seen.add(near)
                beyond_edge.append(near)
    return beyond_edge


@cache
def _around(width: int, height: int, walls: bool) -> list[list[int]]:
    """The squares next to each square."""
    every = [[beyond(width, height, walls, at, way) for way in range(4)] for at in range(width * height)]
    return [[near for near in four if near != OUT] for four in every]
