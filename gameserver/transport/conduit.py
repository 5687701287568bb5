"""What picows takes for its transport: the real one, but a close leaves the peer time to read why.

picows closes the connection 10 ms after it has sent a close frame about a broken one. If the peer is still sending
then, the kernel answers with a reset, and the reset takes the close frame with it: the peer would never learn why. So
after a fault we only stop writing, throw away what still comes, and go when the peer does, or at a bound.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

SUNK: Final = 1024 * 1024
"""Bytes of a peer that are thrown away after we have told it to go; then it is cut off."""


class Conduit:
    """The real transport, as picows sees it: everything but `close` is the transport's own method, called directly."""

    __slots__ = ("_lingers", "_protocol", "_transport", "abort", "get_extra_info", "get_write_buffer_size",
                 "pause_reading", "resume_reading", "set_write_buffer_limits", "write", "writelines")  # fmt: skip

    def __init__(self, transport: Any, protocol: asyncio.BaseProtocol) -> None:
        """Of one connection; `protocol` is picows' own."""
        self._transport, self._protocol, self._lingers = transport, protocol, False
        self.write, self.writelines = transport.write, transport.writelines
        self.get_write_buffer_size, self.get_extra_info = transport.get_write_buffer_size, transport.get_extra_info
        self.pause_reading, self.resume_reading = transport.pause_reading, transport.resume_reading
        self.set_write_buffer_limits, self.abort = transport.set_write_buffer_limits, transport.abort

    def finish(self) -> None:
        """Close as soon as everything is written: both sides have said goodbye."""
        self._transport.close()

    def close(self) -> None:
        """What picows calls, after a fault only."""
        self.linger()

    def linger(self) -> None:
        """Write no more, and hear no more, but go after the peer."""
        if not self._lingers:
            self._lingers = True
            self._transport.set_protocol(_Sink(self._transport, self._protocol))
            self._transport.resume_reading()
            try:
                self._transport.write_eof()
            except OSError:  # it was reset meanwhile
                self._transport.abort()


class _Sink(asyncio.Protocol):
    """Takes what a peer still sends, and tells picows of the end."""

    def __init__(self, transport: Any, protocol: asyncio.BaseProtocol) -> None:
        self._transport, self._protocol, self._left = transport, protocol, SUNK

    def pause_writing(self) -> None:
        """The peer reads nothing."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        self._protocol.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Thrown away."""
        self._left -= len(data)
        if self._left < 0:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        self._protocol.connection_lost(exc)
