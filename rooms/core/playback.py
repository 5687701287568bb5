"""A replay as it is watched: what one viewer may see of each tick, as a keyframe and patches. Pure.

Rerun -> moments -> [playback] -> chunks -> API -> static/js/replay

The trees have the shape of a live frame's (rooms/core/view.py), so a game's drawing plays both alike.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import msgspec

from rooms.core.delta import diff
from rooms.core.game import Rules
from rooms.core.ids import Seat
from rooms.core.replay import Checkpoint, Moment, Rerun
from rooms.core.room import Cast
from rooms.core.tape import Tape
from rooms.core.view import whole_view

Tree = Any

CHUNK_TICKS = 200
"""The most ticks in a chunk: ten seconds at 20 Hz."""
CHUNK_BYTES = 512 * 1024
"""A chunk ends when its frames, as JSON, have reached so much."""


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """One tick: the patch from the tick before (null: nothing to be seen changed), what was told, who moved."""

    tick: int
    ms: int
    patch: list[Any] | None
    events: list[tuple[str, dict[str, Any]]]
    moved: list[Seat]
    """Seats with an input that counted."""


class Chunk(msgspec.Struct, frozen=True):
    """Consecutive ticks. `whole` is the first of them; the frames, of which the first changes nothing, lead on."""

    whole: Tree
    frames: list[Frame]
    next: int | None
    """The tick at which the next chunk begins; None at the end."""


def viewers(tape: Tape, rules: Rules) -> list[Seat | None]:
    """Whose eyes a finished match may be seen through: a spectator's (None), and each seat's where the game allows."""
    return [None, *(sorted(tape.cast) if rules.replay == "all" else ())]


def tree_of(tape: Tape, rules: Rules, moment: Moment, seat: Seat | None) -> Tree:
    """What a viewer saw after a tick: {"room": ..., "game": ...}."""
    viewer = seat if seat in moment.cast else None
    return {"room": _room(tape, moment), "game": whole_view(rules, moment.state, viewer)}


def chunk_of(rerun: Rerun, start: int, seat: Seat | None) -> Chunk | None:
    """The ticks from `start` on, of a rerun that stands before it; None when the match ended before. Raises Flaw."""
    moments = (moment for moment in rerun.moments() if moment.tick >= start)
    first = next(moments, None)
    if first is None:
        return None
    whole = last = tree_of(rerun.tape, rerun.rules, first, seat)
    frames, size = [_frame(first, None, seat)], 0
    ended = first.outcome is not None
    for moment in islice(moments, CHUNK_TICKS - 1):
        tree = tree_of(rerun.tape, rerun.rules, moment, seat)
        frames.append(_frame(moment, diff(last, tree), seat))
        last, ended = tree, moment.outcome is not None
        size += len(msgspec.json.encode(frames[-1]))
        if size > CHUNK_BYTES:
            break
    return Chunk(whole, frames, None if ended else frames[-1].tick + 1)


def _frame(moment: Moment, patch: list[Any] | None, seat: Seat | None) -> Frame:
    told = [(one.kind, one.body) for one in moment.events if one.seats is None or seat in one.seats]
    moved = sorted({given.seat for given in moment.given if not given.refused})
    return Frame(moment.tick, moment.ms, patch, told, moved)


def _room(tape: Tape, moment: Moment) -> Tree:
    """The room's own part, as far as a match by itself has one."""
    over = moment.outcome
    return {
        "phase": "playing" if over is None else "finished",
        "paused": None,
        "match": tape.begun.match,
        "match_ms": 0,
        "host": None,
        "private": False,
        "quick": False,
        "seats": [_sitter(moment.cast.get(seat)) for seat in range(tape.begun.size)],
        "spectators": 0,
        "joinable": False,
        "blocked": "",
        "fill_ms": None,
        "outcome": None if over is None else msgspec.to_builtins(over),
    }


def _sitter(cast: Cast | None) -> Tree:
    """Who plays a seat. Ids of players stay unsaid: a replay is public for longer than a room is open."""
    if cast is None:
        return None
    who = {"player": "", "name": cast.player.name, "kind": cast.player.kind, "strength": cast.strength}
    return {**who, "ready": True, "here": True, "rematch": False}


def next_checkpoint(rerun: Rerun) -> Checkpoint | None:
    """Run on to just before the next chunk of full length begins; None when the match ends before. Raises Flaw."""
    start = rerun.tick
    for moment in rerun.moments():
        if moment.outcome is not None:
            return None
        if moment.tick > start and (moment.tick + 1) % CHUNK_TICKS == 0:
            return rerun.checkpoint()
    return None
