"""What the API takes and gives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Schema

from lobby.filters import LONGEST_CURSOR, LONGEST_LIST
from rooms.core.facts import Card

_encode: Final = msgspec.json.Encoder().encode


class Problem(Schema):
    """Why a request was refused (RFC 9457, application/problem+json). `code` is for programs, `detail` for people."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    errors: dict[str, str] = Field(default_factory=dict, description="What was wrong, by field.")


class SeatsOut(Schema):
    """How many may play; with `teams` > 0, seat s belongs to team s % teams."""

    min: int
    max: int
    teams: int


class GameOut(Schema):
    """A game that can be played here."""

    slug: str
    title: str
    summary: str
    version: int
    seats: SeatsOut
    tick_hz: int = Field(description="Steps a second; 0: time moves with each move.")
    late_join: bool
    strengths: list[str] = Field(description="Of its built-in bot, weakest first.")
    options: dict[str, Any] = Field(description="JSON schema of the options a room may be opened with.")
    move: dict[str, Any] = Field(description="JSON schema of a move, as sent over the WebSocket.")


class RoomOut(Schema):
    """An open room."""

    room: str
    page: str = Field(description="Address of the page where people play.")
    socket: str = Field(description="Address of the WebSocket for programs with a bearer token.")
    game: str
    version: int = Field(description="Of the game's rules that the room is played by.")
    phase: str
    paused: bool
    size: int
    players: int
    bots: int
    spectators: int
    host: str
    names: list[str]
    options: dict[str, Any]
    private: bool
    quick: bool
    joinable: bool = Field(description="A seat is free.")
    opened_at: datetime
    match: int


class ListIn(Schema):
    """Which of the public rooms to list."""

    game: str = ""
    seats: bool = Field(False, description="Only rooms with a free seat.")
    text: str = Field("", max_length=100, description="Only rooms with this in somebody's name or the game's.")
    order: Literal["open", "new", "full"] = "open"
    limit: int = Field(50, ge=1, le=LONGEST_LIST)
    after: str = Field("", max_length=LONGEST_CURSOR, description="Where a page ended: from its Link header.")


class PlacedOut(Schema):
    """Where to go."""

    room: str
    page: str
    socket: str


class OpenIn(Schema):
    """A room to open. Options that are left out have the game's defaults."""

    game: str
    options: dict[str, Any] = Field(default_factory=dict)
    size: int | None = None
    private: bool = False

    model_config = {"extra": "forbid"}


class PlayIn(Schema):
    """Which game to play at once."""

    game: str

    model_config = {"extra": "forbid"}


class FinishOut(Schema):
    """One player's part in a match."""

    seat: int
    name: str
    kind: str
    strength: str
    rank: int
    score: int


class MatchOut(Schema):
    """A finished match. Without finishes it was given up."""

    id: int
    page: str = Field(description="Address of its page, which plays the replay.")
    replay: bool = Field(description="Its replay is still kept.")
    game: str
    version: int
    reason: str
    ticks: int
    started_at: datetime
    ended_at: datetime
    finishes: list[FinishOut]


def placed(request: HttpRequest, room: str) -> PlacedOut:
    """A room's addresses."""
    page, socket = _places(request)
    return PlacedOut(room=room, page=f"{page}{room}/", socket=f"{socket}{room}/")


def room_out(request: HttpRequest, card: Card) -> RoomOut:
    """A room as the API tells it."""
    return RoomOut(**_room_values(*_places(request), card))


def encode_rooms(request: HttpRequest, cards: Iterable[Card]) -> bytes:
    """Rooms as JSON, each as `RoomOut`: a list of 200 in a tenth of the time that checking our own answer takes."""
    page, socket = _places(request)
    return _encode([_room_values(page, socket, card) for card in cards])


def _places(request: HttpRequest) -> tuple[str, str]:
    """What stands before a room's id in the addresses of its page and socket."""
    site = f"{request.scheme}://{request.get_host()}"
    pages = reverse("lobby:room", args=["-"]).removesuffix("-/")
    return f"{site}{pages}", f"{site.replace('http', 'ws', 1)}/ws/token/rooms/"


def _room_values(page: str, socket: str, card: Card) -> dict[str, Any]:
    return {
        "room": card.room,
        "page": f"{page}{card.room}/",
        "socket": f"{socket}{card.room}/",
        "game": card.game,
        "version": card.version,
        "phase": card.phase,
        "paused": card.paused,
        "size": card.size,
        "players": card.players,
        "bots": card.bots,
        "spectators": card.spectators,
        "host": card.host,
        "names": card.names,
        "options": card.options,
        "private": card.private,
        "quick": card.quick,
        "joinable": card.joinable,
        "opened_at": datetime.fromtimestamp(card.opened_ms / 1000, UTC),
        "match": card.match,
    }


class ReplayOut(Schema):
    """Consecutive ticks of a replay as one viewer saw them. `whole` is at the tick `from`.

    docs/protocol.md tells what a patch is.
    """

    match: int
    view: int | None = Field(description="The seat; null: a spectator.")
    hz: int = Field(description="Ticks a second; 0: a tick is a move, at its own `ms`.")
    ticks: int = Field(description="The last tick of the match.")
    start: int = Field(alias="from")
    whole: dict[str, Any] = Field(description="Room and game, as in a live frame.")
    frames: list[tuple[int, int, list[Any] | None, list[tuple[str, dict[str, Any]]], list[int]]] = Field(
        description="[tick, ms, patch from the tick before or null, [[event, body], ...], [seats that moved, ...]]"
    )
    next: int | None = Field(description="Where to go on; null at the end.")


def match_out(request: HttpRequest, match: Any) -> MatchOut:
    """A match as the API tells it; it comes from `visible_to`. The room's id stays unsaid: it is a key."""
    return MatchOut(
        id=match.pk,
        page=request.build_absolute_uri(reverse("lobby:match", args=[match.pk])),
        replay=match.recorded,
        game=match.game,
        version=match.version,
        reason=match.reason,
        ticks=match.ticks,
        started_at=match.started_at,
        ended_at=match.ended_at,
        finishes=[FinishOut.from_orm(finish) for finish in match.finishes.all()],
    )
