"""What may be seen of a room: the room's own part, the game's part for a seat, and the card for the lobby.

Nothing but what these functions return leaves the engine, so what a seat may not know is decided here and in the
game's `view` alone (law 5).
"""

from __future__ import annotations

from typing import Any

import msgspec

from rooms.core import seating
from rooms.core.facts import Card
from rooms.core.game import Rules
from rooms.core.ids import Seat
from rooms.core.room import Live, Room, Sitter, is_person, taken
from rooms.core.shape import CELLS_FIELD

Tree = Any


def room_tree(live: Live) -> Tree:
    """The room's own part of every frame: the same for every viewer."""
    room = live.room
    fault = room.fault
    return {
        "phase": room.phase,
        "paused": None if fault is None else {"code": fault.code, "message": fault.message},
        "match": room.match,
        "match_ms": room.match_ms,
        "host": room.host,
        "private": room.private,
        "quick": room.quick,
        "seats": [None if sitter is None else _sitter_tree(sitter) for sitter in room.seats],
        "spectators": spectators(live),
        "joinable": not seating.may_sit(live),
        "blocked": seating.blocked(live) if room.phase != "playing" else "",
        "fill_ms": room.fill_ms,
        "outcome": None if room.outcome is None else msgspec.to_builtins(room.outcome),
    }


def _sitter_tree(sitter: Sitter) -> Tree:
    return {
        "player": sitter.player.id,
        "name": sitter.player.name,
        "kind": sitter.player.kind,
        "strength": sitter.strength,
        "ready": sitter.ready,
        "here": sitter.away_ms is None,
        "rematch": sitter.rematch,
    }


def game_view(live: Live, seat: Seat | None) -> Any:
    """The game's part for one viewer, as the rules give it; None before the first match. To be encoded at once.

    Where viewers get different parts of one view (`Rules.pieced`), only what all of them see.

    Whoever sits where another played the current match, or nobody did, sees what spectators see.
    """
    if live.state is None:
        return None
    return live.rules.view(live.state, None if seat is None or live.rules.pieced else eyes_of(live, seat))


def eyes_of(live: Live, seat: Seat | None) -> Seat | None:
    """Through whose eyes a seat sees the current match: its own, or a spectator's."""
    return seat if seat is not None and _plays(live.room, seat) else None


def game_tree(live: Live, seat: Seat | None) -> Tree:
    """All that one viewer may see of the game, put together, as plain values."""
    return whole_view(live.rules, live.state, eyes_of(live, seat))


def whole_view(rules: Rules, state: Any, eyes: Seat | None) -> Tree:
    """A view of the game with its private part and the cells in sight, as plain values; None before the first match."""
    if state is None:
        return None
    tree = msgspec.to_builtins(rules.view(state, None if rules.pieced else eyes))
    if rules.private is not None and eyes is not None:
        tree |= msgspec.to_builtins(rules.private(state, eyes))
    if rules.cells is not None and rules.cells_seen is not None:
        cells = rules.cells(state)
        seen = sorted(cells.keys() & set(rules.cells_seen(state, eyes)))
        tree[CELLS_FIELD] = [msgspec.to_builtins(cells[cell]) for cell in seen]
    return tree


def _plays(room: Room, seat: Seat) -> bool:
    """True when whoever sits there takes part in the current match, or took part when it ended."""
    cast, sitter = room.cast.get(seat), room.seats[seat]
    return cast is not None and (sitter is None or sitter.player.id == cast.player.id)


def spectators(live: Live) -> int:
    """How many watch: players with a socket and no seat."""
    seated = {sitter.player.id for sitter in live.room.seats if sitter is not None}
    return len({s.player.id for s in live.room.sockets.values()} - seated)


def card(live: Live) -> Card:
    """The room as the lobby shows it."""
    room = live.room
    sitters = [sitter for sitter in room.seats if sitter is not None]
    host = next((s.player.name for s in sitters if s.player.id == room.host), "")
    return Card(
        room=room.id,
        game=room.game,
        phase=room.phase,
        size=room.size,
        players=len(taken(room)),
        bots=sum(1 for s in sitters if not is_person(s.player)),
        spectators=spectators(live),
        host=host,
        names=tuple(s.player.name for s in sitters),
        options=room.options,
        private=room.private,
        joinable=not seating.may_sit(live),
        paused=room.fault is not None,
        quick=room.quick,
        opened_ms=room.opened_ms,
        match=room.match,
        version=room.version,
    )
