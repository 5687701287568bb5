"""A game's rules have changed while rooms are open: what becomes of a room that was left by other rules.

Redis -> [adopt] -> a Live on the right rules, and what its players must be told -> the room's first pass

older room, no match or a migration     it is of the new version from now on
older room, the old rules are here      its match is finished by them, the next one is played by the new rules
older room, neither                     its match is given up, and the room waits for the next one
newer room                              Unplayable: left as it is, for an engine that has its rules
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import msgspec

from rooms.core import match, phases
from rooms.core.bounds import Bounds
from rooms.core.effects import Effects
from rooms.core.ending import end_room
from rooms.core.game import Rules
from rooms.core.inputs import Resume
from rooms.core.journal import GIVEN_UP
from rooms.core.room import Live, Room, is_person, read_told, revive

UPDATED: Final = "The game was updated while you played, and this match cannot go on in the new version."
"""Why a match ends whose rules are gone."""
TOO_MANY: Final = "The game was updated, and has fewer seats now than this room has players."

_encode = msgspec.msgpack.Encoder().encode


class Unplayable(Exception):
    """The rules that are here cannot go on with this room. The text says why, for the operator."""


def adopt(room: Room, state: bytes, rules: Rules, bounds: Bounds, events: list[bytes]) -> tuple[Live, Effects | None]:
    """The room alive, by `rules` (the newest here) or by older ones, and what its update did, to be told.

    Raises Unplayable. Raises msgspec.DecodeError when a state is not of the rules of its version.
    """
    if room.version > rules.version:
        raise Unplayable(f"it is of version {room.version} of {room.game}, and here is version {rules.version}")
    if room.version == rules.version:
        return revive(room, state, rules, bounds, events), None
    plain: Any = msgspec.msgpack.decode(state)
    if plain is not None and rules.migrate is None and room.version in rules.older:
        return keep_older(revive(room, state, rules.older[room.version], bounds, events), rules), None
    moved = None if plain is None or rules.migrate is None else _migrate(rules, room.version, plain)
    live = Live(room, rules, bounds, moved, deque(read_told(events)), _encode(moved))
    fx = Effects(changed=True)
    if plain is not None and moved is None:
        _begin_anew(live, fx)
    _take_over(live, rules, fx)
    return live, fx


def keep_older(live: Live, newest: Rules) -> Live:
    """The same room, whose next match is played by `newest`."""
    live.newer = newest if newest.version > live.rules.version else None
    return live


def rules_of(live: Live, version: int) -> Rules:
    """The rules of a version that this room has had in this engine: for undoing a pass that changed them."""
    return (live.newer or live.rules).at(version)


def renew(live: Live, fx: Effects) -> None:
    """Before a match: go over to the new rules, if this room was left on older ones."""
    rules = live.newer
    if rules is None:
        return
    live.rules, live.newer, live.state = rules, None, None  # the old match is over, and the old rules with it
    _take_over(live, rules, fx)


def fit_options(rules: Rules, options: dict[str, Any]) -> dict[str, Any]:
    """The options of an older version in this one's shape: each that still fits is kept, the rest get their default."""
    fitting: dict[str, Any] = {}
    for field in msgspec.structs.fields(rules.options):
        if field.name in options:
            try:
                msgspec.convert({**fitting, field.name: options[field.name]}, rules.options)
            except msgspec.ValidationError:
                continue
            fitting[field.name] = options[field.name]
    plain: dict[str, Any] = msgspec.to_builtins(msgspec.convert(fitting, rules.options))
    return plain


def _migrate(rules: Rules, version: int, plain: Any) -> Any:
    """The state in the new shape, checked by reading it as every engine will. Raises Unplayable."""
    try:
        assert rules.migrate is not None
        moved: Any = msgspec.msgpack.decode(_encode(rules.migrate(version, plain)), type=rules.state)
    except Exception as error:  # the game author's code: whatever it raises, the room must not be lost by it
        raise Unplayable(f"its state of version {version} could not be migrated: {error!r}") from error
    return moved


def _take_over(live: Live, rules: Rules, fx: Effects) -> None:
    """The room is of the new version: say so, and welcome everybody anew, as what they know of the game is old."""
    room = live.room
    old, room.version = room.version, rules.version
    room.options = fit_options(rules, room.options)
    if room.journalled > 0:  # a replay goes by the rules of one version
        room.journalled = GIVEN_UP
        fx.unjournalled.append(room.match)
    fx.tell(live, "updated", {"from": old, "to": room.version})
    fx.roster(live)
    anew = Resume(room.incarnation, room.offset - len(fx.events))
    for name in room.sockets:
        fx.welcomes.setdefault(name, anew)
    if room.phase != "playing":  # else the game's own `migrate` has seen to it
        _fit_seats(live, fx)


def _fit_seats(live: Live, fx: Effects) -> None:
    """As many seats as the new rules want. A room whose players are too many for them is closed."""
    room, seats = live.room, live.rules.seats
    size = max(seats.min, min(room.size, seats.max))
    if any(sitter is not None for sitter in room.seats[size:]):
        end_room(live, TOO_MANY, fx)
        return
    room.seats = [*room.seats[:size], *[None] * (size - room.size)]
    room.size = size


def _begin_anew(live: Live, fx: Effects) -> None:
    """The state cannot be used: a running match is given up, and the room waits for the next."""
    room = live.room
    if room.journalled > 0:
        room.journalled = GIVEN_UP
        fx.unjournalled.append(room.match)
    match.abandon(live, UPDATED, fx)
    if room.phase in ("finished", "rematch"):
        phases.go(live, "reopen", fx)
    room.outcome = room.fault = None
    for sitter in room.seats:
        if sitter is not None:
            sitter.rematch, sitter.ready = False, not is_person(sitter.player)
