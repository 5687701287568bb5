"""Django's own middleware, without a change of thread for each of its steps.

Under ASGI Django calls every `process_request`, `process_view` and `process_response` of its middleware in a thread,
since they might wait for something, and everything behind a middleware that has no asynchronous form in another. None
of ours waits but where it says so, and a dozen changes of thread cost more than the rest of a short answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import markcoroutinefunction, sync_to_async
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware


class AtOnce:
    """Before a middleware of Django's: its steps run in the event loop. `waits` names the answers that must not."""

    get_response: Any

    def waits(self, request: HttpRequest) -> bool:
        """Whether `process_response` reads or writes a store."""
        return False

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        """What Django's own does in threads."""
        before: Callable[..., Any] | None = getattr(self, "process_request", None)
        after: Callable[..., Any] | None = getattr(self, "process_response", None)
        response = (before(request) if before else None) or await self.get_response(request)
        if after is None:
            return response
        if self.waits(request):
            return await sync_to_async(after, thread_sensitive=True)(request, response)
        return after(request, response)


class Security(AtOnce, SecurityMiddleware):
    """Looks at the request and adds headers."""


class Common(AtOnce, CommonMiddleware):
    """Compares hosts and addresses."""


class Frames(AtOnce, XFrameOptionsMiddleware):
    """Adds a header."""


class Csrf(AtOnce, CsrfViewMiddleware):
    """Compares a cookie with a field. The form was read with the request."""

    async def process_view(self, request: HttpRequest, *view: Any) -> Any:  # type: ignore[override]
        """The same, as a coroutine, so that Django needs no thread."""
        return super().process_view(request, *view)


class Sessions(AtOnce, SessionMiddleware):
    """Sessions are looked up when somebody asks for theirs, and that is in a thread already."""

    def waits(self, request: HttpRequest) -> bool:
        """One that changed is written."""
        return bool(request.session.modified)


class Users(AtOnce, AuthenticationMiddleware):
    """Looks nobody up before somebody asks."""


class Messages(AtOnce, MessageMiddleware):
    """Reads them when somebody asks."""

    def waits(self, request: HttpRequest) -> bool:
        """Those that were used or added may be in the session."""
        kept: Any = getattr(request, "_messages", None)
        return kept is not None and bool(kept.used or kept.added_new)


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise for files, and nothing at all for every other address: it has no asynchronous form of its own."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Only what lies below STATIC_URL is looked for on the disk, in a thread."""
        found = None
        if request.path_info.startswith(self.static_prefix):
            found = await sync_to_async(self.find_file, thread_sensitive=True)(request.path_info)
        response: HttpResponseBase = self.serve(found, request) if found else await self.get_response(request)
        return response
