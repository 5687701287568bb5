"""Into a room: open one with options, play at once, and the page of a room."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from lobby.errors import LobbyError
from lobby.forms import OpenForm
from lobby.gallery import rules_of, shown, usual_size
from lobby.identity import PlayerRequest
from lobby.services import find_room, open_room, quick_play
from lobby.throttle import OPEN_ADDRESS, OPEN_GUEST, address_of, spend
from lobby.views.answers import forms_only, refusals_are_pages
from rooms.core.facts import Card
from rooms.core.game import Rules
from rooms.games.registry import find_games


@require_http_methods(["GET", "HEAD", "POST"])
@refusals_are_pages
async def create(request: PlayerRequest, slug: str) -> HttpResponse:
    """`/games/<slug>/new/`: open a room with the game's own options."""
    rules = rules_of(slug)
    form = OpenForm(rules, usual_size(rules), request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                return await _open(request, rules, form)
            except LobbyError as refusal:
                form.add_refusal(refusal)
                status = refusal.status
        else:
            status = 422
    return render(request, "lobby/create.html", {"game": shown(rules), "form": form}, status=status)


async def _open(request: PlayerRequest, rules: Rules, form: OpenForm) -> HttpResponse:
    await _spend(request)
    room = await open_room(
        request.player,
        rules.slug,
        form.options,
        size=form.cleaned_data.get("size"),
        private=form.cleaned_data["private"],
    )
    return HttpResponseRedirect(reverse("lobby:room", args=[room]))


@forms_only
@refusals_are_pages
async def play(request: PlayerRequest, slug: str) -> HttpResponse:
    """`/play/<slug>/`: into an open room of this game, or a new one that bots will fill."""
    await _spend(request)
    room = await quick_play(request.player, slug)
    return HttpResponseRedirect(reverse("lobby:room", args=[room]))


@require_safe
@refusals_are_pages
async def room(request: PlayerRequest, room_id: str) -> HttpResponse:
    """`/rooms/<id>/`: the page of a room, by the template lobby/room.html (extends lobby/base.html).

    Context:
        page    "room"
        card    rooms.core.facts.Card, or None: no such room, or it has closed (the answer's status is 404)
        game    lobby.gallery.Shown of the card's game (slug, title, summary, least, most, players, pace, tick_hz,
                strengths, script), or None without a card or when the game is not installed
        full    True when no seat is free for a person: they will watch
        invite  the room's whole address, to be copied and sent
        config  what the room's script needs; write it with {{ config|json_script:"room-config" }}:
                {room, ws, game: {slug, title}, js, css, player: {id, name}, lobby, matches, invite}; None without
                card or game
    """
    card = await find_room(room_id)
    context: dict[str, Any] = {"page": "room", "card": card, "game": None, "config": None}
    if card is not None:
        context |= {"full": not card.joinable, "invite": request.build_absolute_uri(request.path)}
        rules = find_games().get(card.game)
        if rules is not None:
            context |= {"game": shown(rules), "config": room_config(request, card, rules, context["invite"])}
    return render(request, "lobby/room.html", context, status=404 if card is None else 200)


def room_config(request: PlayerRequest, card: Card, rules: Rules, invite: str) -> dict[str, Any]:
    """What the room page's script is told."""
    return {
        "room": card.room,
        "ws": f"/ws/rooms/{card.room}/",
        "game": {"slug": rules.slug, "title": rules.title},
        "js": static(f"js/games/{rules.slug}.js"),
        "css": static("css/games.css"),
        "player": {"id": request.player.id, "name": request.player.name},
        "lobby": reverse("lobby:home"),
        "matches": f"/rooms/{card.room}/matches/",
        "invite": invite,
    }


async def _spend(request: PlayerRequest) -> None:
    await spend((OPEN_GUEST, request.player.id), (OPEN_ADDRESS, address_of(request)))
