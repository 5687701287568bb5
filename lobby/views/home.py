"""The lobby itself: the games, the live list of open rooms, joining by link, and one's own name."""

from __future__ import annotations

import logging
from typing import Any, Final

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from lobby.errors import LobbyError, unknown_room
from lobby.filters import Filter, tidy_text
from lobby.forms import JoinForm, NameForm
from lobby.gallery import all_shown
from lobby.identity import Guest, PlayerRequest, write_cookie
from lobby.matches import Told, recent_matches
from lobby.rows import Row, row_of
from lobby.services import find_room, list_rooms
from lobby.throttle import LOOK_ADDRESS, address_of, spend
from lobby.views.answers import forms_only, refusals_are_pages, way_back
from rooms.core.inputs import Player

logger = logging.getLogger(__name__)

FIRST_ROWS: Final = 50
"""Rooms that the page itself lists; its script gets the live list over a socket."""


@require_safe
async def home(request: PlayerRequest) -> HttpResponse:
    """`/`: ?game=SLUG, ?seats=1 and ?text=WORDS filter the list, also for those without JavaScript."""
    return await _home(request, JoinForm())


@forms_only
@refusals_are_pages
async def join(request: PlayerRequest) -> HttpResponse:
    """`/join/`: from a pasted link or id to the room. What is wrong is said beside the field."""
    await spend((LOOK_ADDRESS, address_of(request)))
    form = JoinForm(request.POST)
    if form.is_valid():
        if await find_room(form.cleaned_data["room"]):
            return _gone_to(request, reverse("lobby:room", args=[form.cleaned_data["room"]]))
        form.add_error("room", unknown_room().message)
    if _by_htmx(request):
        return render(request, "lobby/_join.html", {"join": form})
    return await _home(request, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
async def name(request: PlayerRequest) -> HttpResponse:
    """`/name/`: choose a name; ?next= leads back to where one came from."""
    back = way_back(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method != "POST":
        initial = {"name": request.player.name} if request.guest.picked else None
        return render(request, "lobby/name.html", {"form": NameForm(initial=initial), "next": back, "page": "name"})
    form = NameForm(request.POST)
    if form.is_valid():
        return _named(request, form.cleaned_data["name"], back)
    if _by_htmx(request):
        return render(request, "lobby/_who.html", {"name_form": form})
    return render(request, "lobby/name.html", {"form": form, "next": back, "page": "name"}, status=422)


def _named(request: PlayerRequest, name: str, back: str) -> HttpResponse:
    """The name is the guest's from now on."""
    guest = Guest(Player(request.player.id, name), picked=True)
    request.guest, request.player = guest, guest.player
    response = render(request, "lobby/_who.html", {"saved": True}) if _by_htmx(request) else HttpResponseRedirect(back)
    write_cookie(response, guest, secure=request.is_secure())
    return response


async def _home(request: PlayerRequest, join: JoinForm, status: int = 200) -> HttpResponse:
    asked = request.GET
    wanted = Filter(asked.get("game", ""), bool(asked.get("seats")), tidy_text(asked.get("text", "")))
    context: dict[str, Any] = {
        "page": "home",
        "games": all_shown(),
        "rooms": await _rows(wanted),
        "wanted": wanted,
        "join": join,
        "recent": await _recent(),
    }
    return render(request, "lobby/home.html", context, status=status)


async def _rows(wanted: Filter) -> list[Row] | None:
    """The list, or None when it cannot be had: the page then says so and offers the rest."""
    try:
        return [row_of(card) for card in (await list_rooms(wanted, FIRST_ROWS)).cards]
    except LobbyError:
        return None


async def _recent() -> list[Told]:
    """The newest matches; none while the database is away: rooms can be played without it."""
    try:
        return await recent_matches()
    except DatabaseError as error:
        logger.warning("the recent matches cannot be listed: %s", error)
        return []


def _by_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def _gone_to(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect; htmx follows one in a header, because a browser would hide the plain one from it."""
    if _by_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
