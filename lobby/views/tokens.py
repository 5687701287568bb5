"""`/tokens/`: the bearer tokens of this guest: make one (shown once), see them, revoke one."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lobby.errors import LobbyError
from lobby.forms import TokenForm
from lobby.identity import PlayerRequest
from lobby.throttle import TOKEN_GUEST, spend
from lobby.tokens import MOST_TOKENS, make_token, revoke_token, tokens_of
from lobby.views.answers import forms_only, refusals_are_pages


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
async def tokens(request: PlayerRequest) -> HttpResponse:
    """The list and the form. A new token's text stands in this one answer and nowhere else: no cookie, no store."""
    if request.method != "POST":
        return await _page(request, TokenForm())
    form = TokenForm(request.POST)
    if not form.is_valid():
        return await _page(request, form, status=422)
    try:
        await spend((TOKEN_GUEST, request.player.id))
        text, _ = await make_token(form.cleaned_data["name"], form.cleaned_data["scopes"], owner=request.player.id)
    except LobbyError as refusal:
        form.add_error("name" if "name" in refusal.fields else None, refusal.message)
        return await _page(request, form, status=refusal.status)
    return await _page(request, TokenForm(), made=text)


@forms_only
@refusals_are_pages
async def revoke(request: PlayerRequest, token: int) -> HttpResponse:
    """End a token. One that is not this guest's looks like one that does not exist."""
    if not await revoke_token(token, request.player.id):
        raise LobbyError("not_found", "There is no such token of yours, or it has been revoked already.", 404)
    return HttpResponseRedirect(f"{reverse('lobby:tokens')}?revoked=1")


async def _page(request: PlayerRequest, form: TokenForm, made: str = "", status: int = 200) -> HttpResponse:
    context = {
        "page": "tokens",
        "form": form,
        "made": made,
        "tokens": [token async for token in tokens_of(request.player.id)],
        "most": MOST_TOKENS,
        "revoked": "revoked" in request.GET,
        "origin": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "lobby/tokens.html", context, status=status)
