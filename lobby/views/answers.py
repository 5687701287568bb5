"""What the views share: a refusal becomes a page with the right status, and addresses to return to are our own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from lobby.errors import LobbyError

logger = logging.getLogger(__name__)

View = Callable[..., Coroutine[Any, Any, HttpResponse]]


def refusals_are_pages(view: View) -> View:
    """A view whose LobbyError is answered by a page that says what to do."""

    @wraps(view)
    async def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return await view(request, *args, **kwargs)
        except LobbyError as refusal:
            return refused(request, refusal)

    return answer


def forms_only(view: View) -> View:
    """A view that takes POST alone. Who comes there by the address bar or a reload sees a page, not a blank one."""

    @wraps(view)
    async def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            return await view(request, *args, **kwargs)
        words = "Nothing is shown at this address: it only takes what a form sends. Choose a game in the lobby."
        response = refused(request, LobbyError("not_allowed", words, 405))
        response["Allow"] = "POST"
        return response

    return answer


def refused(request: HttpRequest, refusal: LobbyError) -> HttpResponse:
    """The page of a refusal."""
    logger.info("refused %s %s: %s", request.method, request.path, refusal.code)
    response = render(request, "lobby/refused.html", {"refusal": refusal}, status=refusal.status)
    if refusal.retry_after:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def way_back(request: HttpRequest, wanted: str) -> str:
    """`wanted` when it lies on this site, else the lobby."""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("lobby:home")
