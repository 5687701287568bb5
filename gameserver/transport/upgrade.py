"""One WebSocket for Daphne and its ASGI application: the handshake on Twisted's transport, then an OpenSocket.

Daphne -> [upgrade] -> ASGI application: accept -> handover -> open socket
                                         refuse -> an HTTP answer, and the end

A refused connection never leaves Twisted. TLS and unix sockets are handed to Daphne's own protocol
(gameserver/websocket.py): picows gets the bare socket, and wants TCP.
"""

from __future__ import annotations

import asyncio
import logging
import time
from enum import Enum
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from daphne.utils import parse_x_forwarded_for
from twisted.internet import reactor as any_reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.tcp import Server as TcpTransport
from twisted.protocols.policies import ProtocolWrapper

from gameserver.transport.answers import SMALL, Accepted, refusal
from gameserver.transport.handover import HandoverFailed, hand_over
from gameserver.transport.limits import Limits
from gameserver.transport.opensocket import OpenSocket
from gameserver.transport.request import Refused, UpgradeRequest, read_upgrade
from rooms.wire import EXTENSION, Message

reactor: Any = any_reactor
logger = logging.getLogger(__name__)


class Stage(Enum):
    """Where a connection is."""

    ASKED = "its request has not come yet"
    WAITS = "the application has not answered yet"
    OPENS = "accepted: the socket changes hands"
    OPEN = "open"
    OVER = "refused or gone"


class UpgradeFactory(Factory):
    """Makes an Upgrade for each handshake, in the place of Daphne's own factory."""

    def __init__(self, server: Any, limits: Limits, fallback: Any) -> None:
        """`fallback`: Daphne's factory, for what picows cannot carry."""
        self.server, self.limits, self.fallback = server, limits, fallback
        self.open = 0
        """Sockets of ours, handshakes counted in."""

    @property
    def sockets(self) -> int:
        """All WebSockets of this process."""
        return self.open + int(self.fallback.countConnections)

    def buildProtocol(self, addr: Any) -> Upgrade:
        """Called by Daphne."""
        return Upgrade(self, addr)


