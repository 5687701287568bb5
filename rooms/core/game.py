"""What a game is: one module of plain structs and pure functions. docs/games.md teaches it.

A game's module *is* the game. `Game` below is what the module must have; `Rules` is the same with the optional parts
filled in, and is what the rest of Holdfast works with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

import msgspec

from rooms.core.ids import Seat
from rooms.core.rng import Rng
from rooms.core.shape import CELLS_FIELD, names_of, shape_of

S = TypeVar("S")
M = TypeVar("M")

Absent = Literal["bot", "forfeit", "wait"]
"""What happens when the grace of a seat whose player's connection was lost runs out during a match."""

Watched = Literal["all", "spectator"]
"""Through whose eyes a finished match may be watched again: everybody's, or a spectator's alone."""


class Seats(msgspec.Struct, frozen=True):
    """How many may play. With `teams` > 0, seat s belongs to team s % teams."""

    min: int
    max: int
    teams: int = 0


class Input(msgspec.Struct, Generic[M], frozen=True, array_like=True, gc=False):
    """A move as it reached the rules: who made it, and what it is."""

    seat: Seat
    move: M


class Now(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The time of a step. `tick` counts steps of the match from 1; `ms` is the match's own time in milliseconds.

    With TICK_HZ > 0, ms is exactly tick * 1000 / TICK_HZ, rounded down. With TICK_HZ = 0 it follows the clock and
    never goes back.
    """

    tick: int
    ms: int


class Event(msgspec.Struct, frozen=True, array_like=True):
    """Something that happened, told once and in order to `seats`, or to everyone when None. Kept for late comers.

    `body` holds plain values (None, bool, int, float, str, list, dict with str keys).
    """

    kind: str
    body: dict[str, Any] = {}
    seats: tuple[Seat, ...] | None = None


class Rejection(msgspec.Struct, frozen=True):
    """The refusal of one input: `index` counts in the inputs of the step. `legal` lists what would do, where few."""

    index: int
    code: str
    message: str
    legal: tuple[Any, ...] = ()


class Step(msgspec.Struct, Generic[S], frozen=True):
    """What a step gives: the next state, what is to be told, and which inputs were refused."""

    state: S
    events: tuple[Event, ...] = ()
    rejections: tuple[Rejection, ...] = ()


class Place(msgspec.Struct, frozen=True):
    """How one seat ended: rank 1 is best, equal ranks are a tie."""

    seat: Seat
    rank: int
    score: int = 0


class Outcome(msgspec.Struct, frozen=True):
    """The end of a match: every seat that took part has its place. `reason` is a short plain phrase."""

    places: tuple[Place, ...]
    reason: str = ""


class IllegalMove(Exception):
    """Raised by turn-based rules to refuse a move. The player is told code, message and legal alternatives."""

    def __init__(self, code: str, message: str, legal: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.code, self.message, self.legal = code, message, tuple(legal)


class Game(Protocol):
    """What a game's module must have. Optional parts and their defaults: see `Rules`."""

    TITLE: str
    SUMMARY: str
    SEATS: Seats
    TICK_HZ: int
    Options: type[Any]
    Move: Any  # a struct, or a union of tagged structs, which is no `type`
    State: type[Any]
    View: type[Any]

    def setup(self, options: Any, seats: Sequence[Seat], rng: Rng) -> Any: ...
    def step(self, state: Any, inputs: Sequence[Input[Any]], now: Now, rng: Rng) -> Step[Any]: ...
    def view(self, state: Any, seat: Seat | None) -> Any: ...
    def outcome(self, state: Any) -> Outcome | None: ...
    def sample_move(self, state: Any, seat: Seat, rng: Rng) -> Any | None: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """A game, ready to be played: its declarations, and its functions with the optional ones filled in."""

    slug: str
    title: str
    summary: str
    """One sentence for the gallery."""
    seats: Seats
    tick_hz: int
    """Steps a second, a divisor of 1000 up to 60; 0 when time moves only with a move or at a deadline."""
    options: type[Any]
    """msgspec struct; every field has a default. The create form and the API's schema come from it."""
    move: type[Any]
    state: type[Any]
    view_type: type[Any]
    setup: Callable[[Any, Sequence[Seat], Rng], Any]
    """(options, seats taken, rng) -> state."""
    step: Callable[[Any, Sequence[Input[Any]], Now, Rng], Step[Any]]
    """May change the state it is given and return it; never keeps a reference to it elsewhere."""
    view: Callable[[Any, Seat | None], Any]
    """What a seat may see; None is a spectator."""
    outcome: Callable[[Any], Outcome | None]
    sample_move: Callable[[Any, Seat, Rng], Any | None]
    """Some legal move of a seat now, or None when it has none: what fuzzers and the simplest bots live on."""
    version: int = 1
    """Raised when the state's shape or the rules change."""
    hidden: bool = False
    """True when views differ by seat; False lets every viewer share one encoded frame."""
    replay: Watched = "all"
    late_join: bool = False
    grace_s: int = 30
    """Seconds a seat is held, in a match, for a player whose connection was lost."""
    absent: Absent = "forfeit"
    strengths: tuple[str, ...] = ()
    """The names of the bot's strengths, weakest first; empty when the game has no bot."""
    bot_every_ms: int = 0
    """The least time between two moves of the built-in bot: a pace that people can follow."""
    relays: Mapping[str, type[Any]] = field(default_factory=dict)
    """Kinds of message that players may send past the rules, each with the struct that it must match."""
    deadline: Callable[[Any], int | None] | None = None
    """state -> the match millisecond at which a step is due even without input. For TICK_HZ = 0."""
    legal_moves: Callable[[Any, Seat], Sequence[Any]] | None = None
    """Every legal move of a seat, where they can be listed."""
    join: Callable[[Any, Seat, Rng], Any] | None = None
    """A player takes a seat during a match (LATE_JOIN)."""
    leave: Callable[[Any, Seat, Rng], Any] | None = None
    """A player leaves a match for good. Without it the match ends and the leaver is last."""
    bot: Callable[[Any, Seat, str, Rng], Any | None] | None = None
    """(view, seat, strength, rng) -> a move, or None to wait. Sees what its seat sees, and nothing else."""
    private: Callable[[Any, Seat], Any] | None = None
    """(state, seat) -> a struct of those fields of the view that only this seat sees; `view` leaves them as they are
    for spectators. So the rest is encoded once for all.
    """
    cells: Callable[[Any], Mapping[int, Any]] | None = None
    """state -> what is in each cell of a large world, by the cell's number. Encoded once for all who see the cell."""
    cells_seen: Callable[[Any, Seat | None], Iterable[int]] | None = None
    """(state, seat) -> the numbers of the cells in sight; None is a spectator."""
    cell_type: type[Any] | None = None
    """Of a cell: a struct."""
    migrate: Callable[[int, Any], Any] | None = None
    """(older version, its state in plain values) -> the same state in this version's shape."""
    older: Mapping[int, Rules] = field(default_factory=dict)
    """The older versions that running matches may be finished by, each under its number."""

    @property
    def pieced(self) -> bool:
        """True when viewers get different parts of one view: a private one, or the cells that they see."""
        return self.private is not None or self.cells is not None

    def at(self, version: int) -> Rules:
        """The rules of a version that is here; else these, the newest."""
        return self.older.get(version, self)


def read_rules(slug: str, module: Any) -> Rules:
    """The rules in a game's module. Raises TypeError that names what is missing or wrong."""
    missing = [name for name in _REQUIRED if not hasattr(module, name)]
    if missing:
        raise TypeError(f"game {slug!r} lacks {', '.join(missing)}; see docs/games.md")
    given = {ours: getattr(module, theirs) for ours, theirs in _NAMES.items() if hasattr(module, theirs)}
    rules = Rules(slug=slug, older=_read_older(slug, module), **given)
    _check(rules)
    _prepare(rules)
    return rules


def _read_older(slug: str, module: Any) -> dict[int, Rules]:
    """The rules of the modules in OLDER, by their VERSION. Raises TypeError."""
    older: dict[int, Rules] = {}
    for one in getattr(module, "OLDER", ()):
        rules = read_rules(slug, one)
        if rules.version in older or not 0 < rules.version < getattr(module, "VERSION", 1):
            raise TypeError(f"game {slug!r}: each of OLDER needs a VERSION of its own, below the game's")
        older[rules.version] = rules
    return older


def _prepare(rules: Rules) -> None:
    """Let msgspec look at the game's types now, in one thread.

    It does so at their first use, and that takes the process down (SIGSEGV, msgspec 0.22) when two threads come first
    at once: two bots that think about their first view.
    """
    for shape in (rules.options, rules.move, rules.state, rules.view_type, *rules.relays.values()):
        try:
            msgspec.msgpack.Decoder(shape)
        except TypeError as error:
            raise TypeError(f"game {rules.slug!r}: {error}; see docs/games.md") from error
    shape_of(rules.view_type)


_NAMES = {
    "title": "TITLE", "summary": "SUMMARY", "seats": "SEATS", "tick_hz": "TICK_HZ", "options": "Options",
    "move": "Move", "state": "State", "view_type": "View", "setup": "setup", "step": "step", "view": "view",
    "outcome": "outcome", "sample_move": "sample_move", "version": "VERSION", "hidden": "HIDDEN",
    "replay": "REPLAY", "late_join": "LATE_JOIN", "grace_s": "GRACE_S", "absent": "ABSENT", "strengths": "STRENGTHS",
    "bot_every_ms": "BOT_EVERY_MS", "relays": "RELAYS", "deadline": "deadline", "legal_moves": "legal_moves",
    "join": "join", "leave": "leave", "bot": "bot", "migrate": "migrate", "private": "private",
    "cells": "cells", "cells_seen": "cells_seen", "cell_type": "Cell",
}  # fmt: skip
_REQUIRED = [*Game.__annotations__, "setup", "step", "view", "outcome", "sample_move"]


def _check(rules: Rules) -> None:
    def demand(truth: bool, what: str) -> None:
        if not truth:
            raise TypeError(f"game {rules.slug!r}: {what}; see docs/games.md")

    demand(1 <= rules.seats.min <= rules.seats.max <= 256, "SEATS must satisfy 1 <= min <= max <= 256")
    demand(0 <= rules.tick_hz <= 60, "TICK_HZ must be from 0 to 60")
    demand(bool(rules.title) and len(rules.title) <= 40, "TITLE must have 1 to 40 characters")
    demand(not rules.strengths or rules.bot is not None, "STRENGTHS needs a bot function")
    demand(not rules.late_join or rules.join is not None, "LATE_JOIN needs a join function")
    demand(
        not (rules.pieced and rules.hidden),
        "HIDDEN needs neither private nor cells",
    )
    demand(not rules.pieced or bool(shape_of(rules.view_type)), "private and cells need a View that is a plain struct")
    cells = (rules.cells is None, rules.cells_seen is None, not shape_of(rules.cell_type))
    demand(all(cells) or not any(cells), "cells, cells_seen and Cell, a plain struct, belong together")
    demand(rules.cells is None or CELLS_FIELD in names_of(rules.view_type), "View needs a field for the cells in sight")
    demand(rules.replay in ("all", "spectator"), "REPLAY must be 'all' or 'spectator'")
    demand(rules.absent in ("bot", "forfeit", "wait"), "ABSENT must be 'bot', 'forfeit' or 'wait'")
    try:
        rules.options()
    except TypeError as error:
        demand(False, f"every field of Options needs a default ({error})")


def in_turn(
    play: Callable[[S, Seat, M, Rng], S | tuple[S, Sequence[Event]]],
    expire: Callable[[S, Now, Rng], S] | None = None,
) -> Callable[[S, Sequence[Input[M]], Now, Rng], Step[S]]:
    """Make `step` out of a function that plays one move or raises IllegalMove: all that a turn-based game needs.

    `play` returns the next state, or (state, events). `expire` is called at each step before the moves, for games
    with a deadline: it returns the state as it is when none has passed.
    """

    def step(state: S, inputs: Sequence[Input[M]], now: Now, rng: Rng) -> Step[S]:
        if expire is not None:
            state = expire(state, now, rng)
        events: list[Event] = []
        rejections: list[Rejection] = []
        for index, given in enumerate(inputs):
            try:
                played: Any = play(state, given.seat, given.move, rng)
            except IllegalMove as no:
                rejections.append(Rejection(index, no.code, no.message, no.legal))
                continue
            if isinstance(played, tuple):
                state, told = played
                events.extend(told)
            else:
                state = played
        return Step(state, tuple(events), tuple(rejections))

    return step
