"""The calls of the API: each reads what came, asks a service, and gives the answer."""

from __future__ import annotations

import gzip
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from lobby.api.auth import Bearer, caller_with, guest
from lobby.api.types import (
    GameOut,
    ListIn,
    MatchOut,
    OpenIn,
    PlacedOut,
    PlayIn,
    Problem,
    ReplayOut,
    RoomOut,
    SeatsOut,
    encode_rooms,
    match_out,
    placed,
    room_out,
)
from lobby.errors import LobbyError, unknown_room
from lobby.filters import Filter, Key, read_cursor, tidy_text, write_cursor
from lobby.gallery import json_schema, rules_of
from lobby.matches import find_match, visible_to
from lobby.projector import projector
from lobby.services import find_room, list_rooms, open_room, quick_play
from lobby.throttle import OPEN_GUEST, spend
from rooms.core.game import Rules
from rooms.games.registry import find_games

router = Router()

REFUSED = {401: Problem, 403: Problem, 404: Problem, 429: Problem, 503: Problem}
REFUSED_BODY = {**REFUSED, 409: Problem, 422: Problem}


@router.get("/games", response={200: list[GameOut], **REFUSED}, tags=["games"], summary="All games")
async def games(request: HttpRequest) -> list[GameOut]:
    """Every game, with the JSON schemas of its options and moves. Needs the scope `read`."""
    caller_with(request, "read")
    return [game_out(rules) for rules in find_games().values()]


@router.get("/games/{slug}", response={200: GameOut, **REFUSED}, tags=["games"], summary="One game")
async def game(request: HttpRequest, slug: str) -> GameOut:
    """Needs the scope `read`."""
    caller_with(request, "read")
    return game_out(rules_of(slug))


@router.get("/rooms", response={200: list[RoomOut], **REFUSED_BODY}, tags=["rooms"], summary="Open rooms")
async def rooms(request: HttpRequest, wanted: Query[ListIn]) -> HttpResponse:
    """The public rooms; where there are more, a header `Link: <address>; rel="next"`. Needs the scope `read`."""
    caller_with(request, "read")
    key = cursor_of(wanted)
    chosen = Filter(wanted.game, wanted.seats, tidy_text(wanted.text), wanted.order)
    page = await list_rooms(chosen, wanted.limit, key)
    response = HttpResponse(encode_rooms(request, page.cards), content_type="application/json")
    if page.after is not None:
        query = request.GET.copy()
        query["after"] = write_cursor(page.after)
        response["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
    return response


@router.get("/rooms/{room}", response={200: RoomOut, **REFUSED}, tags=["rooms"], summary="One room")
async def room(request: HttpRequest, room: str) -> RoomOut:
    """A room by its id, private or not: whoever knows the id is invited. Needs the scope `read`."""
    caller_with(request, "read")
    card = await find_room(room)
    if card is None:
        raise unknown_room()
    return room_out(request, card)


@router.post("/rooms", response={201: PlacedOut, **REFUSED_BODY}, tags=["rooms"], summary="Open a room")
async def open_one(request: HttpRequest, body: OpenIn) -> Status[PlacedOut]:
    """The caller becomes its host. Connect to `socket` soon: an empty room closes. Needs the scope `open`."""
    caller = caller_with(request, "open")
    await spend((OPEN_GUEST, caller.player.id))
    opened = await open_room(caller.player, body.game, body.options, body.size, body.private)
    return Status(201, placed(request, opened))


@router.post("/play", response={200: PlacedOut, **REFUSED_BODY}, tags=["rooms"], summary="Play at once")
async def play(request: HttpRequest, body: PlayIn) -> PlacedOut:
    """A room where a seat is held for the caller for some seconds: an open one, or a new one that bots will fill.

    Needs the scope `play`.
    """
    caller = caller_with(request, "play")
    await spend((OPEN_GUEST, caller.player.id))
    return placed(request, await quick_play(caller.player, body.game))


@router.get("/matches", response={200: list[MatchOut], **REFUSED}, tags=["matches"], summary="Finished matches")
async def matches(
    request: HttpRequest,
    game: str = "",
    before: Annotated[int | None, Query(ge=1, description="Only those before this id.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[MatchOut]:
    """The newest first; those of private rooms only when the caller took part. Needs the scope `read`."""
    caller = caller_with(request, "read")
    found = visible_to(caller.player.id).order_by("-pk")
    if game:
        found = found.filter(game=game)
    if before is not None:
        found = found.filter(pk__lt=before)
    return [match_out(request, match) async for match in found[:limit]]


@router.get("/matches/{match}", response={200: MatchOut, **REFUSED}, tags=["matches"], summary="One match")
async def match(request: HttpRequest, match: int) -> MatchOut:
    """A match by its id. Needs the scope `read`."""
    caller = caller_with(request, "read")
    return match_out(request, await find_match(match, caller.player.id))


@router.get(
    "/matches/{match}/replay",
    response={200: ReplayOut, **REFUSED_BODY},
    tags=["matches"],
    summary="Watch it again",
    auth=[Bearer(), guest],
)
async def replay(
    request: HttpRequest,
    match: int,
    view: Annotated[int | None, Query(ge=0, description="A seat's view; without it a spectator's.")] = None,
    start: Annotated[int, Query(alias="from", ge=0, description="The first tick.")] = 0,
) -> HttpResponse:
    """Some seconds of it: the view at the tick `from`, and patches that lead on. Needs the scope `read`.

    The match is played again for it, so the first answer for a late tick may be a 503 that asks to come again.
    """
    caller = caller_with(request, "read")
    found = await find_match(match, caller.player.id)
    return packed(request, await projector.chunk(found, view, start))


def cursor_of(wanted: ListIn) -> Key | None:
    """Where the page begins. Raises LobbyError."""
    try:
        return read_cursor(wanted.order, wanted.after) if wanted.after else None
    except ValueError as error:
        raise LobbyError("bad_cursor", f"{error}.".capitalize(), 422, {"after": str(error)}) from error


def packed(request: HttpRequest, body: bytes) -> HttpResponse:
    """An answer of JSON that is compressed already; made plain for the few who cannot read that."""
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(body if zipped else gzip.decompress(body), content_type="application/json")
    if zipped:
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding, Authorization, Cookie"
    response["Cache-Control"] = "private, max-age=600"
    return response


def game_out(rules: Rules) -> GameOut:
    """A game as the API tells it."""
    return GameOut(
        slug=rules.slug,
        title=rules.title,
        summary=rules.summary,
        version=rules.version,
        seats=SeatsOut(min=rules.seats.min, max=rules.seats.max, teams=rules.seats.teams),
        tick_hz=rules.tick_hz,
        late_join=rules.late_join,
        strengths=list(rules.strengths),
        options=json_schema(rules.options),
        move=json_schema(rules.move),
    )
