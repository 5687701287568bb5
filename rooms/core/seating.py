"""Who sits where, who hosts, and whether a match may start."""

from __future__ import annotations

from rooms.core import match, phases, versions
from rooms.core.effects import Effects
from rooms.core.facts import BotCall
from rooms.core.ids import PlayerId, Seat
from rooms.core.inputs import Player, Resume
from rooms.core.rng import Rng
from rooms.core.room import Cast, Live, Sitter, free_seat, is_person, sockets_of, taken

BOT_NAMES = ("Ada", "Byte", "Cosmo", "Dot", "Echo", "Flux", "Gizmo", "Hex", "Ion", "Juno", "Kilo", "Lux")


def may_sit(live: Live) -> str:
    """ "" when a newcomer could take a free seat now, else the code of the refusal."""
    room = live.room
    if room.phase == "closed" or room.fault is not None:
        return "paused" if room.fault is not None else "already_over"
    if room.phase == "playing" and not live.rules.late_join:
        return "not_waiting"
    return "" if free_seat(room) is not None else "room_full"


def sit(live: Live, player: Player, seat: Seat, fx: Effects, strength: str = "") -> None:
    """Put a player into a free seat, and into the match when one runs."""
    place(live, player, seat, fx, strength)
    if live.room.phase == "playing":
        match.join_match(live, seat, fx)


def place(live: Live, player: Player, seat: Seat, fx: Effects, strength: str = "") -> None:
    """Put a player into a free seat; the rules hear nothing. The first person in a room without a host hosts it."""
    room = live.room
    here = bool(sockets_of(room, player.id))
    away = None if here else room.ms
    ready = not is_person(player)
    room.seats[seat] = Sitter(player, strength, ready, away_ms=away, came=here, since=room.offset)
    if room.host is None and is_person(player):
        room.host = player.id
    fx.tell(live, "joined", {"seat": seat, "name": player.name, "kind": player.kind})
    fx.roster(live)
    show_afresh(live, player, fx)


def show_afresh(live: Live, player: Player, fx: Effects) -> None:
    """What a player may see follows the seat: a new welcome carries the new view to sockets that are open.

    It brings all events of this pass, of which these sockets are shown nothing else.
    """
    resume = Resume(live.room.incarnation, live.room.offset - len(fx.events))
    for name in sockets_of(live.room, player.id):
        fx.welcomes.setdefault(name, resume)


def stand(live: Live, seat: Seat, fx: Effects) -> None:
    """Empty a seat for good: in a match, its player has left the match."""
    room = live.room
    sitter = room.seats[seat]
    if sitter is None:
        return
    if room.phase == "playing":
        match.leave_match(live, seat, fx)
    room.seats[seat] = None
    fx.tell(live, "left", {"seat": seat, "name": sitter.player.name})
    fx.roster(live)
    show_afresh(live, sitter.player, fx)
    if room.host == sitter.player.id:
        choose_host(live, fx)
    if room.phase in ("finished", "rematch"):
        _reconsider(live, fx)


def choose_host(live: Live, fx: Effects) -> None:
    """Give the room to a seated person who is here, else to one who is held, else to a spectator, else to nobody."""
    room = live.room
    sitters = [s for s in room.seats if s is not None and is_person(s.player)]
    present = [s.player for s in sitters if s.away_ms is None] or [s.player for s in sitters]
    watching = [socket.player for socket in room.sockets.values() if is_person(socket.player)]
    heirs = present or watching
    set_host(live, heirs[0] if heirs else None, fx)


def set_host(live: Live, player: Player | None, fx: Effects) -> None:
    """Make `player` the host, and say so when that changes something."""
    room = live.room
    if room.host == (player.id if player else None):
        return
    room.host = player.id if player else None
    if player is not None:
        fx.tell(live, "host", {"name": player.name, "player": player.id})
    fx.roster(live)


def add_bot(live: Live, seat: Seat, strength: str, fx: Effects) -> None:
    """Put a built-in bot into a free seat and call for one to come."""
    sit(live, _new_bot(live, seat), seat, fx, strength)
    call_bot(live, seat, fx)


def replace_by_bot(live: Live, seat: Seat, strength: str, fx: Effects) -> None:
    """A bot plays on from where the player of `seat` stopped: the rules notice no change."""
    room = live.room
    room.seats[seat] = None
    player = _new_bot(live, seat)
    place(live, player, seat, fx, strength)
    match.note_cast(live, seat, Cast(player, strength), fx, joined=False)
    call_bot(live, seat, fx)


def _new_bot(live: Live, seat: Seat) -> Player:
    room = live.room
    rng = Rng(room.seed, room.offset, "bot", seat)
    used = {s.player.name for s in room.seats if s is not None}
    names = [name for name in BOT_NAMES if name not in used] or list(BOT_NAMES)
    return Player(PlayerId(f"bot-{rng.below(2**48):012x}"), rng.choice(names), "bot")


def call_bot(live: Live, seat: Seat, fx: Effects) -> None:
    """Ask the bots' process to connect to this seat."""
    room = live.room
    sitter = room.seats[seat]
    if sitter is None or sitter.player.kind != "bot":
        return
    sitter.called_ms = room.ms
    fx.calls.append(BotCall(room.id, room.game, seat, sitter.player.id, sitter.player.name, sitter.strength))
    fx.changed = True


def fill_with_bots(live: Live, fx: Effects) -> None:
    """Quick play has waited long enough: seat bots until a match is worth playing."""
    room, rules = live.room, live.rules
    room.fill_ms = None
    wanted = max(rules.seats.min, min(room.size, 4))
    while rules.strengths and len(taken(room)) < wanted and (seat := free_seat(room)) is not None:
        add_bot(live, seat, rules.strengths[(len(rules.strengths) - 1) // 2], fx)
    fx.roster(live)


def blocked(live: Live) -> str:
    """Why no match can start now, in plain words; "" when one can."""
    room = live.room
    sitters = [s for s in room.seats if s is not None]
    lacking = live.rules.seats.min - len(sitters)
    if lacking > 0:
        players = "one more player" if lacking == 1 else f"{lacking} more players"
        return f"Needs {players}: invite somebody or add a bot."
    unready = [s.player.name for s in sitters if not s.ready and s.player.id != room.host]
    if unready and room.phase == "waiting" and not room.quick:
        return f"Waiting for {', '.join(unready)} to be ready."
    return ""


def start(live: Live, fx: Effects) -> None:
    """Begin the next match, by the newest rules there are."""
    versions.renew(live, fx)
    if not fx.closed:
        match.start_match(live, fx)


def start_if_agreed(live: Live, fx: Effects) -> None:
    """Start what needs no host: a rematch that all want, and quick play when its seats are taken."""
    room = live.room
    if room.fault is not None or blocked(live):
        return
    if room.phase == "rematch":
        people = [s for s in room.seats if s is not None and is_person(s.player)]
        if all(s.rematch for s in people):
            start(live, fx)
    elif room.phase == "waiting" and room.quick and (room.fill_ms is None or free_seat(room) is None):
        start(live, fx)


def _reconsider(live: Live, fx: Effects) -> None:
    """After someone left a finished match: too few for a rematch means waiting for others again."""
    room = live.room
    if len(taken(room)) < live.rules.seats.min:
        for sitter in room.seats:
            if sitter is not None:
                sitter.rematch = False
                sitter.ready = not is_person(sitter.player)
        phases.go(live, "reopen", fx)
