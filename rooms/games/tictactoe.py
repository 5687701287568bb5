"""Noughts and crosses: the smallest game there is, and the one to copy. docs/games.md explains every line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Literal

from msgspec import Meta, Struct

from rooms.core.game import IllegalMove, Outcome, Place, Seats, in_turn
from rooms.core.ids import Seat
from rooms.core.rng import Rng

TITLE = "Noughts and crosses"
SUMMARY = "Three in a row wins. Two players, nine cells, half a minute."
SEATS = Seats(2, 2)
TICK_HZ = 0
STRENGTHS = ("easy", "hard")
BOT_EVERY_MS = 600

FREE = NOBODY = -1
LINES = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    first: Annotated[
        Literal["random", "first", "second"],
        Meta(title="Who begins", description="The first seat, the second seat, or one of them by lot."),
    ] = "random"


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    """Put your mark into a free cell; cells are numbered row by row from 0."""

    cell: Annotated[int, Meta(ge=0, le=8)]


class State(Struct):
    """`cells` hold the seat that marked them, or -1; `turn` is whose turn it is, or -1 at the end."""

    cells: list[int]
    turn: int


class View(Struct):
    """What everybody sees; `line` names the three winning cells once there are."""

    cells: list[int]
    turn: int
    line: list[int]


def setup(options: Options, seats: Sequence[Seat], rng: Rng) -> State:
    return State([FREE] * 9, rng.below(2) if options.first == "random" else int(options.first == "second"))


def play(state: State, seat: Seat, move: Move, rng: Rng) -> State:
    if state.turn != seat:
        raise IllegalMove("not_your_turn", "It is not your turn.")
    if state.cells[move.cell] != FREE:
        raise IllegalMove("taken", "That cell is taken.", legal_moves(state, seat))
    state.cells[move.cell] = seat
    state.turn = NOBODY if winning_line(state.cells) or FREE not in state.cells else 1 - seat
    return state


step = in_turn(play)


def view(state: State, seat: Seat | None) -> View:
    return View(state.cells[:], state.turn, winning_line(state.cells))


def outcome(state: State) -> Outcome | None:
    if state.turn != NOBODY:
        return None
    line = winning_line(state.cells)
    if not line:
        return Outcome((Place(0, 1), Place(1, 1)), "No cell is free and nobody has three in a row.")
    winner = state.cells[line[0]]
    return Outcome((Place(winner, 1, 1), Place(1 - winner, 2)), "Three in a row.")


def legal_moves(state: State, seat: Seat) -> list[Move]:
    return [Move(cell) for cell in range(9) if state.turn == seat and state.cells[cell] == FREE]


def sample_move(state: State, seat: Seat, rng: Rng) -> Move | None:
    moves = legal_moves(state, seat)
    return rng.choice(moves) if moves else None


def bot(view: View, seat: Seat, strength: str, rng: Rng) -> Move | None:
    """Easy marks any free cell; hard never loses."""
    if view.turn != seat:
        return None
    free = [cell for cell in range(9) if view.cells[cell] == FREE]
    if strength == "hard":
        worth = {cell: -best_of(marked(tuple(view.cells), cell, seat), 1 - seat) for cell in free}
        free = [cell for cell in free if worth[cell] == max(worth.values())]
    return Move(rng.choice(free))


def winning_line(cells: Sequence[int]) -> list[int]:
    for a, b, c in LINES:
        if cells[a] == cells[b] == cells[c] != FREE:
            return [a, b, c]
    return []


def marked(cells: tuple[int, ...], cell: int, seat: Seat) -> tuple[int, ...]:
    return (*cells[:cell], seat, *cells[cell + 1 :])


@cache
def best_of(cells: tuple[int, ...], seat: Seat) -> int:
    """What the position is worth to `seat`, who is to move: 1 won, 0 drawn, -1 lost. Positions: 5,478."""
    if winning_line(cells):
        return -1
    free = [cell for cell in range(9) if cells[cell] == FREE]
    return max((-best_of(marked(cells, cell, seat), 1 - seat) for cell in free), default=0)
