"""Each side's server and the crowd that plays on it, by the side's name: what most rows need."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from tests.bench.load import bare as bare_load
from tests.bench.load import colyseus as colyseus_load
from tests.bench.load import holdfast as holdfast_load
from tests.bench.load import tutorial as tutorial_load
from tests.bench.load.crowd import Crowd
from tests.bench.load.window import Window, measure, run
from tests.bench.peers.bare import bare
from tests.bench.peers.colyseus import colyseus
from tests.bench.peers.holdfast import holdfast
from tests.bench.peers.tutorial import tutorial
from tests.bench.stage import Stage

S = TypeVar("S")
WARM_S = 0.5
LATE_S = 0.1
"""An input without an effect after so long, which is two ticks, is overdue."""
FIRST_S = 2.0
"""How long a new server plays each game before its first sample."""
OURS, COLYSEUS, TUTORIAL, BARE = "ours", "colyseus", "tutorial", "picows"


@dataclass(frozen=True, slots=True)
class Playing:
    """A server that runs, and how a crowd comes in: `await enter()`."""

    groups: dict[str, list[int]]
    enter: Callable[[], Coroutine[Any, Any, Crowd]]


def playing(side: str, stage: Stage, game: str, rooms: int, size: int) -> Playing:
    """A side's server, kept from sample to sample. Raises Absent."""
    return _SIDES[side](stage, game, rooms, size)


async def watched(side: Playing, seconds: float, input_hz: float = 0.0, late_s: float = LATE_S) -> Window:
    """A crowd comes in, does what it does for a while, and is measured; with inputs of each client where asked for.

    An input that no state has seen for `late_s` seconds is overdue.
    """
    async with await side.enter() as crowd:
        await crowd.warm(WARM_S)
        if input_hz:
            crowd.talk(input_hz)
            await asyncio.sleep(WARM_S)
        before = len(crowd.tally.latencies)
        window = await measure(seconds, side.groups, crowd.tally.counts)
        window.counts["overdue"] = float(crowd.overdue(late_s))
        return replace(window, latencies=crowd.tally.latencies[before:])


def _ours(stage: Stage, game: str, rooms: int, size: int) -> Playing:
    server = stage.keep(OURS, lambda: _warm(stage, holdfast(stage), holdfast_load.enter))
    return Playing(server.groups, lambda: holdfast_load.enter(server, game, rooms, size))


def _colyseus(stage: Stage, game: str, rooms: int, size: int) -> Playing:
    server = stage.keep(COLYSEUS, lambda: _warm(stage, colyseus(stage), colyseus_load.enter))
    return Playing(server.groups, lambda: colyseus_load.enter(server, game, rooms, size))


@contextmanager
def _warm(
    stage: Stage, start: AbstractContextManager[S], enter: Callable[[S, str, int, int], Coroutine[Any, Any, Crowd]]
) -> Iterator[S]:
    """A server that has played for some seconds before it is measured: Node compiles what it runs often, then."""
    with start as server:
        for game, hz in (("board", 0), ("marks", 20), ("drift", 20)):
            stage.say(f"warming up: {game}")
            run(watched(Playing({}, partial(enter, server, game, 20, 8)), FIRST_S, hz))
        yield server


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
