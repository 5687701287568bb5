"""What the hub writes a Daphne socket through: frames straight to the transport (see rooms.wire.DirectWire).

hub -> link -> [wire] -> kernel -> browser | bot
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.tcp import Connection

from gameserver.frames import frame
from rooms.wire import Flow, Hear

if TYPE_CHECKING:
    from gameserver.websocket import GameSocket


class DaphneWire:
    """What the hub writes a socket through; see rooms.wire.DirectWire."""

    __slots__ = ("_socket",)

    def __init__(self, socket: GameSocket) -> None:
        """The wire of one socket, open or not yet."""
        self._socket = socket

    def write(self, payload: bytes, text: bool) -> None:
        """Send one message now, at once into the kernel where nothing waits before it."""
        socket = self._socket
        if socket.state != socket.STATE_OPEN:
            return
        out, transport = frame(payload, text), socket.transport
        if isinstance(transport, Connection) and not transport.dataBuffer and not transport._tempDataLen:
            sent = transport.writeSomeData(out)
            if sent == len(out):
                return
            if isinstance(sent, int):  # else it is lost, and the transport finds that out by itself
                out = out[sent:]
        transport.write(out)

    @property
    def buffered(self) -> int:
        """Bytes the kernel has not taken yet."""
        transport = self._socket.transport
        if isinstance(transport, Connection):
            return len(transport.dataBuffer) - transport.offset + transport._tempDataLen
        return 0

    def close(self, code: int, reason: str) -> None:
        """Close after what was written."""
        self._socket.leave(code, reason)

    def listen(self, hear: Hear) -> None:
        """Messages by callback from now on."""
        self._socket.listen(hear)

    def pause(self) -> None:
        """Read no more."""
        self._socket.pause()

    def resume(self) -> None:
        """Read again."""
        self._socket.resume()

    def watch(self, flow: Flow, most: int) -> None:
        """See rooms.wire.Wire."""
        self._socket.watch(flow, most)
