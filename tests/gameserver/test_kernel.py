"""What the kernel takes for a peer that does not read."""

from __future__ import annotations

import contextlib
import socket

import pytest

from gameserver import kernel
from gameserver.kernel import UNREAD, UNSENT, hold_little, take_little

CHUNK = 1024


def taken(bounded: bool) -> int:
    """Bytes the kernel takes on a connection whose peer has a small window and reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        peer.connect(server.getsockname())
        ours, _ = server.accept()
        with ours, contextlib.suppress(BlockingIOError):
            if bounded:
                hold_little(ours)
            ours.setblocking(False)
            count = 0
            while True:
                count += ours.send(bytes(CHUNK))
    return count


def test_little_is_held_of_what_cannot_be_sent() -> None:
    """Linux and macOS, which is where this runs, have an option for it."""
    bounded = taken(True)
    assert UNSENT // 2 <= bounded <= UNSENT + 8 * CHUNK
    assert taken(False) > 5 * bounded


def test_where_the_kernel_has_no_such_option_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_OPTION", None)
    assert taken(True) > 5 * UNSENT


def test_what_is_no_tcp_is_left_alone() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        hold_little(ours)
        assert ours.send(b"x") == 1


def test_it_takes_little_of_a_peer_unless_messages_are_large() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        take_little(sock, 4096)
        small = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        assert UNREAD <= small <= 2 * UNREAD
        take_little(sock, 65536)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) > small
