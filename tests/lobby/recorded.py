"""Matches that were really played, recorded as the lobby worker records them."""

from __future__ import annotations

from typing import Any

from lobby.models import Match
from lobby.records import record_match
from rooms.core.facts import Finisher
from rooms.core.game import Place
from rooms.core.ids import PlayerId
from tests.lobby.test_records import over
from tests.rooms.core.recording import recorded


def keep(played: str = "tictactoe", **changes: Any) -> Match:
    """A finished match of a game, with its replay: Ann (g-ann) and Bob (g-bob) played. Synchronous.

    `changes`: of the fact that the worker is told; `journal` are the items in Redis.
    """
    driver, raw = recorded(played)
    room, outcome = driver.room, driver.room.outcome
    told: dict[str, Any] = {
        "game": played,
        "version": room.version,
        "options": room.options,
        "seed": room.seed,
        "finishers": tuple(_finisher(place) for place in outcome.places),
        "reason": outcome.reason,
        "ticks": room.match_tick,
        "ended_ms": 1_700_000_000_000 + room.ms - room.match_ms,
    }
    journal = changes.pop("journal", [raw])
    made = over(**{**told, **changes})
    record_match(made, journal)
    return Match.objects.get(room=made.room, number=made.match)


def _finisher(place: Place) -> Finisher:
    name = ("Ann", "Bob")[place.seat]
    return Finisher(place.seat, PlayerId(f"g-{name.lower()}"), name, "guest", "", place.rank, place.score)
