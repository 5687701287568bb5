"""A room as one line of the live list: the same plain values for the page, its script and the socket."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from django.urls import reverse

from lobby.gallery import stranded, title_of
from rooms.core.facts import Card

Row = dict[str, Any]

MOST_PIPS: Final = 8

_encode = msgspec.json.Encoder().encode

_STATES: Final = {
    "waiting": ("Waiting", "good"),
    "playing": ("Playing", "live"),
    "finished": ("Match over", "warn"),
    "rematch": ("Match over", "warn"),
    "closed": ("Closed", "bad"),
}


def row_of(card: Card) -> Row:
    """What the list shows of a room. `mood` is the pill's class; `action` what the link does."""
    state, mood = ("Paused", "bad") if card.paused else _STATES[card.phase]
    return {
        "room": card.room,
        "url": reverse("lobby:room", args=[card.room]),
        "game": card.game,
        "title": title_of(card.game),
        "host": card.host,
        "state": state,
        "mood": mood,
        "players": card.players,
        "size": card.size,
        "bots": card.bots,
        "spectators": card.spectators,
        "pips": _pips(card),
        "joinable": card.joinable,
        "action": "Join" if card.joinable else "Watch",
    }


def encode_row(card: Card) -> bytes:
    """The same as JSON, for the socket."""
    return _encode(row_of(card))


def operator_row(card: Card) -> Row:
    """What the operator's list shows of a room."""
    why = stranded(card.game, card.version)
    row = row_of(card)
    if why and not card.paused:
        row |= {"state": "Stranded", "mood": "bad"}
    return {
        **row,
        "url": reverse("lobby:operator_room", args=[card.room]),
        "private": card.private,
        "version": card.version,
        "names": ", ".join(card.names),
        "opened_at": datetime.fromtimestamp(card.opened_ms / 1000, UTC),
        "stranded": why,
    }


def _pips(card: Card) -> list[str]:
    """A mark for each seat, people first; none where there are too many to be told apart at a glance."""
    if card.size > MOST_PIPS:
        return []
    free = card.size - card.players
    return ["person"] * (card.players - card.bots) + ["bot"] * card.bots + ["free"] * free
