"""Deadlines of a socket, on a clock of the test's own."""

from __future__ import annotations

from gameserver.transport.keepalive import STALL_S, Due, Keepalive

PING, PONG = 20.0, 10.0


def test_a_ping_is_due_after_its_time_and_again_after_its_pong() -> None:
    socket = Keepalive(100.0, PING)
    assert socket.due(119.9, PING, PONG) is Due.NOTHING
    assert socket.due(120.0, PING, PONG) is Due.PING
    socket.pinged(120.0, b"one")
    assert socket.due(125.0, PING, PONG) is Due.NOTHING
    socket.ponged(b"one")
    assert socket.due(139.9, PING, PONG) is Due.NOTHING
    assert socket.due(140.0, PING, PONG) is Due.PING


def test_only_the_pong_that_was_asked_for_counts() -> None:
    socket = Keepalive(0.0, PING)
    assert socket.due(20.0, PING, PONG) is Due.PING
    socket.pinged(20.0, b"one")
    socket.ponged(b"")
    socket.ponged(b"two")
    assert socket.due(29.9, PING, PONG) is Due.NOTHING
    assert socket.due(30.0, PING, PONG) is Due.SILENT


def test_a_socket_that_we_do_not_read_cannot_answer() -> None:
    socket = Keepalive(0.0, PING)
    assert socket.due(20.0, PING, PONG) is Due.PING
    socket.pinged(20.0, b"one")
    socket.deaf(29.0, PING)
    assert socket.due(48.9, PING, PONG) is Due.NOTHING
    assert socket.due(49.0, PING, PONG) is Due.PING


def test_a_full_buffer_has_its_own_deadline_which_ends_when_it_is_taken() -> None:
    socket = Keepalive(0.0, 1000.0)
    socket.full(5.0)
    assert socket.due(5.0 + STALL_S - 0.1, 1000.0, PONG) is Due.NOTHING
    socket.full(None)
    assert socket.due(5.0 + STALL_S, 1000.0, PONG) is Due.NOTHING
    socket.full(50.0)
    assert socket.due(50.0 + STALL_S, 1000.0, PONG) is Due.STALLED
