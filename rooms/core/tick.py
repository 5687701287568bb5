"""One pass over one room: take its entries from the log, advance it, say what follows. Pure.

engine -> [open_room | load] -> advance(live, entries, now) -> Effects -> commit
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from rooms.core import commands, faults, match, operating, presence, seating
from rooms.core.bounds import Bounds
from rooms.core.effects import Effects, Refusal
from rooms.core.facts import Reply
from rooms.core.game import Rules
from rooms.core.ids import RoomId, Seat
from rooms.core.inputs import (
    Act,
    Attach,
    Command,
    Detach,
    Lapse,
    MoveBody,
    Open,
    Operate,
    Player,
    Reserve,
    Resync,
    RollCall,
)
from rooms.core.journal import Given
from rooms.core.match import Moves
from rooms.core.room import Arrived, Live, Room, seat_of, seats_by, sockets_of

REFUSALS: Final = 8
"""Of each player, kept for its next welcome."""
_decoder: Final[Callable[[Any], msgspec.msgpack.Decoder[Any]]] = cache(msgspec.msgpack.Decoder)
"""One for each type of move: to look at the type takes longer than to read a move."""


def open_room(room_id: RoomId, act: Open, rules: Rules, bounds: Bounds, wall_ms: int) -> Live:
    """A new room, waiting for players. `wall_ms`: milliseconds since 1970, the room's time 0."""
    room = Room(
        id=room_id,
        incarnation=act.incarnation,
        game=rules.slug,
        version=rules.version,
        options=act.options,
        seed=act.seed,
        size=max(rules.seats.min, min(act.size, rules.seats.max)),
        private=act.private,
        quick=act.fill_ms > 0,
        opened_ms=wall_ms,
        seats=[],
    )
    room.seats = [None] * room.size
    room.fill_ms = act.fill_ms or None
    live = Live(room, rules, bounds)
    if act.host is not None:
        fx = Effects()
        seating.sit(live, act.host, 0, fx)
    return live


def advance(live: Live, arrived: Sequence[Arrived], now_ms: int) -> Effects:
    """Apply the entries in order, ring what is due, and step the match. `now_ms`: the room's time by the clock.

    While a match with TICK_HZ > 0 runs, call this once per tick: each call is a step. Else call it when entries have
    arrived or `next_due` has come.
    """
    fx = Effects()
    room = live.room
    ticking = is_ticking(live)
    if not ticking:
        room.ms = max(room.ms, now_ms)
    plain, roster = ticking, live.roster
    asked: Moves | None = None
    if arrived:
        asked, were_moves = _take(live, arrived, fx)
        plain = were_moves and ticking
    if not (plain and live.calm):
        live.alarm = presence.next_alarm(live)
    if live.alarm is not None and room.ms >= live.alarm:
        presence.ring(live, fx)
        plain = False
    _step(live, asked, ticking, fx)
    if fx.refusals:
        _keep_refusals(live, fx)
    live.calm = fx.plain = plain and live.roster == roster and not (fx.events or fx.refusals or fx.welcomes)
    if fx.changed:
        room.tick += 1
    return fx


def is_ticking(live: Live) -> bool:
    """True while the room must be advanced once per tick."""
    room = live.room
    return live.rules.tick_hz > 0 and room.phase == "playing" and room.fault is None


def next_due(live: Live) -> int | None:
    """The room time at which the next pass is due without input; None: never. Not for rooms that are ticking."""
    alarm = presence.next_alarm(live)
    deadline = _deadline(live)
    if deadline is None:
        return alarm
    return deadline if alarm is None else min(alarm, deadline)


def _deadline(live: Live) -> int | None:
    room = live.room
    if live.rules.deadline is None or room.phase != "playing" or room.fault is not None or live.rules.tick_hz:
        return None
    due = live.rules.deadline(live.state)
    return None if due is None else due + (room.match_ms or 0)


def _is_past(live: Live) -> bool:
    """True when the game's deadline has come: a step is due. One that stays past would be due for ever."""
    deadline = _deadline(live)
    return deadline is not None and live.room.ms >= deadline


def _step(live: Live, asked: Moves | None, ticking: bool, fx: Effects) -> None:
    room = live.room
    if room.phase == "playing" and room.fault is None:
        if ticking:
            match.step_match(live, asked, fx)
            return
        if asked or _is_past(live):  # of a ticking game: the match began, or went on, in this very pass
            late = _is_past(live)
            match.step_match(live, asked, fx)
            if late and _is_past(live):
                match.pause(live, fx, RuntimeError("the deadline is still past after the step that was due at it"))
            return
    if asked is not None:
        message = "No match is running."
        fx.refusals += [asked.refusal(at, "not_playing", message) for at in range(len(asked.given))]


def _take(live: Live, arrived: Sequence[Arrived], fx: Effects) -> tuple[Moves | None, bool]:
    """Apply the entries in order: the moves for the step, and whether all were moves, of players of whom some input was
    counted before.
    """
    room, plain, asked = live.room, True, Moves()
    faults.hear(live, arrived)
    at = _take_moves(live, arrived, 0, asked)
    while at < len(arrived):
        _, act, token = arrived[at]
        if isinstance(act, Command):
            plain = plain and isinstance(act.body, MoveBody) and act.player in room.seqs
            _command(live, act, asked, fx)
        else:
            plain = False
            _apply(live, act, token, fx)
        at = _take_moves(live, arrived, at + 1, asked)
    room.applied = arrived[-1][0]
    fx.changed = True
    return asked if asked.given else None, plain


