"""Daphne's server, made fit for games: limits, real pings, a clean end.

WebSockets take one of two roads: picows (gameserver/transport), or Daphne's own protocol (gameserver/websocket.py) on
TLS and unix sockets and where picows is missing or HOLDFAST_WEBSOCKETS=daphne. Both hold to the same limits, and
SIGTERM ends both with 1012 to every socket and exit code 0.
`manage.py runweb` runs it; `python -m gameserver.server` takes Daphne's own options.
"""

from __future__ import annotations

from gameserver.reactor import rest  # isort: skip - first of all: it brings the reactor that Twisted then finds
import daphne.server  # isort: skip - it would bring one of its own

import asyncio
import logging
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, runtime_checkable

from daphne.cli import CommandLineInterface
from django.conf import settings
from twisted.internet import defer, reactor

from gameserver.transport.limits import Limits
from gameserver.websocket import GameSocket
from rooms import meters
from rooms.hub import RESTART, Hub
from rooms.wire import EXTENSION, Receive, Send

DRAIN_S: Final = 2.0
"""How long sockets and their applications have at the end."""
NEVER: Final = 10**9
HTTP_S: Final = 120
"""The longest that one HTTP request may take."""

logger = logging.getLogger(__name__)


@runtime_checkable
class Socket(Protocol):
    """A WebSocket of either road, as the server sees it."""

    @property
    def is_over(self) -> bool:
        """It was refused, or is gone."""

    @property
    def answered(self) -> bool:
        """Its handshake was accepted or refused."""

    def leave(self, code: int, reason: str) -> None:
        """Close it."""

    def handle_exception(self, exception: BaseException) -> None:
        """Its application failed."""


class Unanswered(Exception):
    """An application returned without an answer to a handshake."""


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
        self.ws_factory: Any  # Daphne makes it in `run`

    def _tune(self) -> None:
        self._tune_daphne()
        sockets = self._take_picows() if settings.HOLDFAST_WEBSOCKETS == "picows" else self._count_daphne
        meters.gauge("websockets", sockets)
        meters.gauge("connections", lambda: len(self.connections))
        if self._adopt is not None:
            self._adopt.setblocking(False)  # Twisted takes connections until there is none, and must not wait for one
            self.listen_success(reactor.adoptStreamPort(self._adopt.fileno(), self._adopt.family, self.http_factory))
            self._adopt.close()  # Twisted has a copy; while this one is open the port would not close at the end
        if self._ready is not None:
            self._ready()

    def _take_picows(self) -> Callable[[], int]:
        rest(settings.HOLDFAST["REST_MS"] / 1000)
        from gameserver.transport.upgrade import UpgradeFactory  # noqa: PLC0415 - picows may be missing

        limits = Limits.of(settings.HOLDFAST, self.websocket_connect_timeout)
        self.ws_factory = factory = UpgradeFactory(self, limits, self.ws_factory)
        return lambda: factory.sockets

    def _count_daphne(self) -> int:
        return int(self.ws_factory.countConnections)

    def _tune_daphne(self) -> None:
        ours = settings.HOLDFAST
        self.ws_factory.protocol = GameSocket
        self.ws_factory.setProtocolOptions(
            maxFramePayloadSize=ours["MAX_INPUT_BYTES"],
            maxMessagePayloadSize=ours["MAX_INPUT_BYTES"],
            failByDrop=False,  # an oversized message is answered by 1009, not by silence
            maxConnections=ours["MAX_SOCKETS"],
            autoPingInterval=ours["PING_S"],
            autoPingTimeout=ours["PONG_S"],
            autoPingRestartOnAnyTraffic=False,  # who talks but never reads must answer pings too
            closeHandshakeTimeout=DRAIN_S,
            allowNullOrigin=True,  # left out it would become False; origins are checked in gameserver/origins.py
        )

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Let the application reach the socket's wire, and refuse handshakes with a status."""
        if isinstance(protocol, GameSocket):
            scope["extensions"] = {EXTENSION: protocol.wire, "websocket.http.response": {}}
        queue = super().create_application(protocol, scope)
        if isinstance(protocol, GameSocket):
            self._watch(protocol)
        return queue

    def run_application(self, protocol: Any, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """The same for a socket that brings its own `receive` and `send`."""
        running = asyncio.ensure_future(self.application(scope=scope, receive=receive, send=send))
        self.connections[protocol]["application_instance"] = running
        self._watch(protocol)

    def _watch(self, protocol: Socket) -> None:
        """Daphne looks only once a second whether an application ended, and leaves a socket open then."""
        running = self.connections[protocol].get("application_instance")
        if running is not None:
            running.add_done_callback(lambda task: self._application_ended(protocol, task))

    def _application_ended(self, protocol: Socket, task: asyncio.Future[None]) -> None:
        fault = None if task.cancelled() else task.exception()
        if fault is not None or not protocol.answered:
            protocol.handle_exception(fault or Unanswered())
        else:
            protocol.leave(1000, "")

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
            if isinstance(protocol, Socket):
                protocol.leave(RESTART, "The server restarts.")
        await self._all_gone(loop.time() + DRAIN_S)

    async def _all_gone(self, deadline: float) -> None:
        while asyncio.get_running_loop().time() < deadline:
            if all(protocol.is_over for protocol in self.connections if isinstance(protocol, Socket)):
                return
            await asyncio.sleep(0.02)

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
