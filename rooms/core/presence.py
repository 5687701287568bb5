"""Who is here: sockets that come and go, seats that are held, and a room that nobody needs any more.

Presence follows from sockets, never from a counter: a web process that dies takes its sockets with it (`lapse`).
"""

from __future__ import annotations

from rooms.core import seating
from rooms.core.effects import Effects
from rooms.core.ending import drop, end_room, farewell
from rooms.core.facts import Reply
from rooms.core.ids import Seat, SocketId, WebId
from rooms.core.inputs import Attach, Player, Reserve, Resync, RollCall
from rooms.core.room import Live, Sitter, Socket, free_seat, is_person, seat_of, sockets_of

REPLACED, NOT_FOUND, ROOM_FULL, KICKED = 4501, 4504, 4505, 4506
"""Close codes; rooms/protocol/closing.py has them all (a test compares)."""

ELSEWHERE = "You opened this room somewhere else."

REFUSALS = {
    "room_full": "All seats are taken. You can watch.",
    "not_waiting": "The match has begun, and this game takes nobody in while it runs. You can watch.",
    "paused": "The room is paused by a fault.",
    "already_over": "The room is closing.",
}


def attach(live: Live, act: Attach, fx: Effects) -> None:
    """A socket says hello. Answered by a welcome, or by a farewell that says why not."""
    room, player = live.room, act.player
    address = Socket(act.web, player, act.wire, act.born_ms)
    if player.id in room.banned:
        farewell(act.socket, address, KICKED, "The host removed you from this room.", fx)
        return
    others = [name for name in sockets_of(room, player.id) if name != act.socket]
    if act.again and any(room.sockets[name].born_ms >= act.born_ms for name in others):
        farewell(act.socket, address, REPLACED, ELSEWHERE, fx)
        return
    for older in others:
        drop(live, older, REPLACED, ELSEWHERE, fx)
    if act.socket not in room.sockets and _only_watches(live, act) and _watchers(live) >= live.bounds.spectators:
        farewell(act.socket, address, ROOM_FULL, "This room has no more room for spectators.", fx)
        return
    room.sockets[act.socket] = address
    if not _seat_newcomer(live, act, fx):
        return
    if room.host is None and is_person(player):
        seating.set_host(live, player, fx)
    room.idle_ms = None if any(is_person(s.player) for s in room.sockets.values()) else room.idle_ms
    fx.welcomes[act.socket] = act.resume
    fx.roster(live)


def _only_watches(live: Live, act: Attach) -> bool:
    """True when this player has no seat and will get none."""
    seated = seat_of(live.room, act.player.id) is not None
    return not seated and (act.want == "watch" or (act.want == "auto" and bool(seating.may_sit(live))))


def _watchers(live: Live) -> int:
    return sum(1 for socket in live.room.sockets.values() if seat_of(live.room, socket.player.id) is None)


def _seat_newcomer(live: Live, act: Attach, fx: Effects) -> bool:
    room, player = live.room, act.player
    seat = seat_of(room, player.id)
    if seat is not None:
        _arrive(live, seat, fx)
        return True
    refusal = seating.may_sit(live)
    if act.want == "watch" or (act.want == "auto" and refusal):
        return True
    if refusal or player.kind == "bot":
        del room.sockets[act.socket]
        fx.roster(live)
        address = Socket(act.web, player, act.wire)
        farewell(act.socket, address, ROOM_FULL, REFUSALS.get(refusal, "This seat is no longer yours."), fx)
        return False
    seat = free_seat(room)
    if seat is not None:
        seating.sit(live, player, seat, fx)
    return True


def _arrive(live: Live, seat: Seat, fx: Effects) -> None:
    sitter = live.room.seats[seat]
    if sitter is None or sitter.away_ms is None:
        return
    if sitter.came:
        fx.tell(live, "back", {"seat": seat, "name": sitter.player.name})
    sitter.away_ms, sitter.came = None, True


def reserve(live: Live, act: Reserve, token: str, fx: Effects) -> None:
    """Hold a seat for a player on the way; answered by a reply."""
    room = live.room
    seat = seat_of(room, act.player.id)
    if seat is None:
        refusal = "kicked" if act.player.id in room.banned else seating.may_sit(live)
        if refusal:
            text = REFUSALS.get(refusal, "The host removed you from this room.")
            fx.reply(token, Reply(False, refusal, text))
            return
        seat = free_seat(room)
        if seat is not None:
            seating.sit(live, act.player, seat, fx)
    if room.idle_ms is not None:  # somebody comes: the time in which nobody is here begins anew
        room.idle_ms, fx.changed = room.ms, True
    fx.reply(token, Reply(True, seat=seat))


def resync(live: Live, act: Resync, fx: Effects) -> None:
    """A socket lost something: it is welcomed again."""
    if act.socket in live.room.sockets:
        fx.welcomes[act.socket] = act.resume


