"""A journal as plain values, for JSON: readable by any program. docs/operations.md tells the shape."""

from __future__ import annotations

from typing import Any

import msgspec

from rooms.core.journal import Ended, Gone, Mark, Sat, Stepped
from rooms.core.room import Cast
from rooms.core.tape import Tape


def plain(tape: Tape) -> dict[str, Any]:
    """The whole journal: header, changes of seats, inputs by tick, marks, outcome."""
    begun = msgspec.structs.asdict(tape.begun)
    return {
        **begun,
        "cast": {str(seat): _person(cast) for seat, cast in sorted(tape.begun.cast.items())},
        "ticks": tape.ticks,
        "steps": [_step(record) for record in tape.records if isinstance(record, Stepped)],
        "seats": [_change(record) for record in tape.records if isinstance(record, Sat | Gone)],
        "marks": [msgspec.structs.asdict(record) for record in tape.records if isinstance(record, Mark)],
        "outcome": None if tape.ended is None else _end(tape.ended),
    }


def _person(cast: Cast) -> dict[str, Any]:
    player = cast.player
    return {"player": player.id, "name": player.name, "kind": player.kind, "strength": cast.strength}


def _step(step: Stepped) -> dict[str, Any]:
    inputs = [{**msgspec.structs.asdict(given), "move": msgspec.msgpack.decode(given.move)} for given in step.given]
    return {"tick": step.tick, "ms": step.ms, "inputs": inputs}


def _change(record: Sat | Gone) -> dict[str, Any]:
    if isinstance(record, Gone):
        return {"tick": record.tick, "seat": record.seat, "left": True}
    came = _person(Cast(record.player, record.strength))
    return {"tick": record.tick, "seat": record.seat, "left": False, **came, "joined": record.joined}


def _end(ended: Ended) -> dict[str, Any]:
    return {**msgspec.structs.asdict(ended), "places": [msgspec.structs.asdict(place) for place in ended.places]}