class Upgrade(Protocol):
    """A connection whose request was an upgrade. Daphne's server knows it from its request to its end."""

    application_type = "websocket"
    transport: Any
    """Twisted's; None once the socket has left it."""
    _raw_query_string = b""
    """Set by Daphne, for the fallback."""

    def __init__(self, factory: UpgradeFactory, address: Any) -> None:
        """Nothing is known of it yet."""
        self._factory, self.server, self._address = factory, factory.server, address
        self._stage = Stage.ASKED
        self._since = time.monotonic()
        self._request: UpgradeRequest | None = None
        self._client: list[Any] | None = None
        self._socket: OpenSocket | None = None
        self._denial: Message | None = None
        self._leaving: tuple[int, str] | None = None
        """What to close with as soon as it is open."""
        self._stand_in: Any = None

    # -- called by Twisted

    def makeConnection(self, transport: Any) -> None:
        """Take the connection over from the HTTP channel, or give it to Daphne's own protocol."""
        if type(transport) is TcpTransport and not transport.TLS:
            super().makeConnection(transport)
            return
        stand_in = self._stand_in = self._factory.fallback.buildProtocol(self._address)
        stand_in._raw_query_string = self._raw_query_string
        if isinstance(transport, ProtocolWrapper):
            transport.wrappedProtocol = stand_in
        else:
            transport.protocol = stand_in
        stand_in.makeConnection(transport)

    def dataReceived(self, data: bytes) -> None:
        """The request, whole, as Daphne hands it on; anything later comes too early for a WebSocket."""
        if self._stand_in is not None:
            self._stand_in.dataReceived(data)
        elif self._stage is Stage.ASKED:
            self._begin(data)
        elif self._stage is not Stage.OVER:
            self.transport.abortConnection()

    def connectionLost(self, reason: Any = None) -> None:
        """Gone before it was open, or Twisted lets go of it."""
        if self._stage is not Stage.OPENS:
            self._over(1006, "")

    # -- the handshake

    def _begin(self, raw: bytes) -> None:
        try:
            request = self._request = read_upgrade(raw, self.server.root_path)
            if self.transport in reactor.getWriters():  # an answer before it is on its way: it would be lost
                raise Refused(HTTPStatus.BAD_REQUEST)
            if self._factory.sockets >= self._factory.limits.sockets:
                raise Refused(HTTPStatus.SERVICE_UNAVAILABLE)
        except Refused as refused:
            self._stage = Stage.OVER
            self._answer(refusal(refused.status, refused.headers))
            return
        self._stage = Stage.WAITS
        self._factory.open += 1
        self._socket = OpenSocket(self._factory.limits, self._over)
        self._socket.inbox.tell({"type": "websocket.connect"})
        self.server.protocol_connected(self)
        scope = self._scope(request, self._socket)
        self.server.run_application(self, scope, self._socket.inbox.receive, self.reply)
        self._log("connecting")

    def _scope(self, request: UpgradeRequest, socket: OpenSocket) -> dict[str, Any]:
        peer, host, server = self.transport.getPeer(), self.transport.getHost(), self.server
        self._client, _ = parse_x_forwarded_for(
            dict(request.headers),
            server.proxy_forwarded_address_header,
            server.proxy_forwarded_port_header,
            server.proxy_forwarded_proto_header,
            [peer.host, peer.port],
        )
        return {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": unquote(request.path.decode("ascii")),
            "raw_path": request.path,
            "query_string": request.query,
            "root_path": request.root_path,
            "headers": request.headers,
            "client": self._client,
            "server": [host.host, host.port],
            "subprotocols": request.subprotocols,
            "extensions": {EXTENSION: socket, "websocket.http.response": {}},
        }

    def _refuse(self, status: int, headers: Any = (), body: bytes = b"") -> None:
        self._answer(refusal(status, headers, body))
        self._over(1006, "")
        self._log("rejected")

    def _answer(self, raw: bytes) -> None:
        self.transport.write(raw)
        self.transport.loseConnection()

    # -- what the application sends

    async def reply(self, message: Message) -> None:
        """One ASGI event. Those that come after the end are dropped, as Daphne does."""
        kind, socket = message["type"], self._socket
        if self._stage is Stage.OPEN and socket is not None:
            if kind == "websocket.send":
                payload = message.get("bytes")
                socket.write(
                    payload if payload is not None else str(message.get("text") or "").encode(), payload is None
                )
                await socket.room()
            elif kind == "websocket.close":
                socket.close(message.get("code") or 1000, message.get("reason") or "")
            else:
                raise ValueError(f"{kind} was sent to a WebSocket that is open")
        elif self._stage is Stage.WAITS:
            await self._decide(kind, message)
        elif self._stage is not Stage.OVER:
            raise ValueError(f"{kind} was sent to a WebSocket that is not open")

    async def _decide(self, kind: str, message: Message) -> None:
        if kind == "websocket.accept":
            await self._open(message)
        elif kind == "websocket.close":
            self._refuse(HTTPStatus.FORBIDDEN)
        elif kind == "websocket.http.response.start":
            self._denial = {**message, "body": b""}
        elif kind == "websocket.http.response.body" and self._denial is not None:
            self._denial["body"] += message.get("body", b"")
            if not message.get("more_body") or len(self._denial["body"]) > SMALL:
                self._refuse(self._denial["status"], self._denial.get("headers") or (), self._denial["body"][:SMALL])
        else:
            raise ValueError(f"{kind} was sent to a WebSocket that is not accepted")

    async def _open(self, message: Message) -> None:
        request, socket = self._request, self._socket
        assert request is not None
        assert socket is not None
        answer = Accepted(message.get("headers") or (), message.get("subprotocol"), self.server.server_name)
        transport, self.transport = self.transport, None
        self._stage = Stage.OPENS
        try:
            await hand_over(transport, request.key, answer, socket, self._factory.limits.message_bytes)
        except BaseException as fault:
            self._over(1006, "")
            if isinstance(fault, HandoverFailed):
                return  # the application hears of it as of any other end
            raise
        if self._stage is Stage.OPENS:  # else it is gone already
            self._stage = Stage.OPEN
            self._log("connected")
            if self._leaving is not None:
                socket.close(*self._leaving)

    # -- the end

    def _over(self, code: int, reason: str) -> None:
        """The socket is gone, or refused."""
        if self._stage in (Stage.ASKED, Stage.OVER):
            self._stage = Stage.OVER
            return
        self._stage = Stage.OVER
        self._factory.open -= 1
        assert self._socket is not None
        self._socket.inbox.tell({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.server.protocol_disconnected(self)
        self._log("disconnected")

    @property
    def is_over(self) -> bool:
        """It was refused, or is gone."""
        return self._stage is Stage.OVER

    @property
    def answered(self) -> bool:
        """Its handshake was accepted or refused."""
        return self._stage is not Stage.WAITS

    def leave(self, code: int, reason: str) -> None:
        """Close, wherever it is."""
        if self._stage is Stage.OPEN and self._socket is not None:
            self._socket.close(code, reason)
        elif self._stage is Stage.WAITS:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        self._leaving = (code, reason)

    # -- called by Daphne's clocks, every one or two seconds: an exception here would stop them for all sockets

    def check_timeouts(self) -> None:
        """Deadlines."""
        try:
            if self._stage is Stage.OPEN and self._socket is not None:
                self._socket.check(asyncio.get_running_loop().time())
            elif self._stage is Stage.WAITS and time.monotonic() - self._since > self._factory.limits.handshake_s:
                self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        except Exception:
            logger.exception("a socket's deadlines failed; it is dropped")
            self._drop()

    def handle_exception(self, exception: BaseException) -> None:
        """The application failed: 500 before the handshake, 1011 after it."""
        try:
            if self._stage is Stage.WAITS:
                self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
            else:
                self.leave(1011, "Something went wrong here.")
        except Exception:
            logger.exception("a failed socket could not be closed; it is dropped")
            self._drop()

    def _drop(self) -> None:
        if self._socket is not None and self._socket.opened:
            self._socket.abort()
        elif self.transport is not None:
            self.transport.abortConnection()

    def _log(self, action: str) -> None:
        path = self._request.path.decode("ascii") if self._request is not None else ""
        client = f"{self._client[0]}:{self._client[1]}" if self._client else None
        self.server.log_action("websocket", action, {"path": path, "client": client})
