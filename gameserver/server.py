"""Daphne's server, made fit for games: limits, real pings, a clean end.

GameServer makes GameSockets (gameserver/websocket.py) and ends with 1012 to every socket and exit code 0.
`manage.py runweb` runs it; `python -m gameserver.server` takes Daphne's own options.
"""

from __future__ import annotations

import daphne.server  # isort: skip - first of all: it installs the reactor that Twisted then finds

import asyncio
import logging
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

from daphne.cli import CommandLineInterface
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from twisted.internet import defer, reactor

from gameserver.websocket import GameSocket
from rooms import meters
from rooms.hub import RESTART, Hub
from rooms.wire import EXTENSION

DRAIN_S: Final = 2.0
"""How long sockets and their applications have at the end."""
NEVER: Final = 10**9
HTTP_S: Final = 120
"""The longest that one HTTP request may take."""

logger = logging.getLogger(__name__)


class GameServer(daphne.server.Server):
    """Daphne's `Server`, with our sockets. `at_end` is awaited after the last socket is gone."""

    def __init__(
        self,
        *args: Any,
        adopt: socket.socket | None = None,
        at_end: Callable[[], Awaitable[None]] | None = None,
        **kwargs: Any,
    ) -> None:
        """Arguments as Daphne's, or `adopt`: a TCP socket that listens already, of IPv4 or IPv6.

        Limits come from settings.HOLDFAST.
        """
        if adopt is not None:
            kwargs["endpoints"] = ["adopted"]  # Daphne demands one; its own for descriptors knows only IPv4
        kwargs.setdefault("http_timeout", HTTP_S)
        kwargs.update(ping_interval=NEVER, websocket_timeout=-1)  # real pings below replace Daphne's
        ready = kwargs.pop("ready_callable", None)
        super().__init__(*args, **kwargs)
        self._ready, self.ready_callable = ready, self._tune
        if adopt is not None:
            self.endpoints: list[str] = []
        self._adopt, self._at_end = adopt, at_end
        self._ports: list[Any] = []

    def _tune(self) -> None:
        ours = settings.HOLDFAST
        self.ws_factory.protocol = GameSocket
        self.ws_factory.setProtocolOptions(
            maxFramePayloadSize=ours["MAX_INPUT_BYTES"],
            failByDrop=False,  # an oversized message is answered by 1009, not by silence
            maxConnections=ours["MAX_SOCKETS"],
            autoPingInterval=ours["PING_S"],
            autoPingTimeout=ours["PONG_S"],
            autoPingRestartOnAnyTraffic=False,  # who talks but never reads must answer pings too
            closeHandshakeTimeout=DRAIN_S,
            allowNullOrigin=True,  # left out it would become False; origins are checked in gameserver/origins.py
        )
        meters.gauge("websockets", lambda: self.ws_factory.countConnections)
        meters.gauge("connections", lambda: len(self.connections))
        if self._adopt is not None:
            self._adopt.setblocking(False)  # Twisted takes connections until there is none, and must not wait for one
            self.listen_success(reactor.adoptStreamPort(self._adopt.fileno(), self._adopt.family, self.http_factory))
            self._adopt.close()  # Twisted has a copy; while this one is open the port would not close at the end
        if self._ready is not None:
            self._ready()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Let the application reach the socket's wire, and refuse handshakes with a status."""
        if isinstance(protocol, GameSocket):
            scope["extensions"] = {EXTENSION: protocol.wire, "websocket.http.response": {}}
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """An application's `send`: it waits while the peer does not read."""
        await super().handle_reply(protocol, message)
        if isinstance(protocol, GameSocket):
            await protocol.room()

    def listen_success(self, port: Any) -> None:
        """Remember the port: it is closed first at the end."""
        super().listen_success(port)
        self._ports.append(port)

    # -- the end

    def kill_all_applications(self) -> defer.Deferred[None]:
        """Called on SIGTERM and SIGINT, before the reactor stops; it waits for the result."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        try:
            await self._close_sockets()
            await self._cancel_applications()
            hub = Hub.running()
            if hub is not None:
                await hub.aclose(DRAIN_S)
            if self._at_end is not None:
                await self._at_end()
        except Exception:  # whatever fails here, the process must end
            logger.exception("the end was not orderly")

    async def _close_sockets(self) -> None:
        """No new connections; goodbye and 1012 to all there are; wait until they are gone."""
        loop = asyncio.get_running_loop()
        for port in self._ports:
            await defer.maybeDeferred(port.stopListening).asFuture(loop)
        hub = Hub.running()
        if hub is not None:
            hub.closing = True
            hub.say_goodbye()
        for protocol in list(self.connections):
            if isinstance(protocol, GameSocket):
                protocol.leave(RESTART, "The server restarts.")
        await self._all_gone(loop.time() + DRAIN_S)

    async def _all_gone(self, deadline: float) -> None:
        while asyncio.get_running_loop().time() < deadline:
            if not any(self._is_open(protocol) for protocol in self.connections):
                return
            await asyncio.sleep(0.02)

    def _is_open(self, protocol: Any) -> bool:
        return isinstance(protocol, WebSocketProtocol) and "disconnected" not in self.connections[protocol]

    async def _cancel_applications(self) -> None:
        """Daphne's own way fails on a socket whose application ended before it (a missing key)."""
        known = (details.get("application_instance") for details in self.connections.values())
        running = [task for task in known if task is not None and not task.done()]
        if running:  # most are about to end by themselves: their disconnect event has just been sent
            await asyncio.wait(running, timeout=0.5)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class CommandLine(CommandLineInterface):
    """Daphne's command line with our server."""

    description = "Holdfast's web server"
    server_class = GameServer


if __name__ == "__main__":
    CommandLine().run(sys.argv[1:])
