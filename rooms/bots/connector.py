"""One WebSocket, by the package `websockets`: the only file of the client that knows which library it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from rooms.bots.errors import Ended
from rooms.protocol.closing import Close

OPEN_S: Final = 3.0
"""An attempt that takes longer has failed: nobody may be there to accept it."""
CLOSE_S: Final = 2.0
MESSAGE_BYTES: Final = 4 * 1024 * 1024
"""A welcome holds the whole view and up to 256 events."""
REFUSALS: Final = {
    400: Close.BAD_MESSAGE,
    401: Close.FORBIDDEN,
    403: Close.FORBIDDEN,
    404: Close.NOT_FOUND,
}
"""Answers to the handshake that coming back would not change, and the close codes they amount to."""


class Closed(Exception):
    """The connection is gone, or could not be made (code 1006)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}" if reason else str(code))
        self.code, self.reason = code, reason


class Connection(Protocol):
    """An open WebSocket."""

    async def send(self, payload: bytes, *, text: bool) -> None:
        """Send one message, waiting while the peer reads slowly. A lost connection is told by `receive`."""

    async def receive(self) -> bytes | str:
        """The next message. Raises Closed."""
        ...

    async def close(self) -> None:
        """Say goodbye and let go; nothing happens when it is closed."""


Connector = Callable[[str, Mapping[str, str], str], Awaitable[Connection]]
"""(url, headers, subprotocol) -> an open connection. Raises Closed (come back) or Ended (never)."""


class _WebSocket:
    def __init__(self, inner: ClientConnection) -> None:
        self._inner = inner

    async def send(self, payload: bytes, *, text: bool) -> None:
        try:
            await self._inner.send(payload, text=text)
        except ConnectionClosed:
            return  # the reader is told by receive(), after all that came before the end

    async def receive(self) -> bytes | str:
        try:
            return await self._inner.recv()
        except ConnectionClosed as end:
            frame = end.rcvd
            raise Closed(frame.code if frame else 1006, frame.reason if frame else "connection lost") from end

    async def close(self) -> None:
        await self._inner.close()


async def open_websocket(url: str, headers: Mapping[str, str], subprotocol: str) -> Connection:
    """Connect to `url` and agree on `subprotocol`. Raises Closed (come back) or Ended (never)."""
    try:
        inner = await connect(
            url,
            additional_headers=dict(headers),
            subprotocols=[Subprotocol(subprotocol)],
            compression=None,
            proxy=None if _is_loopback(url) else True,
            ping_interval=None,  # the link has pings of its own
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            max_size=MESSAGE_BYTES,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        if status in REFUSALS:
            raise Ended(REFUSALS[status], f"the server refused the connection: HTTP {status}") from error
        raise Closed(1006, f"the server answered HTTP {status}") from error
    except InvalidURI as error:
        raise Ended(Close.NOT_FOUND, str(error)) from error
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise Closed(1006, str(error) or type(error).__name__) from error
    if inner.subprotocol != subprotocol:
        await inner.close()
        raise Ended(Close.BAD_MESSAGE, f"the server does not speak {subprotocol}")
    return _WebSocket(inner)


def _is_loopback(url: str) -> bool:
    """True for this very machine, to which no proxy leads."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
