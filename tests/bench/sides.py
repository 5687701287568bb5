"""Each side's server and the crowd that plays on it, by the side's name: what most rows need."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from tests.bench.load import bare as bare_load
from tests.bench.load import colyseus as colyseus_load
from tests.bench.load import holdfast as holdfast_load
from tests.bench.load import tutorial as tutorial_load
from tests.bench.load.crowd import Crowd
from tests.bench.peers.bare import bare
from tests.bench.peers.colyseus import colyseus
from tests.bench.peers.holdfast import holdfast
from tests.bench.peers.tutorial import tutorial
from tests.bench.stage import Stage

OURS, COLYSEUS, TUTORIAL, BARE = "ours", "colyseus", "tutorial", "picows"


@dataclass(frozen=True, slots=True)
class Playing:
    """A server that runs, and how a crowd comes in: `await enter()`."""

    groups: dict[str, list[int]]
    enter: Callable[[], Coroutine[Any, Any, Crowd]]


def playing(side: str, stage: Stage, game: str, rooms: int, size: int) -> Playing:
    """A side's server, kept from sample to sample. Raises Absent."""
    return _SIDES[side](stage, game, rooms, size)


def _ours(stage: Stage, game: str, rooms: int, size: int) -> Playing:
    server = stage.keep(OURS, lambda: holdfast(stage))
    return Playing(server.groups, lambda: holdfast_load.enter(server, game, rooms, size))


def _colyseus(stage: Stage, game: str, rooms: int, size: int) -> Playing:
    server = stage.keep(COLYSEUS, lambda: colyseus(stage))
    return Playing(server.groups, lambda: colyseus_load.enter(server, game, rooms, size))


def _tutorial(stage: Stage, game: str, rooms: int, size: int) -> Playing:
    server = stage.keep(TUTORIAL, lambda: tutorial(stage))
    return Playing(server.groups, lambda: tutorial_load.enter(server, game, rooms, size))


def _bare(stage: Stage, game: str, rooms: int, size: int) -> Playing:
    hz, length = {"board": (20, 138), "marks": (2, 138)}[game]
    server = stage.keep(f"{BARE} {game}", lambda: bare(stage, hz, length))
    return Playing(server.groups, lambda: bare_load.enter(server, rooms * size))


_SIDES: dict[str, Callable[[Stage, str, int, int], Playing]] = {
    OURS: _ours, COLYSEUS: _colyseus, TUTORIAL: _tutorial, BARE: _bare,
}  # fmt: skip
