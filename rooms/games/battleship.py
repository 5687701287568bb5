"""Battleship: two fleets placed in secret, then shot for shot. The game to read for hidden information.

A seat sees its own fleet, every shot, and the ships that were sunk; spectators see no fleet until the match is over.
Ships may touch. Both clocks are deadlines: who places too late is placed by lot, who shoots too late shoots by lot,
so that a match ends even when nobody is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Annotated, Literal

from msgspec import Meta, Struct

from rooms.core.game import Event, IllegalMove, Input, Now, Outcome, Place, Rejection, Seats, Step
from rooms.core.ids import Seat
from rooms.core.rng import Rng

TITLE = "Battleship"
SUMMARY = "Hide your fleet, find the other one. Two players and a little patience."
SEATS = Seats(2, 2)
TICK_HZ = 0
HIDDEN = True
GRACE_S = 60
STRENGTHS = ("easy", "medium", "hard")
BOT_EVERY_MS = 900

FLEETS = {8: [4, 3, 3, 2], 10: [5, 4, 3, 3, 2]}
"""The lengths of the ships, by the size of the sea."""
NOBODY = -1

Along = Annotated[int, Meta(ge=0, le=9)]
Cell = tuple[int, int]


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    size: Annotated[Literal[8, 10], Meta(title="Size of the sea")] = 10
    again: Annotated[bool, Meta(title="A hit shoots again")] = False
    turn_s: Annotated[int, Meta(ge=5, le=300, title="Time for a shot", description="In seconds.")] = 60
    place_s: Annotated[int, Meta(ge=10, le=600, title="Time to place", description="In seconds.")] = 120


class Placed(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a ship lies: its bow at x, y, and the rest to the right of it (across) or below."""

    ship: Annotated[int, Meta(ge=0, le=4)]
    x: Along
    y: Along
    across: Literal[0, 1]


