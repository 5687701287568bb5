"""Two servers for one application: Daphne with our sockets, and plain uvicorn. Both end with exit code 0 on SIGTERM."""

from __future__ import annotations

from gameserver.server import GameServer  # isort: skip - imports daphne.server, which must be first

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from typing import Any, Final

import uvicorn
from django.conf import settings

from gameserver.asgi import application
from gameserver.single import Single
from rooms.garbage import settle
from rooms.hub import Hub
from rooms.readiness import tell_ready

GRACE_S: Final = 3
CONNECT_S: Final = 10
"""How long a handshake may take."""


class Failed(Exception):
    """The process must end with an error: the log says why."""


def serve_daphne(listening: socket.socket, single_url: str) -> None:
    """Serve until SIGTERM or SIGINT. `single_url` not "": run engine, lobby worker and bots as well. Raises Failed."""
    failures: list[str] = []
    single: list[Single] = []

    def failed() -> None:
        failures.append("single")
        server.stop()

    def ready() -> None:
        if single_url:
            asyncio.get_event_loop().call_soon(start)
        else:  # else its engine says so
            tell_ready()

    def start() -> None:
        single.append(Single(single_url, failed))
        single[0].start()

    async def at_end() -> None:
        for tasks in single:
            await tasks.stop()

    settle()
    header = settings.HOLDFAST_ADDRESS_HEADER
    server = GameServer(
        application,
        adopt=listening,
        at_end=at_end,
        ready_callable=ready,
        websocket_connect_timeout=CONNECT_S,
        websocket_handshake_timeout=CONNECT_S,
        proxy_forwarded_address_header=header or None,
        verbosity=0,
        server_name="holdfast",
    )
    server.run()
    if failures:
        raise Failed


class _Uvicorn(uvicorn.Server):
    """uvicorn's server; the hub says goodbye before it closes the sockets, and a signal is a clean end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike uvicorn's own, not to be killed by the same signal once all is done."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does; then whoever waits for this process is told."""
        await super().startup(sockets)
        if not settings.HOLDFAST_SINGLE:
            tell_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Goodbyes first, then uvicorn's 1012."""
        hub = Hub.running()
        if hub is not None:
            await hub.aclose()
        await super().shutdown(sockets)


def serve_uvicorn(listening: socket.socket, single_url: str) -> None:
    """The same under uvicorn. Raises Failed."""
    settle()
    if not asyncio.run(_serve_uvicorn(listening, single_url)):
        raise Failed


async def _serve_uvicorn(listening: socket.socket, single_url: str) -> bool:
    ours = settings.HOLDFAST
    options: dict[str, Any] = {
        "ws": "websockets-sansio",
        "ws_max_size": ours["MAX_INPUT_BYTES"],
        "ws_per_message_deflate": False,
        "ws_ping_interval": ours["PING_S"],
        "ws_ping_timeout": ours["PONG_S"],
        "limit_concurrency": ours["MAX_SOCKETS"] + 1000,
        "timeout_graceful_shutdown": GRACE_S,
        "proxy_headers": False,
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
    }
    server = _Uvicorn(uvicorn.Config(application, **options))
    failures: list[str] = []

    def failed() -> None:
        failures.append("single")
        server.should_exit = True

    single = Single(single_url, failed)
    if single_url:
        single.start()
    await server.serve(sockets=[listening])
    await single.stop()
    return not failures
