"""What every answer tells the browser: load and call this site alone, run no inline script, be framed by nobody."""

from __future__ import annotations

from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

POLICY: Final = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
DOCS_POLICY: Final = {**POLICY, "style-src": "'self' 'unsafe-inline'"}
"""For the page that tries the API alone: its viewer writes style attributes. Scripts stay files of ours there too."""
DOCS_PAGE: Final = "api:openapi-view"
FEATURES: Final = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


@sync_and_async_middleware
def SecurityHeaders(get_response: Any) -> Any:
    """Add the content security policy and its kin; an answer that has its own policy keeps it."""
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponse:
            return _guard(request, await get_response(request))

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponse:
        return _guard(request, get_response(request))

    return synchronous


def policy(request: HttpRequest) -> str:
    """The policy for the answer to a request. Old browsers do not count WebSockets of this host as 'self'."""
    match = request.resolver_match  # None: refused before anybody looked where it leads
    rules = DOCS_POLICY if match is not None and match.view_name == DOCS_PAGE else POLICY
    try:
        host = request.get_host()
    except DisallowedHost:
        host = ""  # the answer says so already, and opens no socket
    schemes = ("wss",) if request.is_secure() else ("ws", "wss")
    sockets = [f"{scheme}://{host}" for scheme in schemes if host]
    calls = " ".join(["connect-src 'self'", *sockets])
    return "; ".join([*(f"{what} {where}" for what, where in rules.items()), calls])


def _guard(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if not response.has_header("Content-Security-Policy"):
        response["Content-Security-Policy"] = policy(request)
    response.setdefault("Permissions-Policy", FEATURES)
    response.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    return response
