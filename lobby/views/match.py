"""The page of a finished match: who played, how it ended, and the match itself, played back."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from lobby.errors import LobbyError
from lobby.identity import PlayerRequest
from lobby.matches import Told, find_in_room, find_match, told
from lobby.projector import Reel, projector
from lobby.throttle import LOOK_ADDRESS, address_of, spend
from lobby.views.answers import refusals_are_pages
from rooms.core.ids import ROOM_ID
from rooms.core.playback import viewers

RECORDED_S: Final = 3.0
"""How long the page of a match that has just ended waits for its record."""
LOOK_AGAIN_S: Final = 0.25


@require_safe
@refusals_are_pages
async def match(request: PlayerRequest, number: int) -> HttpResponse:
    """`/matches/<id>/`: ?tick= and ?view= say where the player stands at first (static/js/replay reads them).

    Context:
        page    "match"
        told    lobby.matches.Told
        config  what the player is told, for {{ config|json_script:"replay-config" }}; None when it cannot be played
        why     the sentence that says so
    """
    shown = told(await find_match(number, request.player.id))
    context: dict[str, Any] = {"page": "match", "told": shown, "config": None, "why": ""}
    try:
        reel = await projector.reel(shown.match)
        if reel.tape.ticks:
            context["config"] = config_of(shown, reel)
        else:
            context["why"] = "The match was over before anybody moved: there is nothing to play back."
    except LobbyError as refusal:
        context["why"] = refusal.message
    return render(request, "lobby/match.html", context)


@require_safe
@refusals_are_pages
async def in_room(request: PlayerRequest, room_id: str, number: int) -> HttpResponse:
    """`/rooms/<id>/matches/<number>/`: from a room to the page of its match, recorded a moment after its end."""
    await spend((LOOK_ADDRESS, address_of(request)))
    until = asyncio.get_running_loop().time() + RECORDED_S
    while ROOM_ID.match(room_id):
        found = await find_in_room(room_id, number, request.player.id)
        if found is not None:
            return HttpResponseRedirect(reverse("lobby:match", args=[found.pk]))
        if asyncio.get_running_loop().time() > until:
            break
        await asyncio.sleep(LOOK_AGAIN_S)
    words = "This match is not recorded yet, or not at all. If it has just ended, load this page again in a moment."
    raise LobbyError("not_recorded", words, 404, retry_after=2)


def config_of(shown: Told, reel: Reel) -> dict[str, Any]:
    """What the page's script is told."""
    tape, rules = reel.tape, reel.rules
    seats = [seat for seat in viewers(tape, rules) if seat is not None]
    return {
        "match": shown.match.pk,
        "frames": f"/api/v1/matches/{shown.match.pk}/replay",
        "ticks": tape.ticks,
        "hz": tape.begun.hz,
        "size": tape.begun.size,
        "options": tape.begun.options,
        "game": {"slug": rules.slug, "title": rules.title},
        "js": static(f"js/games/{rules.slug}.js"),
        "views": [{"seat": seat, "name": tape.cast[seat].player.name} for seat in seats],
        "differ": rules.hidden or rules.tick_hz > 0,
    }