def detach(live: Live, name: SocketId, fx: Effects) -> None:
    """A socket is gone. Its seat is held for a while; a spectator simply leaves."""
    room = live.room
    socket = room.sockets.pop(name, None)
    fx.welcomes.pop(name, None)
    if socket is None:
        return
    seat = seat_of(room, socket.player.id)
    if seat is not None and not sockets_of(room, socket.player.id):
        sitter = room.seats[seat]
        if sitter is not None:
            sitter.away_ms = room.ms
            fx.tell(live, "away", {"seat": seat, "name": sitter.player.name})
    if room.idle_ms is None and not any(is_person(s.player) for s in room.sockets.values()):
        room.idle_ms = room.ms
    fx.roster(live)


def lapse(live: Live, web: WebId, fx: Effects) -> None:
    """A web process is gone, with all its sockets."""
    for name in [name for name, socket in live.room.sockets.items() if socket.web == web]:
        detach(live, name, fx)


def call_roll(live: Live, act: RollCall, fx: Effects) -> None:
    """A web process says who is here: others of its sockets went without our hearing of it."""
    gone = {name for name, s in live.room.sockets.items() if s.web == act.web and s.born_ms <= act.until_ms}
    for name in gone.difference(act.here):
        detach(live, name, fx)


def send_away(live: Live, player: Player, code: int, reason: str, fx: Effects) -> None:
    """Close every socket of a player, who has no seat any more."""
    for name in sockets_of(live.room, player.id):
        drop(live, name, code, reason, fx)
    if live.room.idle_ms is None and not any(is_person(s.player) for s in live.room.sockets.values()):
        live.room.idle_ms = live.room.ms
    fx.roster(live)


def _idle_ms(live: Live) -> int:
    """How long the room stays open without a person: a paused one until the operator has had time to look at it."""
    return live.bounds.idle_ms if live.room.fault is None else live.bounds.paused_idle_ms


def _held_until(live: Live, sitter: Sitter) -> int | None:
    """The room time at which an absent player's seat is given up; None while it is not."""
    room, bounds = live.room, live.bounds
    if sitter.away_ms is None or sitter.player.kind == "bot":
        return None
    if not sitter.came:
        return sitter.away_ms + bounds.reserve_ms
    if room.phase != "playing":
        return sitter.away_ms + bounds.hold_ms
    if room.fault is not None:  # a paused match waits for everybody
        return None
    return None if live.rules.absent == "wait" else sitter.away_ms + live.rules.grace_s * 1000


def give_up_absent(live: Live, fx: Effects) -> None:
    """Seats whose grace is over are emptied, or taken by a bot where the game says so."""
    room = live.room
    for seat, sitter in enumerate(room.seats):
        if sitter is None:
            continue
        until = _held_until(live, sitter)
        if until is not None and room.ms >= until:
            _give_up(live, seat, sitter, fx)
        elif sitter.player.kind == "bot" and sitter.away_ms is not None:
            due = max(sitter.called_ms, sitter.away_ms) + live.bounds.bot_call_ms
            if room.ms >= due:
                seating.call_bot(live, seat, fx)


def _give_up(live: Live, seat: Seat, sitter: Sitter, fx: Effects) -> None:
    room, rules = live.room, live.rules
    stays = room.phase == "playing" and sitter.came and rules.absent == "bot" and rules.strengths
    if not stays:
        seating.stand(live, seat, fx)
        return
    fx.tell(live, "left", {"seat": seat, "name": sitter.player.name})
    seating.replace_by_bot(live, seat, rules.strengths[-1], fx)
    if room.host == sitter.player.id:
        seating.choose_host(live, fx)


def next_alarm(live: Live) -> int | None:
    """The next room time at which something here is due: a grace, a bot call, quick play's fill, the idle close."""
    room, bounds = live.room, live.bounds
    times = [room.fill_ms]
    if room.idle_ms is not None:
        times.append(room.idle_ms + _idle_ms(live))
    for sitter in room.seats:
        if sitter is None or sitter.away_ms is None:
            continue
        if sitter.player.kind == "bot":
            times.append(max(sitter.called_ms, sitter.away_ms) + bounds.bot_call_ms)
        else:
            times.append(_held_until(live, sitter))
    return min((time for time in times if time is not None), default=None)


def ring(live: Live, fx: Effects) -> None:
    """Do whatever is due at the room's time."""
    room = live.room
    if room.idle_ms is not None and room.ms >= room.idle_ms + _idle_ms(live):
        end_room(live, "Nobody was here any more.", fx)
        return
    give_up_absent(live, fx)
    if room.fill_ms is not None and room.ms >= room.fill_ms and room.phase == "waiting":
        seating.fill_with_bots(live, fx)
    seating.start_if_agreed(live, fx)
