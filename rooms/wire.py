"""The last yard to a socket: write now, see what waits, close with any code.

hub -> [wire] -> browser | bot

A server that can do more than plain ASGI puts an object with this interface into the scope
(`scope["extensions"][EXTENSION]`; ours is gameserver/wire.py, a DirectWire). Everywhere else (uvicorn, Channels' test
communicator) `AsgiWire` gives the same over `send`, with one writer task for each socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Protocol, runtime_checkable

EXTENSION: Final = "holdfast.wire"
MOST_BUFFERED: Final = 1024 * 1024
"""Bytes that may wait for one socket, whatever they are; beyond it the socket is closed."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Flow = Callable[[bool], None]
Hear = Callable[[bytes | str], None]
"""Takes one whole message: bytes of a binary, str of a text one (its UTF-8 was checked). It must not raise: a socket
whose callback does is closed with 1011."""

logger = logging.getLogger(__name__)


class Wire(Protocol):
    """One open socket, seen from the side that writes."""

    def write(self, payload: bytes, text: bool) -> None:
        """Send one message now, as a text or a binary frame. Never waits; does nothing once closed."""

    @property
    def buffered(self) -> int:
        """Bytes written here that the peer's side of the network has not taken yet."""

    def close(self, code: int, reason: str) -> None:
        """Close after everything written so far; `reason` is cut to what a close frame holds."""

    def watch(self, flow: Flow, most: int) -> None:
        """Call `flow` with True once more than about `most` bytes are buffered, with False once nearly none are.

        True may come within a call of `write`. So nobody has to look at `buffered` after each.
        """


@runtime_checkable
class DirectWire(Wire, Protocol):
    """A wire whose messages come by callback as well: no queue, no event, no task switch between socket and reader.

    A text is handed over as str: decoding is the check that RFC 6455 demands, and msgspec reads an ASCII str in place.
    """

    def listen(self, hear: Hear) -> None:
        """From now on every message goes to `hear`, those first that wait already.

        `receive()` then gives nothing but the disconnect, after the last message. Call it again to change `hear`.
        """

    def pause(self) -> None:
        """Stop reading: no message is handed over until `resume`, and the peer is held up by the network."""

    def resume(self) -> None:
        """Read again; what lay here already is handed over soon, never within this call."""


class AsgiWire:
    """A wire over plain ASGI `send`. Bounded: its owner watches `buffered`, and MOST_BUFFERED ends it."""

    def __init__(self, send: Send) -> None:
        """Starts the writer task; call `stop` when the socket is gone."""
        self._send = send
        self._waiting: deque[tuple[Message, int]] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._flow: Flow = _ignore
        self._most, self._full = MOST_BUFFERED, False
        self._task = asyncio.create_task(self._write_all())

    @property
    def buffered(self) -> int:
        """Bytes not handed to the server yet; a server with flow control holds them back while its peer is slow."""
        return self._bytes

    def write(self, payload: bytes, text: bool) -> None:
        """Queue one message."""
        if self._closing:
            return
        content: Message = {"text": payload.decode()} if text else {"bytes": payload}
        self._waiting.append(({"type": "websocket.send", **content}, len(payload)))
        self._bytes += len(payload)
        self._wake.set()
        if self._bytes > self._most and not self._full:
            self._full = True
            self._flow(True)

    def watch(self, flow: Flow, most: int) -> None:
        """See Wire."""
        self._flow, self._most = flow, most

    def close(self, code: int, reason: str) -> None:
        """Queue the close; nothing is written after it."""
        if self._closing:
            return
        self._closing = True
        self._waiting.append(({"type": "websocket.close", "code": code, "reason": cut_reason(reason)}, 0))
        self._wake.set()

    async def stop(self) -> None:
        """End the writer task: the socket is gone, or nothing more is to be said."""
        self._closing = True
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _write_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                message, size = self._waiting.popleft()
                try:
                    await self._send(message)
                except (OSError, RuntimeError) as gone:  # servers differ in what a closed socket raises
                    logger.debug("a socket was gone before its message: %s", gone)
                    self._closing = True
                    self._waiting.clear()
                    return
                self._bytes -= size
            if self._full:
                self._full = False
                self._flow(False)


def _ignore(full: bool) -> None:
    """Nobody watches."""


def cut_reason(reason: str) -> str:
    """At most the 123 bytes of UTF-8 that a close frame has room for, never half a letter."""
    return reason.encode()[:123].decode(errors="ignore")