def _take_moves(live: Live, arrived: Sequence[Arrived], at: int, asked: Moves) -> int:
    """Take the moves from the entry `at` on, up to the first one about which anything is special, and return where that
    stands: see `_command`, or `_apply`.

    Most inputs of most rooms are such moves, so they have a loop of their own; on the road for all a move costs thrice
    as much.
    """
    room = live.room
    if room.phase != "playing" or room.fault is not None:
        return at
    seats, cast, sockets, seqs = seats_by(live), room.cast, room.sockets, room.seqs
    decode, most = _decoder(live.rules.move).decode, live.bounds.moves_per_step
    for here in range(at, len(arrived)):
        act = arrived[here][1]
        if type(act) is not Command or type(act.body) is not MoveBody:
            return here
        player, seq, raw = act.player, act.seq, act.body.move
        socket, seat = sockets.get(act.socket), seats.get(player)
        if socket is None or socket.player.id != player or seat is None or seat not in cast:
            return here
        if not act.prev <= seqs.get(player, -1) < seq or asked.has(seat, most):
            return here
        try:
            move = decode(raw)
        except msgspec.DecodeError:
            return here
        seqs[player] = seq
        asked.add(act.socket, Given(seat, player, seq, raw), move)
    return len(arrived)


def _apply(live: Live, act: Act, token: str, fx: Effects) -> None:
    if isinstance(act, Operate):
        operating.operate(live, act, token, fx)
    elif isinstance(act, Open):
        fx.reply(token, Reply(True, seat=None if act.host is None else 0))
        fx.roster(live)
    elif not isinstance(act, Command):
        _come_or_go(live, act, token, fx)


def _come_or_go(
    live: Live, act: Attach | Detach | Lapse | RollCall | Resync | Reserve, token: str, fx: Effects
) -> None:
    match act:
        case Attach():
            presence.attach(live, act, fx)
            seating.start_if_agreed(live, fx)
        case Reserve():
            presence.reserve(live, act, token, fx)
            seating.start_if_agreed(live, fx)
        case Detach():
            presence.detach(live, act.socket, fx)
        case Lapse():
            presence.lapse(live, act.web, fx)
        case RollCall():
            presence.call_roll(live, act, fx)
        case Resync():
            presence.resync(live, act, fx)


def _command(live: Live, act: Command, asked: Moves, fx: Effects) -> None:
    """Count an input once by (player, seq), and carry it out or refuse it."""
    room = live.room
    player = _speaker(room, act)
    if player is None:
        return  # the socket was replaced: its player resends on the new one what was not acknowledged
    counted = room.seqs.get(act.player, 0)
    if act.seq <= counted:
        fx.acks.add(act.socket)
        return
    if act.prev > counted:  # to count this one would acknowledge those that are lost: the welcome has them sent again
        seating.show_afresh(live, player, fx)
        return
    _remember(live, act)
    seat = seats_by(live).get(act.player)
    if seat is None:
        fx.acks.add(act.socket)
    try:
        if isinstance(act.body, MoveBody):
            _ask(live, act, act.body, seat, asked)
        else:
            commands.obey(live, player, act.body, fx)
    except commands.Refused as no:
        fx.refusals.append(Refusal(act.socket, act.player, act.seq, no.code, no.message, no.legal))


def _speaker(room: Room, act: Command) -> Player | None:
    """Whose input this is; None when it came by a socket that its player has replaced.

    The room may have counted a web process as gone whose sockets are open yet (`Lapse`). Their clients notice nothing
    yet, so an input of a seated player counts before the socket is attached again. A spectator is not known here any
    more: the welcome that answers the next Attach has it say again what was dropped, and `Command.prev` keeps later
    inputs from being counted first.
    """
    socket = room.sockets.get(act.socket)
    if socket is not None:
        return socket.player if socket.player.id == act.player else None
    seat = None if sockets_of(room, act.player) else seat_of(room, act.player)
    sitter = None if seat is None else room.seats[seat]
    return None if sitter is None else sitter.player


def _remember(live: Live, act: Command) -> None:
    room = live.room
    room.seqs[act.player] = act.seq
    if len(room.seqs) > live.bounds.players:
        here = {socket.player.id for socket in room.sockets.values()}
        here |= {sitter.player.id for sitter in room.seats if sitter is not None}
        stranger = next((player for player in room.seqs if player not in here), None)
        if stranger is not None:
            del room.seqs[stranger]
            room.refused.pop(stranger, None)
            room.talk.pop(stranger, None)


def _keep_refusals(live: Live, fx: Effects) -> None:
    """A socket may be gone before it has read its refusal: the next welcome of its player repeats the last few."""
    for no in fx.refusals:
        kept = live.room.refused.setdefault(no.player, [])
        kept.append((no.seq, no.code, no.message))
        del kept[:-REFUSALS]


def _ask(live: Live, act: Command, body: MoveBody, seat: Seat | None, asked: Moves) -> None:
    room = live.room
    if seat is None or seat not in room.cast:
        raise commands.Refused("not_seated", "Only players in the match may move.")
    if room.phase != "playing":
        raise commands.Refused("not_playing", "No match is running.")
    if room.fault is not None:
        raise commands.Refused("paused", "The room is paused by a fault.")
    if asked.has(seat, live.bounds.moves_per_step):
        raise commands.Refused("slow_down", "Too many moves at once; send them more slowly.")
    try:
        move: Any = _decoder(live.rules.move).decode(body.move)
    except msgspec.DecodeError as error:
        raise commands.Refused("bad_move", f"This is no move of {live.rules.title}: {error}") from error
    asked.add(act.socket, Given(seat, act.player, act.seq, body.move), move)
