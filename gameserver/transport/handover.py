"""An accepted socket leaves Twisted for good: from then on a picows protocol on the same event loop owns it.

Twisted's own close would shut down a socket that was only duplicated, so its handle is detached first; what Twisted
then closes is empty. aiofastnet, which picows brings, gives the socket a transport in C.
"""

from __future__ import annotations

import logging
import socket
from typing import Any, Final, cast

import aiofastnet
from picows import WSAutoPingStrategy, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # it is there, and not in the types
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from gameserver.kernel import take_little
from gameserver.reactor import players_loop
from gameserver.transport.answers import Accepted
from gameserver.transport.conduit import Conduit
from gameserver.transport.opensocket import OpenSocket

REQUEST: Final = (
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n"
)
"""The handshake as picows likes it. The real one was read before; picows alone would refuse Firefox's."""
FIRST_READ: Final = 2048
"""Bytes of picows' buffer for what it reads, to begin with."""

logger = logging.getLogger(__name__)


class HandoverFailed(ConnectionError):
    """The peer left before its socket was open."""


async def hand_over(transport: Any, key: bytes, answer: Accepted, opened: OpenSocket, message_limit: int) -> None:
    """Take the socket of Twisted's `transport` and send the 101. Raises HandoverFailed.

    However it ends, cancelled or not, Twisted does not know the socket any more, and it is either `opened` or closed.
    """
    sock = _detach(transport)
    try:
        take_little(sock, message_limit)
        await aiofastnet.connect_accepted_socket(
            players_loop(), lambda: _Frames(key, answer, opened, message_limit), sock
        )
        if not opened.opened:
            raise HandoverFailed("the peer left before its socket was open")
    except BaseException as fault:
        opened.abort()
        sock.close()
        if isinstance(fault, OSError) and not isinstance(fault, HandoverFailed):
            raise HandoverFailed(str(fault)) from fault
        raise


def _detach(transport: Any) -> socket.socket:
    transport.pauseProducing()
    sock = socket.socket(fileno=transport.getHandle().detach())
    transport.connectionLost(Failure(ConnectionDone()))
    return sock


class _Frames(WSProtocol):
    """picows' protocol for a socket whose handshake has been read already."""

    def __init__(self, key: bytes, answer: Accepted, opened: OpenSocket, frame_limit: int) -> None:
        """Not connected yet."""
        super().__init__(
            None,  # host and path: for clients
            None,
            False,  # is a client
            lambda request: WSUpgradeResponseWithListener(cast(Any, answer), opened),
            _Log(opened),
            True,  # disconnect on an exception
            None,  # handshake timeout: it is read already
            False,  # pings of its own; those of Keepalive take no task for each socket
            20,
            20,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # answers to pings of its own
            frame_limit,
            None,  # headers: for clients
            FIRST_READ,
        )
        self._request = REQUEST % key
        self._opened = opened

    def connection_made(self, transport: Any) -> None:
        """Connected: let it read the handshake, which makes it answer 101."""
        try:
            super().connection_made(conduit := Conduit(transport, self))
            self._opened.attach(conduit)
            size = len(self._request)
            self.get_buffer(size)[:size] = self._request
            self.buffer_updated(size)
        except Exception as fault:
            if not isinstance(fault, OSError):  # one of these means that the peer has gone already
                logger.exception("a socket could not be opened")
            transport.abort()


class _Log:
    """What picows logs. It reports a peer's broken frames as errors of its own, and tells of them in no other way."""

    __slots__ = ("_opened",)

    def __init__(self, opened: OpenSocket) -> None:
        self._opened = opened

    def isEnabledFor(self, level: int) -> bool:
        """It asks for its own level, below DEBUG."""
        return False

    def error(self, message: str, *details: Any) -> None:
        """Said of a broken frame before picows sends its close frame: ours, with the right code, comes first."""
        if message.startswith("WS parser error"):
            code, reason = details[0]
            self._opened.broken(int(code), str(reason))
        else:
            logger.error(message, *details)

    def exception(self, message: str, *details: Any) -> None:
        """A fault of ours, or of picows."""
        logger.exception(message, *details)

    def quiet(self, *details: Any) -> None:
        """Connections come and go, which is no news."""

    debug = info = warning = log = quiet
