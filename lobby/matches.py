"""Finished matches for pages and API: who may see which, and how one reads in a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from channels.db import database_sync_to_async
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from lobby.errors import LobbyError
from lobby.gallery import title_of
from lobby.models import Finish, Match, Replay
from lobby.replays import load_tape

RECENT: Final = 10
"""Matches in the lobby's list."""


def unknown_match() -> LobbyError:
    """No such match, or none that may be told of: both look alike."""
    return LobbyError("not_found", "There is no such match, or it was played in a private room without you.", 404)


def visible_to(player: str) -> QuerySet[Match]:
    """The matches that a player may see: public ones, and private ones they took part in. With `recorded`."""
    mine = Finish.objects.filter(match=OuterRef("pk"), player=player)
    return _whole(Match.objects.filter(Q(private=False) | Exists(mine)))


def _whole(found: QuerySet[Match]) -> QuerySet[Match]:
    kept = Replay.objects.filter(match=OuterRef("pk"))
    return found.annotate(recorded=Exists(kept)).prefetch_related("finishes")


async def find_match(number: int, player: str) -> Match:
    """A match by its id. Raises LobbyError.

    A private one that was given up has no finishers, so whoever played it is known from its journal alone.
    """
    found = await visible_to(player).filter(pk=number).afirst()
    if found is None and await _took_part(number, player):
        found = await _whole(Match.objects.filter(pk=number)).afirst()
    if found is None:
        raise unknown_match()
    return found


async def find_in_room(room: str, number: int, player: str) -> Match | None:
    """A room's match by its number there; None while it is not recorded, or when it may not be seen."""
    pk = await Match.objects.filter(room=room, number=number).order_by("-pk").values_list("pk", flat=True).afirst()
    if pk is None:
        return None
    try:
        return await find_match(pk, player)
    except LobbyError:
        return None


async def recent_matches() -> list[Told]:
    """The newest public matches."""
    return [told(match) async for match in visible_to("").filter(private=False).order_by("-pk")[:RECENT]]


@database_sync_to_async
def _took_part(number: int, player: str) -> bool:
    match = Match.objects.filter(pk=number, private=True, finishes=None).first()
    if match is None or not player:
        return False
    try:
        tape = load_tape(match)
    except LobbyError:
        return False
    return any(cast.player.id == player for cast in tape.cast.values())


@dataclass(frozen=True, slots=True)
class Placed:
    """One player's end, as pages show it."""

    seat: int
    """Counted from 1."""
    colour: str
    """The class of the seat's colour."""
    name: str
    kind: str
    strength: str
    rank: int
    score: int


@dataclass(frozen=True, slots=True)
class Told:
    """A match as pages show it."""

    match: Match
    title: str
    places: list[Placed]
    headline: str
    seconds: int
    url: str
    recorded: bool


def told(match: Any) -> Told:
    """A match for a page; it comes from `visible_to`."""
    places = list(match.finishes.all())
    return Told(
        match=match,
        title=title_of(match.game),
        places=[_placed(place) for place in places],
        headline=headline(places),
        seconds=round((match.ended_at - match.started_at).total_seconds()),
        url=reverse("lobby:match", args=[match.pk]),
        recorded=bool(match.recorded),
    )


def _placed(part: Finish) -> Placed:
    return Placed(
        seat=part.seat + 1,
        colour=f"seat-{part.seat % 8}",
        name=part.name,
        kind=part.kind,
        strength=part.strength,
        rank=part.rank,
        score=part.score,
    )


def headline(places: list[Finish]) -> str:
    """Who won, in a few words."""
    best = [place.name for place in places if place.rank == 1]
    if not places:
        return "Not decided"
    if len(best) == len(places) and len(places) > 1:
        return "A draw"
    return f"{best[0]} won" if len(best) == 1 else f"{', '.join(best[:-1])} and {best[-1]} won"
