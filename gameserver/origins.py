"""Which pages may open a WebSocket here: every handshake of a browser names its page's origin.

browser -> server -> [origins] -> identity -> routes

The same-origin policy does not hold for WebSockets, and cookies travel with them, so without this check any page on
the web could play as its visitor.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from gameserver.refusals import refuse
from rooms import meters
from rooms.wire import Receive, Scope, Send

PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
Origin = tuple[str, str, int]
"""Scheme, host and port."""


def read_origin(text: str) -> Origin | None:
    """The origin in a header or setting, its port made explicit; None when it is none ("null", a path, a typo)."""
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.username:
        return None
    return parts.scheme, parts.hostname, port


def own_origin(scope: Scope, host: str) -> Origin | None:
    """The origin of our own pages as this client reaches them: the Host header, where it is one of ALLOWED_HOSTS."""
    domain, _ = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return None  # a name that an attacker's DNS points at us is not ours
    secure = settings.BEHIND_TLS or scope.get("scheme") == "wss"
    return read_origin(f"{'https' if secure else 'http'}://{host}")


def may_connect(scope: Scope) -> bool:
    """Whether the page that opens this WebSocket is one of HOLDFAST_ORIGINS, or without any, one of our own."""
    origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    if len(origins) != 1 or len(hosts) != 1:
        return False
    given = read_origin(origins[0])
    if settings.HOLDFAST_ORIGINS:
        return given is not None and given in {read_origin(text) for text in settings.HOLDFAST_ORIGINS}
    return given is not None and given == own_origin(scope, hosts[0])


class OriginCheck:
    """ASGI middleware: refuses handshakes from pages that are not ours with HTTP 403."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # no coroutine: see asgi.py
        """Pass on, or refuse."""
        if may_connect(scope):
            return self._app(scope, receive, send)
        meters.count("origins_refused")
        return refuse(scope, receive, send, 403)