class At(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    x: Along
    y: Along


class PlaceFleet(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="place"):
    """The whole fleet at once, each ship once, in any order."""

    place: Annotated[list[Placed], Meta(max_length=5)]


class Fire(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="shot"):
    shot: At


Move = PlaceFleet | Fire


class Shot(Struct, frozen=True, array_like=True):
    x: int
    y: int
    hit: Literal[0, 1]


class State(Struct):
    """Lists of two go by seat: whose fleet it is, and whose sea was shot at. A fleet is empty until placed."""

    size: int
    again: bool
    turn_ms: int
    turn: Seat
    deadline: int | None
    fleets: list[list[Placed]]
    shots: list[list[Shot]]


class Board(Struct):
    """The sea of one seat. `fleet` is None for those who may not see it."""

    shots: list[Shot]
    sunk: list[Placed]
    fleet: list[Placed] | None


class View(Struct):
    size: int
    ships: list[int]
    stage: Literal["placing", "firing", "over"]
    turn: Seat
    placed: list[bool]
    deadline: int | None
    """The match millisecond at which chance places or shoots."""
    boards: list[Board]


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    placing = options.place_s * 1000
    return State(options.size, options.again, options.turn_s * 1000, NOBODY, placing, [[], []], [[], []])


def step(state: State, inputs: Sequence[Input[Move]], now: Now, rng: Rng) -> Step[State]:
    events = _expire(state, now, rng) if state.deadline is not None and now.ms >= state.deadline else []
    rejections = []
    for index, given in enumerate(inputs):
        try:
            if isinstance(given.move, PlaceFleet):
                events += _place(state, given.seat, given.move.place, now, rng)
            else:
                events += _fire(state, given.seat, (given.move.shot.x, given.move.shot.y), now)
        except IllegalMove as no:
            rejections.append(Rejection(index, no.code, no.message, no.legal))
    return Step(state, tuple(events), tuple(rejections))


def deadline(state: State) -> int | None:
    return state.deadline


def _expire(state: State, now: Now, rng: Rng) -> list[Event]:
    """Time is up: chance places what is not placed, or shoots for the one whose turn it is."""
    if state.turn != NOBODY:
        late = Event("late", {"seat": state.turn})
        return [late, *_fire(state, state.turn, rng.choice(_open(state, state.turn)), now)]
    late_ones = [seat for seat in (0, 1) if not state.fleets[seat]]
    events = [Event("late", {"seat": seat}) for seat in late_ones]
    for seat in late_ones:
        events += _place(state, seat, random_fleet(state.size, rng), now, rng)
    return events


def _place(state: State, seat: Seat, fleet: list[Placed], now: Now, rng: Rng) -> list[Event]:
    if state.fleets[seat]:
        raise IllegalMove("already_placed", "Your fleet is placed.")
    lengths = FLEETS[state.size]
    if sorted(placed.ship for placed in fleet) != list(range(len(lengths))):
        raise IllegalMove("bad_fleet", "Place each of your ships once.")
    cells = [cell for placed in fleet for cell in cells_of(placed, lengths)]
    if not all(x < state.size and y < state.size for x, y in cells):
        raise IllegalMove("outside", "A ship lies outside the sea.")
    if len(set(cells)) < len(cells):
        raise IllegalMove("overlap", "Two ships lie on the same square.")
    state.fleets[seat] = sorted(fleet, key=lambda placed: placed.ship)
    if all(state.fleets):
        state.turn, state.deadline = rng.below(2), now.ms + state.turn_ms
    return [Event("placed", {"seat": seat})]


def _fire(state: State, seat: Seat, at: Cell, now: Now) -> list[Event]:
    if state.turn != seat:
        raise IllegalMove("not_your_turn", "Place your fleet first." if _placing(state) else "It is not your turn.")
    if at not in _open(state, seat):
        raise IllegalMove("tried", "Shoot at a square of the other sea that you have not tried.")
    other = 1 - seat
    before = len(_sunk(state, other))
    hit = any(at in cells_of(placed, FLEETS[state.size]) for placed in state.fleets[other])
    state.shots[other].append(Shot(*at, 1 if hit else 0))
    sunk = len(_sunk(state, other)) > before
    if not (hit and state.again):
        state.turn = other
    state.deadline = now.ms + state.turn_ms
    if _loser(state) is not None:
        state.turn, state.deadline = NOBODY, None
    return [Event("shot", {"seat": seat, "x": at[0], "y": at[1], "hit": hit, "sunk": sunk})]


def _placing(state: State) -> bool:
    return not all(state.fleets)


def _open(state: State, seat: Seat) -> list[Cell]:
    """The squares at which a seat has not shot yet."""
    tried = {(shot.x, shot.y) for shot in state.shots[1 - seat]}
    every = range(state.size)
    return [(x, y) for y in every for x in every if (x, y) not in tried]


def _sunk(state: State, seat: Seat) -> list[Placed]:
    hits = {(shot.x, shot.y) for shot in state.shots[seat] if shot.hit}
    return [placed for placed in state.fleets[seat] if hits.issuperset(cells_of(placed, FLEETS[state.size]))]


def _loser(state: State) -> Seat | None:
    return next((seat for seat in (0, 1) if len(_sunk(state, seat)) == len(FLEETS[state.size])), None)


def cells_of(placed: Placed, lengths: Sequence[int]) -> list[Cell]:
    along = range(lengths[placed.ship])
    return [(placed.x + step, placed.y) if placed.across else (placed.x, placed.y + step) for step in along]


def everywhere(size: int, ship: int, length: int) -> list[Placed]:
    """All places of a ship in an empty sea."""
    flat = [Placed(ship, x, y, 1) for x in range(size - length + 1) for y in range(size)]
    return flat + [Placed(ship, x, y, 0) for x in range(size) for y in range(size - length + 1)]


def random_fleet(size: int, rng: Rng, fixed: Sequence[Placed] = (), barred: Iterable[Cell] = ()) -> list[Placed]:
    """A fleet by lot, in order. Ships in `fixed` stay; the others keep off `barred`, where there is room for that."""
    lengths = FLEETS[size]
    fleet = list(fixed)
    taken = {cell for placed in fleet for cell in cells_of(placed, lengths)} | set(barred)
    for ship in sorted(set(range(len(lengths))) - {placed.ship for placed in fixed}):
        free = [p for p in everywhere(size, ship, lengths[ship]) if taken.isdisjoint(cells_of(p, lengths))]
        fleet.append(rng.choice(free))
        taken.update(cells_of(fleet[-1], lengths))
    return sorted(fleet, key=lambda placed: placed.ship)


def view(state: State, seat: Seat | None) -> View:
    over = _loser(state) is not None
    boards = [
        Board(state.shots[whose][:], _sunk(state, whose), state.fleets[whose][:] if over or whose == seat else None)
        for whose in (0, 1)
    ]
    stage: Literal["placing", "firing", "over"] = "over" if over else "placing" if _placing(state) else "firing"
    placed = [bool(fleet) for fleet in state.fleets]
    return View(state.size, FLEETS[state.size][:], stage, state.turn, placed, state.deadline, boards)


def twin(state: State, seat: Seat | None, rng: Rng) -> State:
    """Another state that `seat` cannot tell from this one: ships that nobody has hit lie elsewhere."""
    lengths = FLEETS[state.size]
    for other in (0, 1):
        if other == seat or not state.fleets[other] or _loser(state) is not None:
            continue
        shots = {(shot.x, shot.y) for shot in state.shots[other]}
        fixed = [placed for placed in state.fleets[other] if not shots.isdisjoint(cells_of(placed, lengths))]
        try:
            state.fleets[other] = random_fleet(state.size, rng, fixed, shots)
        except IndexError:  # no room was left for the last of them: this draw of places gives no other state
            continue
    return state


def outcome(state: State) -> Outcome | None:
    loser = _loser(state)
    if loser is None:
        return None
    winner = 1 - loser
    places = (Place(winner, 1, len(_sunk(state, loser))), Place(loser, 2, len(_sunk(state, winner))))
    return Outcome(places, "The whole fleet is sunk.")


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    if not state.fleets[seat]:
        return PlaceFleet(random_fleet(state.size, rng))
    return Fire(At(*rng.choice(_open(state, seat)))) if state.turn == seat else None


def bot(view: View, seat: Seat, strength: str, rng: Rng) -> Move | None:
    """Easy often forgets what it hit; medium shoots beside hits, else at every other square; hard counts."""
    if view.stage == "placing" and not view.placed[seat]:
        return PlaceFleet(random_fleet(view.size, rng))
    if view.turn != seat:
        return None
    sea = view.boards[1 - seat]
    tried = {(shot.x, shot.y) for shot in sea.shots}
    sunk = {cell for placed in sea.sunk for cell in cells_of(placed, view.ships)}
    open_hits = {(shot.x, shot.y) for shot in sea.shots if shot.hit} - sunk
    worth = {(x, y): 0 for x in range(view.size) for y in range(view.size) if (x, y) not in tried}
    if strength == "hard":
        _weigh(view, sea, tried - open_hits, open_hits, worth)
    elif strength == "medium" or rng.random() < 0.25:
        for x, y in worth:
            beside = {(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)}
            worth[x, y] = 2 * (not open_hits.isdisjoint(beside)) + (x + y) % 2
    best = max(worth.values())
    return Fire(At(*rng.choice([cell for cell in worth if worth[cell] == best])))


@cache
def _ways(size: int, length: int) -> list[list[Cell]]:
    """The squares of every place of a ship in an empty sea."""
    return [cells_of(placed, [length]) for placed in everywhere(size, 0, length)]


def _weigh(view: View, sea: Board, barred: set[Cell], open_hits: set[Cell], worth: dict[Cell, int]) -> None:
    """Count for each square the ways in which a ship afloat may lie on it; ways through open hits count for more."""
    afloat = set(range(len(view.ships))) - {placed.ship for placed in sea.sunk}
    for ship in sorted(afloat):
        for cells in _ways(view.size, view.ships[ship]):
            if barred.isdisjoint(cells):
                weight = 40 ** len(open_hits.intersection(cells))
                for cell in cells:
                    if cell in worth:
                        worth[cell] += weight
