"""What players may ask of a room besides moving, one function each; every refusal explains itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rooms.core import inputs, phases, presence, seating
from rooms.core.effects import Effects
from rooms.core.ids import Seat
from rooms.core.inputs import Player
from rooms.core.room import Live, Talk, free_seat, is_person, seat_of

LEFT = 4507
"""Close code; see rooms/protocol/closing.py."""


class Refused(Exception):
    """Raised to refuse a command: code, message for the player, legal alternatives where there are few."""

    def __init__(self, code: str, message: str, legal: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.code, self.message, self.legal = code, message, legal


def obey(live: Live, player: Player, body: inputs.Body, fx: Effects) -> None:
    """Carry out a command. Raises Refused. Moves are not commands: see tick.py."""
    if live.room.fault is not None and not isinstance(body, inputs.LeaveBody | inputs.ChatBody):
        raise Refused("paused", "The room is paused by a fault; you can chat or leave.")
    OBEY[type(body)](live, player, body, fx)


def _chat(live: Live, player: Player, body: inputs.ChatBody, fx: Effects) -> None:
    bounds, room = live.bounds, live.room
    text = "".join(letter for letter in " ".join(body.text.split()) if letter.isprintable())
    if not text or len(text) > bounds.chat_letters:
        raise Refused("bad_chat", f"A message has 1 to {bounds.chat_letters} letters.")
    talk = room.talk.setdefault(player.id, Talk(float(bounds.chat_burst), room.ms))
    talk.left = min(bounds.chat_burst, talk.left + (room.ms - talk.at_ms) / bounds.chat_every_ms)
    talk.at_ms = room.ms
    if talk.left < 1:
        raise Refused("slow_down", "You are writing too fast; wait a second.")
    talk.left -= 1
    seat = seat_of(room, player.id)
    fx.tell(live, "chat", {"player": player.id, "name": player.name, "seat": seat, "text": text})


def _ready(live: Live, player: Player, body: inputs.ReadyBody, fx: Effects) -> None:
    seat = _own_seat(live, player)
    if live.room.phase != "waiting":
        raise Refused("not_waiting", "The match has begun already.")
    sitter = live.room.seats[seat]
    if sitter is not None and sitter.ready != body.ready:
        sitter.ready = body.ready
        fx.roster(live)


def _start(live: Live, player: Player, body: inputs.StartBody, fx: Effects) -> None:
    _demand_host(live, player)
    if live.room.phase != "waiting":
        raise Refused("not_waiting", "The match has begun already.")
    why = seating.blocked(live)
    if why:
        raise Refused("not_ready", why)
    seating.start(live, fx)


def _rematch(live: Live, player: Player, body: inputs.RematchBody, fx: Effects) -> None:
    seat = _own_seat(live, player)
    if live.room.phase not in ("finished", "rematch"):
        raise Refused("not_over", "A rematch can be asked for when the match is over.")
    sitter = live.room.seats[seat]
    if sitter is not None:
        sitter.rematch = True
    if live.room.phase == "finished":
        phases.go(live, "ask", fx)
    fx.roster(live)
    seating.start_if_agreed(live, fx)


def _sit(live: Live, player: Player, body: inputs.SitBody, fx: Effects) -> None:
    if seat_of(live.room, player.id) is not None:
        raise Refused("seat_taken", "You have a seat already.")
    refusal = seating.may_sit(live)
    if refusal:
        raise Refused(refusal, presence.REFUSALS[refusal])
    seat = free_seat(live.room, body.seat)
    if seat is None:
        raise Refused("seat_taken", "That seat is taken.", tuple(_free(live)))
    seating.sit(live, player, seat, fx)


def _stand(live: Live, player: Player, body: inputs.StandBody, fx: Effects) -> None:
    seating.stand(live, _own_seat(live, player), fx)
    seating.start_if_agreed(live, fx)


def _leave(live: Live, player: Player, body: inputs.LeaveBody, fx: Effects) -> None:
    seat = seat_of(live.room, player.id)
    if seat is not None:
        seating.stand(live, seat, fx)
    presence.send_away(live, player, LEFT, "You left the room.", fx)
    if live.room.host == player.id:
        seating.choose_host(live, fx)
    seating.start_if_agreed(live, fx)


def _kick(live: Live, player: Player, body: inputs.KickBody, fx: Effects) -> None:
    _demand_host(live, player)
    sitter = live.room.seats[body.seat] if body.seat < live.room.size else None
    if sitter is None:
        raise Refused("no_such_seat", "Nobody sits there.")
    if sitter.player.id == player.id:
        raise Refused("no_such_seat", "To go yourself, leave the room.")
    if live.room.phase == "playing" and is_person(sitter.player) and sitter.away_ms is None:
        raise Refused("not_waiting", "Nobody who is here can be removed from a running match.")
    seating.stand(live, body.seat, fx)
    presence.send_away(live, sitter.player, presence.KICKED, "The host removed you from this room.", fx)
    if is_person(sitter.player):
        live.room.banned = [*live.room.banned, sitter.player.id][-live.bounds.banned :]
    seating.start_if_agreed(live, fx)


def _host(live: Live, player: Player, body: inputs.HostBody, fx: Effects) -> None:
    _demand_host(live, player)
    sitter = live.room.seats[body.seat] if body.seat < live.room.size else None
    if sitter is None or not is_person(sitter.player):
        raise Refused("no_such_seat", "Only a person who sits can be the host.")
    seating.set_host(live, sitter.player, fx)


def _bot(live: Live, player: Player, body: inputs.BotBody, fx: Effects) -> None:
    _demand_host(live, player)
    strengths = live.rules.strengths
    if not strengths:
        raise Refused("no_bot", "This game has no bot.")
    if body.strength not in strengths:
        raise Refused("unknown_strength", f"Bots of this game are: {', '.join(strengths)}.", strengths)
    refusal = seating.may_sit(live)
    if refusal:
        raise Refused(refusal, presence.REFUSALS[refusal])
    seat = free_seat(live.room, body.seat)
    if seat is None:
        raise Refused("seat_taken", "That seat is taken.", tuple(_free(live)))
    seating.add_bot(live, seat, body.strength, fx)


def _own_seat(live: Live, player: Player) -> Seat:
    seat = seat_of(live.room, player.id)
    if seat is None:
        raise Refused("not_seated", "Take a seat first.")
    return seat


def _demand_host(live: Live, player: Player) -> None:
    if live.room.host != player.id:
        raise Refused("not_host", "Only the host of the room may do that.")


def _free(live: Live) -> list[Seat]:
    return [seat for seat, sitter in enumerate(live.room.seats) if sitter is None]


OBEY: dict[type[Any], Callable[[Live, Player, Any, Effects], None]] = {
    inputs.ChatBody: _chat,
    inputs.ReadyBody: _ready,
    inputs.StartBody: _start,
    inputs.RematchBody: _rematch,
    inputs.SitBody: _sit,
    inputs.StandBody: _stand,
    inputs.LeaveBody: _leave,
    inputs.KickBody: _kick,
    inputs.HostBody: _host,
    inputs.BotBody: _bot,
}
