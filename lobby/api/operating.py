"""The operator's calls: every room, one with its fault, resume, close. All need the scope `operate`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status

from lobby.api.auth import caller_with
from lobby.api.types import Problem, RoomOut, encode_rooms
from lobby.operating import REASON_LETTERS, Opened, close_room, every_room, one_room, resume_room
from rooms.core.room import Room

router = Router(tags=["operator"])
REFUSED = {401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem, 429: Problem, 503: Problem}


class FaultOut(Schema):
    """Why a room is paused."""

    code: str
    message: str = Field(description="What its players are told.")
    traceback: str
    inputs: str = Field(description="The last inputs as JSON text, the newest last.")
    ms: int = Field(description="Room time of the failure.")
    at: datetime
    match_tick: int = Field(description="The last step of the match that counts.")


class SitterOut(Schema):
    """Who sits in a seat."""

    name: str
    player: str
    kind: str
    strength: str
    here: bool


class OpenedOut(Schema):
    """A room with all that is known of it."""

    room: str
    game: str = ""
    version: int = 0
    phase: str = ""
    private: bool = False
    match: int = 0
    match_tick: int = 0
    tick: int = 0
    ms: int = 0
    options: dict[str, Any] = {}
    seed: str = ""
    seats: list[SitterOut | None] = []
    sockets: int = 0
    bytes: int = Field(description="Its size in Redis.")
    state: str = Field(description="The game's state as JSON text, cut short when long.")
    stranded: str = Field(description="Why no engine of this version can go on with it; empty when they can.")
    fault: FaultOut | None = None


class CloseIn(Schema):
    """How to end a room."""

    reason: str = Field("", max_length=REASON_LETTERS, description="Told to its players.")

    model_config = {"extra": "forbid"}


@router.get("/rooms", response={200: list[RoomOut], **REFUSED}, summary="Every room")
async def rooms(request: HttpRequest) -> HttpResponse:
    """Private ones too; paused ones first."""
    caller_with(request, "operate")
    return HttpResponse(encode_rooms(request, await every_room()), content_type="application/json")


@router.get("/rooms/{room}", response={200: OpenedOut, **REFUSED}, summary="One room and its fault")
async def room(request: HttpRequest, room: str) -> OpenedOut:
    """All that is kept of a room, its game's state with all its secrets included."""
    caller_with(request, "operate")
    return opened_out(await one_room(room))


@router.post("/rooms/{room}/resume", response={204: None, **REFUSED}, summary="Resume a paused room")
async def resume(request: HttpRequest, room: str) -> Status[None]:
    """The rules go on from the last sound state. If they fail again, the room is paused again."""
    await resume_room(room, caller_with(request, "operate").player.name)
    return Status(204, None)


@router.post("/rooms/{room}/close", response={204: None, **REFUSED}, summary="Close a room")
async def close(request: HttpRequest, room: str, body: CloseIn) -> Status[None]:
    """Its players are told why; a running match is recorded as given up."""
    await close_room(room, body.reason, caller_with(request, "operate").player.name)
    return Status(204, None)


def opened_out(opened: Opened) -> OpenedOut:
    """A room as the API tells it to an operator."""
    facts = {} if opened.room is None else _facts(opened.room)
    return OpenedOut(
        room=opened.id,
        bytes=opened.size,
        state=opened.state,
        stranded=opened.stranded,
        fault=fault_out(opened),
        **facts,
    )


def _facts(room: Room) -> dict[str, Any]:
    names = ("game", "version", "phase", "private", "match", "match_tick", "tick", "ms", "options", "seed")
    seats = [
        None
        if sitter is None
        else SitterOut(
            name=sitter.player.name,
            player=sitter.player.id,
            kind=sitter.player.kind,
            strength=sitter.strength,
            here=sitter.away_ms is None,
        )
        for sitter in room.seats
    ]
    return {**{name: getattr(room, name) for name in names}, "seats": seats, "sockets": len(room.sockets)}


def fault_out(opened: Opened) -> FaultOut | None:
    """Its fault, if it is paused."""
    fault, at = opened.fault, opened.failed_at
    if fault is None or at is None:
        return None
    return FaultOut(
        code=fault.code,
        message=fault.message,
        traceback=fault.trace,
        inputs=fault.inputs,
        ms=fault.ms,
        at=at,
        match_tick=fault.match_tick,
    )
