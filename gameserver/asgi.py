"""The ASGI application: every request and socket of a web process enters here, whichever server carries it.

http       /healthz, /metrics, then Django's pages and API
websocket  /ws/token/…  programs: a bearer token, no Origin        others: pages: the Origin, then the guest's cookie
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameserver.settings")
django.setup(set_prefix=False)  # what follows may import models

from django.conf import settings  # noqa: E402

from gameserver.health import healthz, metrics  # noqa: E402
from gameserver.origins import OriginCheck  # noqa: E402
from gameserver.pages import Pages  # noqa: E402
from gameserver.refusals import AddressLimit, unknown_path  # noqa: E402
from lobby import routing as lobby_routing  # noqa: E402
from lobby.identity import GuestIdentity, TokenIdentity  # noqa: E402
from rooms import routing as rooms_routing  # noqa: E402
from rooms.hub import Hub  # noqa: E402
from rooms.wire import Receive, Scope, Send  # noqa: E402

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PROGRAMS: Final = "/ws/token/"
pages: Final = Pages()
BEFORE_DJANGO: Final[dict[str, Application]] = {"/healthz": healthz, "/metrics": metrics}
CATCH_ALL: Final[Any] = re_path(r"", cast(Any, unknown_path))


def routes(*lists: list[Any]) -> Any:
    """A router over the lists of the routing.py files, and the catch-all behind them."""
    return URLRouter([*(route for given in lists for route in given), CATCH_ALL])


_programs = TokenIdentity(routes(rooms_routing.token_urlpatterns))
_browsers = OriginCheck(GuestIdentity(routes(lobby_routing.websocket_urlpatterns, rooms_routing.websocket_urlpatterns)))


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    """A page, an API call or a probe."""
    await BEFORE_DJANGO.get(scope["path"], pages)(scope, receive, send)


def websocket(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
    """A handshake: programs and browsers prove who they are in different ways.

    No coroutine of its own: each keeps a frame for as long as the socket is open, and so do those of the middleware.
    """
    route: Application = _programs if scope["path"].startswith(PROGRAMS) else _browsers
    return route(scope, receive, send)


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Servers that tell us of their start and end let the hub say goodbye in time."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    hub = Hub.running()
    if hub is not None:
        await hub.aclose()
    await send({"type": "lifespan.shutdown.complete"})


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AddressLimit(websocket, settings.HOLDFAST["MAX_SOCKETS_PER_ADDRESS"]),
        "lifespan": lifespan,
    }
)
