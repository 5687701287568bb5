"""The wire of a Daphne socket, on a transport that takes as much as the test says. The real thing: test_server.py."""

from __future__ import annotations

from typing import Any, cast

import daphne.server  # isort: skip - first: it installs the reactor

import pytest
from twisted.internet.main import CONNECTION_LOST
from twisted.internet.tcp import Connection

from gameserver.frames import frame
from gameserver.wire import DaphneWire

assert daphne.server


class Transport(Connection):
    """The part of a TCP transport that is written to."""

    def __init__(self, takes: Any) -> None:
        self.takes, self.sent, self.later = takes, b"", b""
        self.dataBuffer, self.offset, self._tempDataLen = b"", 0, 0

    def writeSomeData(self, data: bytes) -> Any:
        if not isinstance(self.takes, int):
            return self.takes
        self.sent += data[: self.takes]
        return min(self.takes, len(data))

    def write(self, data: bytes) -> None:
        self.later += data
        self._tempDataLen += len(data)


class Socket:
    """The part of a GameSocket that the wire sees."""

    STATE_OPEN = 3

    def __init__(self, takes: Any) -> None:
        self.transport, self.state = Transport(takes), self.STATE_OPEN
        self.left: list[Any] = []

    def watch(self, flow: Any, most: int) -> None:
        self.flow, self.most = flow, most

    def leave(self, code: int, reason: str) -> None:
        self.left.append((code, reason))


def wire_of(socket: Socket) -> DaphneWire:
    return DaphneWire(cast(Any, socket))


def test_into_an_idle_socket_a_frame_goes_at_once() -> None:
    socket = Socket(10_000)
    wire_of(socket).write(b"hello", True)
    assert (socket.transport.sent, socket.transport.later) == (frame(b"hello", True), b"")


@pytest.mark.parametrize("takes", [0, 1, 6])
def test_what_the_kernel_does_not_take_waits_in_order(takes: int) -> None:
    socket = Socket(takes)
    wire = wire_of(socket)
    wire.write(b"hello", True)
    wire.write(b"world", True)
    everything = frame(b"hello", True) + frame(b"world", True)
    assert socket.transport.sent + socket.transport.later == everything
    assert wire.buffered == len(everything) - takes


def test_a_lost_connection_is_left_to_the_transport() -> None:
    socket = Socket(CONNECTION_LOST)
    wire_of(socket).write(b"hello", True)
    assert socket.transport.later == frame(b"hello", True)


def test_into_a_socket_that_is_not_open_nothing_is_written() -> None:
    socket = Socket(10_000)
    socket.state = 2
    wire_of(socket).write(b"hello", True)
    assert socket.transport.sent == socket.transport.later == b""


def test_closing_is_the_sockets_affair() -> None:
    socket = Socket(0)
    wire_of(socket).close(4409, "slow")
    assert socket.left == [(4409, "slow")]


def test_watching_is_the_sockets_affair() -> None:
    socket = Socket(0)
    told: list[bool] = []
    wire_of(socket).watch(told.append, 7)
    socket.flow(True)
    assert (socket.most, told) == (7, [True])
