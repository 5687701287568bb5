"""One WebSocket under Daphne, made fit for games.

browser | bot <-> [this] <-> ASGI application; the hub writes through its wire (rooms/wire.py)

Beyond Daphne's own protocol: frames written straight to the transport, flow control both ways, any close code with
its reason, headers on accept, empty messages, refusals with an HTTP status, and a deadline for a peer that reads
nothing. tests/gameserver/test_server_seams.py holds each place where we touch Daphne, autobahn or Twisted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from http import HTTPStatus
from typing import Any, Final

from autobahn.websocket.types import ConnectionDeny
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.interfaces import IPushProducer
from twisted.internet.tcp import Connection
from zope.interface import implementer

from gameserver.kernel import hold_little
from gameserver.wire import DaphneWire
from rooms import meters
from rooms.wire import Flow, Hear, cut_reason

INBOX: Final = 256
"""Messages an application may leave unread before its socket is not read any more."""
TURN: Final = 32
"""Heads and bodies of frames, two a message, that are taken of one socket in a row: then others have their turn."""
REST_S: Final = 0.01
"""How long it then waits. What its peer sends meanwhile stays in the kernel, and holds that peer up alone."""
LAST_REST_S: Final = 0.1
"""The same once we have said goodbye: nothing is wanted any more but the peer's own."""
STALL_S: Final = 30.0
"""How long a peer may leave the buffer full before it is dropped."""

logger = logging.getLogger(__name__)


