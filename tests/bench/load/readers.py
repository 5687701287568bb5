"""Clients that can stop reading for a while; those of ours know what they missed when they read on."""

from __future__ import annotations

import asyncio
import socket
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from picows import WSFrame, WSMsgType, WSTransport, ws_connect

from rooms.core.ids import RoomId
from rooms.protocol.codec import Malformed
from tests.bench.load.client import Tally
from tests.bench.load.holdfast import Guest, Sight
from tests.bench.load.visitors import CODE, ROOM_STATE_PATCH, Client, guest_headers, visit_colyseus

SMALL = 128 * 1024
"""What the kernel of a reader that will stop is told to keep: else it takes megabytes, with less it stutters."""
HANDSHAKE_S = 20.0


@dataclass
class Room:
    """What all in a room know together."""

    sight: Sight
    newest: int = -1


@dataclass(slots=True)
class Gap:
    """What a reader was shown first after states that it was not shown."""

    missed: int
    age: int
    """How many states older than the newest that anybody in the room had seen."""


class Reader(Guest):
    """A guest who notes when states come, and where they leave some out."""

    def __init__(self, tally: Tally, room: Room) -> None:
        """In a room."""
        super().__init__(tally, room.sight)
        self.room = room
        self.times = array("d")
        self.gaps: list[Gap] = []
        self.torn = 0
        self.first_age = 0
        """How many states older than the newest the first was."""
        self.code = 0
        """Of the server's close; 0: there was none."""

    def take(self, payload: bytes) -> None:
        """One message; one that cannot be understood is counted."""
        try:
            super().take(payload)
        except (Malformed, ValueError, KeyError, TypeError, AssertionError):
            self.torn += 1

    def see(self, n: int, marks: Sequence[int] | None, size: int) -> None:
        """A state came."""
        self.times.append(self._clock())
        age = max(0, self.room.newest - n)
        if self.n < 0:
            self.first_age = age
        elif n > self.n + 1:
            self.gaps.append(Gap(n - self.n - 1, age))
        self.room.newest = max(self.room.newest, n)
        super().see(n, marks, size)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Why it was closed is noted."""
        if frame.msg_type == WSMsgType.CLOSE:
            self.code = int(frame.get_close_code())  # type: ignore[call-overload]
        super().on_ws_frame(transport, frame)

    def stop_reading(self) -> None:
        """Leave everything with the kernel."""
        _pause(self.transport)

    def read_on(self) -> None:
        """Take what has come."""
        if self.transport is not None:
            self.transport.underlying_transport.resume_reading()


class Peer(Client):
    """The same at Colyseus, which notes no more than when states come."""

    def __init__(self) -> None:
        """Not connected."""
        super().__init__()
        self.times = array("d")
        self._clock = asyncio.get_running_loop().time

    def take(self, payload: bytes) -> None:
        """One message."""
        if payload[0] & CODE == ROOM_STATE_PATCH:
            self.times.append(self._clock())
        else:
            super().take(payload)

    def stop_reading(self) -> None:
        """Leave everything with the kernel."""
        _pause(self.transport)


def _pause(transport: WSTransport | None) -> None:
    assert transport is not None
    transport.underlying_transport.pause_reading()


async def read_colyseus(port: int, game: str, *, create: bool = False, small: bool = False) -> Peer:
    """A reader in the room that was opened last, or in a new one."""
    more: dict[str, Any] = {"socket_factory": _small} if small else {}
    how = "create" if create else "joinOrCreate"
    peer = await visit_colyseus(port, game, how=how, make=Peer, **more)
    assert isinstance(peer, Peer)
    return peer


async def read(port: int, room: RoomId, name: str, where: Room, *, small: bool = False) -> Reader:
    """A reader that has a seat. `small`: its kernel keeps little."""
    tally = Tally()
    more: dict[str, Any] = {"socket_factory": _small} if small else {}
    _, reader = await ws_connect(
        lambda: Reader(tally, where),
        f"ws://127.0.0.1:{port}/ws/rooms/{room}/",
        extra_headers=guest_headers(port, name),
        websocket_handshake_timeout=HANDSHAKE_S,
        **more,
    )
    assert isinstance(reader, Reader)
    async with asyncio.timeout(HANDSHAKE_S):
        await reader.ready.wait()
    return reader


def _small(_: Any) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    made.setblocking(False)
    return made
