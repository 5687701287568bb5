"""`/operator/`: every room for whoever runs the server; what stopped a paused one, and two buttons."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lobby.errors import LobbyError
from lobby.forms import OperatorForm
from lobby.models import Token
from lobby.operating import MOST_ROOMS, REASON_LETTERS, close_room, every_room, one_room, resume_room
from lobby.operators import operator_of, sign_in, sign_out
from lobby.rows import operator_row
from lobby.views.answers import View, forms_only, refusals_are_pages

DONE = {"resumed": "The room goes on.", "closed": "The room is closed. Its players were told."}


def operators_only(view: Callable[..., Any]) -> View:
    """A view for a signed-in operator; everybody else is sent to sign in. Its answer is kept by no cache."""

    @wraps(view)
    async def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = await operator_of(request)
        if token is None:
            return HttpResponseRedirect(reverse("lobby:operator"))
        cast(Any, request).operator = token
        return cast(HttpResponse, await view(request, *args, **kwargs))

    return never_cache(answer)


@never_cache
@refusals_are_pages
async def operator(request: HttpRequest) -> HttpResponse:
    """The list, or the form to sign in."""
    if request.method == "POST":
        return await _sign_in(request)
    token = await operator_of(request)
    if token is None:
        return _form(request, OperatorForm())
    cards = await every_room()
    context = {
        "page": "operator",
        "token": token,
        "rooms": [operator_row(card) for card in cards],
        "most": MOST_ROOMS if len(cards) == MOST_ROOMS else 0,
        "paused": sum(card.paused for card in cards),
        "done": DONE.get(request.GET.get("done", "")),
    }
    return render(request, "lobby/operator.html", context)


async def _sign_in(request: HttpRequest) -> HttpResponse:
    form = OperatorForm(request.POST)
    if not form.is_valid():
        return _form(request, form, 422)
    try:
        await sign_in(request, form.cleaned_data["token"])
    except LobbyError as refusal:
        form.add_error("token" if "token" in refusal.fields else None, refusal.message)
        return _form(request, form, refusal.status)
    return HttpResponseRedirect(reverse("lobby:operator"))


def _form(request: HttpRequest, form: OperatorForm, status: int = 200) -> HttpResponse:
    return render(request, "lobby/operator_sign_in.html", {"page": "operator", "form": form}, status=status)


@forms_only
@never_cache
async def leave(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    await sign_out(request)
    return HttpResponseRedirect(reverse("lobby:operator"))


@require_safe
@refusals_are_pages
@operators_only
async def room(request: HttpRequest, room_id: str) -> HttpResponse:
    """One room: its state, its seats, its fault."""
    return await _room(request, room_id)


async def _room(request: HttpRequest, room_id: str, refusal: LobbyError | None = None) -> HttpResponse:
    context = {
        "page": "operator",
        "opened": await one_room(room_id),
        "refusal": refusal,
        "done": DONE.get(request.GET.get("done", "")),
        "most_letters": REASON_LETTERS,
    }
    return render(request, "lobby/operator_room.html", context, status=refusal.status if refusal else 200)


@forms_only
@refusals_are_pages
@operators_only
async def resume(request: HttpRequest, room_id: str) -> HttpResponse:
    """Let a paused room go on."""
    try:
        await resume_room(room_id, _who(request))
    except LobbyError as refusal:
        return await _room(request, room_id, refusal)
    return HttpResponseRedirect(f"{reverse('lobby:operator_room', args=[room_id])}?done=resumed")


@forms_only
@refusals_are_pages
@operators_only
async def close(request: HttpRequest, room_id: str) -> HttpResponse:
    """End a room."""
    try:
        await close_room(room_id, request.POST.get("reason", ""), _who(request))
    except LobbyError as refusal:
        return await _room(request, room_id, refusal)
    return HttpResponseRedirect(f"{reverse('lobby:operator')}?done=closed")


def _who(request: HttpRequest) -> str:
    token: Token = cast(Any, request).operator
    return f"{token.name} ({token.hint}…)"