@implementer(IPushProducer)
class GameSocket(WebSocketProtocol):
    """Daphne's WebSocket with the above. The server makes one for each handshake."""

    full_since: float | None = None
    """When (monotonic) more waited than the transport wants to hold; None while it does not."""
    unread = False
    """It is not read now, because its application does not take what came."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Not connected yet."""
        super().__init__(*args, **kwargs)
        self.wire = DaphneWire(self)
        self._room = asyncio.Event()
        self._room.set()
        self._taken = 0
        """Parts of frames that were taken in this turn."""
        self._rests = False
        self._paused = False
        """Its reader wants no more for now."""
        self._hear: Hear | None = None
        self._flow: Flow | None = None
        self._early: deque[bytes | str] = deque()
        """Messages that came before its reader asked for a callback, and while it pauses on them."""

    # -- flow control outward: the transport tells when it is full

    def onOpen(self) -> None:
        """Take over from the HTTP channel, which is still the transport's producer."""
        super().onOpen()
        self.transport.unregisterProducer()
        self.registerProducer(self, True)

    def pauseProducing(self) -> None:
        """More than 64 KiB wait, or what `watch` was told."""
        self.full_since = time.monotonic()
        self._room.clear()
        if self._flow is not None:
            self._flow(True)

    def resumeProducing(self) -> None:
        """All was taken."""
        self.full_since = None
        self._room.set()
        if self._flow is not None:
            self._flow(False)

    def watch(self, flow: Flow, most: int) -> None:
        """Tell `flow` when more than `most` bytes wait, and when all was taken; see rooms.wire.Wire."""
        self._flow = flow
        if isinstance(self.transport, Connection):  # not under TLS
            self.transport.bufferSize = most  # Twisted's own word for it; also the most that is read at once
            hold_little(self.transport.socket)

    def stopProducing(self) -> None:
        """The connection is lost."""
        self._room.set()

    async def room(self) -> None:
        """Wait until the peer takes what is written: what makes an application's `send` wait."""
        if not self._room.is_set():
            await self._room.wait()

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        """The end, however it came."""
        self._room.set()
        # A handshake refused before its application began is unknown to the server. Daphne's own onClose fails on it,
        # and autobahn would then count the connection for ever.
        if hasattr(self, "server"):
            super().onClose(wasClean, code, reason)

    # -- flow control inward

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Hand a message on; stop reading when the application does not take them."""
        if self._hear is not None:
            self._tell(payload if isBinary else payload.decode())
            return
        super().onMessage(payload, isBinary)
        if not self.unread and self.application_queue.qsize() > INBOX:
            self.unread = True
            meters.count("sockets_unread")
            self.transport.pauseProducing()

    @property
    def _waits(self) -> bool:
        """Nothing is taken of what it sends."""
        return self.unread or self._rests or self._paused

    def consumeData(self) -> None:
        """Begin a turn: what arrived, or lay here since the last one."""
        self._taken = 0
        super().consumeData()

    def processData(self) -> bool:
        """Take the next part of a frame; False when there is none, or no more for now."""
        if self._waits:
            return False
        if self._taken >= TURN:
            self._rests = True
            meters.count("sockets_resting")
            self.transport.pauseProducing()
            rest = REST_S if self.state == self.STATE_OPEN else LAST_REST_S
            asyncio.get_running_loop().call_later(rest, self._go_on)
            return False
        self._taken += 1
        return bool(super().processData())

    def _go_on(self) -> None:
        """The rest is over, or the application listens again."""
        self._rests = False
        try:
            while self._early and not self._paused:
                self._tell(self._early.popleft())
            if self._waits or self.state == self.STATE_CLOSED:
                return
            self.consumeData()
            if not self._waits:
                self.transport.resumeProducing()
        except Exception:
            logger.exception("what a socket sent could not be taken; it is dropped")
            self.transport.abortConnection()

    def listen(self, hear: Hear) -> None:
        """Hand messages to `hear` from now on; see rooms.wire.DirectWire."""
        first, self._hear = self._hear is None, hear
        if not first:
            return
        for _ in range(self.application_queue.qsize()):
            event = self.application_queue.get_nowait()
            if event["type"] == "websocket.receive":
                self._early.append(event["text"] if "text" in event else event["bytes"])
            else:
                self.application_queue.put_nowait(event)
        self.unread = False
        self._go_on()

    def pause(self) -> None:
        """Take nothing more of what it sends."""
        if not self._paused and self.state != self.STATE_CLOSED:
            self._paused = True
            self.transport.pauseProducing()

    def resume(self) -> None:
        """Go on, in a moment."""
        if self._paused:
            self._paused = False
            asyncio.get_running_loop().call_soon(self._go_on)

    def _tell(self, message: bytes | str) -> None:
        hear = self._hear
        if hear is None or self.state != self.STATE_OPEN:
            return
        try:
            hear(message)
        except Exception as fault:
            logger.exception("the reader of a socket failed; it is closed")
            self.handle_exception(fault)

    def onMessageFrameBegin(self, length: int) -> None:
        """Hold a message in pieces to the limit of one piece: nobody needs more room by cutting it up."""
        super().onMessageFrameBegin(length)
        if not self.failedByMe and self.message_data_total_length > self.maxFramePayloadSize:
            self._max_message_size_exceeded(
                self.message_data_total_length, self.maxFramePayloadSize, "the message is too big"
            )

    # -- what the application sends

    def handle_reply(self, message: dict[str, Any]) -> None:
        """One ASGI event from the application."""
        kind = message["type"]
        if kind == "websocket.send" and self.state != self.STATE_CONNECTING:
            data = message.get("bytes")
            payload = data if data is not None else str(message.get("text") or "").encode()
            self.wire.write(payload, data is None)
        elif kind == "websocket.accept":
            self._accept(message)
        elif kind == "websocket.close" and self.state != self.STATE_CONNECTING:
            self.leave(message.get("code") or 1000, message.get("reason") or "")
        elif kind == "websocket.http.response.start":
            self._deny(message["status"])
        elif kind != "websocket.http.response.body":
            super().handle_reply(message)

    def _accept(self, message: dict[str, Any]) -> None:
        if not hasattr(self, "handshake_deferred"):
            return  # the peer is gone, or was refused for taking too long
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message.get("headers") or ()}
        if any(set("\r\n\0") & set(text) for pair in headers.items() for text in pair):
            raise ValueError("a header of websocket.accept has a control character")
        deferred = self.handshake_deferred
        del self.handshake_deferred
        deferred.callback((message.get("subprotocol"), headers))

    def _deny(self, status: int) -> None:
        if hasattr(self, "handshake_deferred"):
            self.handshake_deferred.errback(ConnectionDeny(status, HTTPStatus(status).phrase))
            del self.handshake_deferred
            self.server.protocol_disconnected(self)

    @property
    def is_over(self) -> bool:
        """It was refused, or is gone."""
        return "disconnected" in self.server.connections.get(self, {"disconnected": True})

    @property
    def answered(self) -> bool:
        """Its handshake was accepted or refused."""
        return not hasattr(self, "handshake_deferred")

    def leave(self, code: int, reason: str) -> None:
        """Close with any code and a reason. Nothing happens when it is closing already."""
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=code, reasonUtf8=cut_reason(reason).encode() or None)

    def serverClose(self, code: int | None = None) -> None:
        """Daphne's own way to close."""
        self.leave(code or 1000, "")

    # -- called by Daphne's clocks, every one or two seconds: an exception here would stop them for all sockets

    def check_timeouts(self) -> None:
        """Deadlines of this socket."""
        try:
            super().check_timeouts()
            if self.unread and self.application_queue.empty():
                self.unread = False
                self._go_on()
            if self.full_since is not None and time.monotonic() - self.full_since > STALL_S:
                meters.count("sockets_stalled")
                self.dropConnection(abort=True)
        except Exception:
            logger.exception("a socket's deadlines failed; it is dropped")
            self.transport.abortConnection()

    def handle_exception(self, exception: BaseException) -> None:
        """The application failed: 500 before the handshake, 1011 after it."""
        try:
            if hasattr(self, "handshake_deferred"):
                self._deny(500)
            else:
                self.leave(1011, "Something went wrong here.")
        except Exception:
            logger.exception("a failed socket could not be closed; it is dropped")
            self.transport.abortConnection()
