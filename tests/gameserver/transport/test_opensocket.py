"""An open socket on a transport that takes notes: its life before and after it is open, and its deadlines."""

from __future__ import annotations

from typing import Any, cast

import pytest
from picows import WSCloseCode

from gameserver.transport.conduit import Conduit
from gameserver.transport.keepalive import STALL_S
from gameserver.transport.limits import Limits
from gameserver.transport.opensocket import OpenSocket
from rooms.wire import DirectWire

LIMITS = Limits(message_bytes=100, sockets=10, ping_s=20, pong_s=10, handshake_s=5)


class Notes:
    """picows' transport and ours below it: whatever is called is written down."""

    close_handshake = None

    def __init__(self) -> None:
        self.said: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self.said.append((name, *given))

    def get_write_buffer_size(self) -> int:
        return 77


class Life:
    """A socket and what became of it."""

    def __init__(self) -> None:
        self.ends: list[tuple[int, str]] = []
        self.notes = Notes()
        self.socket = OpenSocket(LIMITS, lambda code, reason: self.ends.append((code, reason)))

    def open(self) -> Life:
        self.socket.attach(cast(Conduit, self.notes))
        self.socket.on_ws_connected(cast(Any, self.notes))
        return self

    def end(self) -> None:
        self.socket.on_ws_disconnected(cast(Any, self.notes))

    def names(self) -> list[str]:
        return [str(call[0]) for call in self.notes.said]


@pytest.fixture
def life() -> Life:
    return Life()


async def test_it_is_the_extension_that_rooms_know(life: Life) -> None:
    assert isinstance(life.socket, DirectWire)


async def test_before_it_is_open_nothing_can_be_done_with_it(life: Life) -> None:
    life.socket.write(b"x", True)
    life.socket.close(1000, "")
    life.socket.abort()
    life.socket.check(1000.0)
    assert (life.socket.buffered, life.socket.opened, life.ends) == (0, False, [])


async def test_an_end_is_told_once_and_after_it_nothing_is_written(life: Life) -> None:
    life.open()
    life.socket.write(b"x", True)
    life.socket.write(b"y", False)
    life.end()
    life.socket.write(b"z", True)
    life.socket.close(1000, "")
    assert [call[2] for call in life.notes.said if call[0] == "send"] == [b"x", b"y"]
    assert "send_close" not in life.names()
    assert life.ends == [(1006, "")]


async def test_a_close_is_said_once_cut_to_size_and_has_a_deadline(life: Life) -> None:
    life.open()
    life.socket.close(4409, "é" * 100)
    life.socket.close(1000, "")
    closes = [call for call in life.notes.said if call[0] == "send_close"]
    assert closes == [("send_close", 4409, "é" * 61)]
    assert life.socket._expiry is not None
    life.end()
    assert life.socket._expiry.cancelled()


async def test_a_fault_is_answered_and_the_peer_waited_for(life: Life) -> None:
    life.open()
    life.socket.broken(1009, "the message is too big")
    assert life.names() == ["send_close", "linger"]
    life.end()
    assert life.ends == [(1009, "")]


async def test_a_sound_close_before_something_broken_counts(life: Life) -> None:
    class Info:
        code, reason = WSCloseCode.GOING_AWAY, "gone"

    class Handshake:
        recv = Info()

    life.open().notes.close_handshake = Handshake()  # type: ignore[assignment]
    life.socket.broken(1002, "Received CLOSE for the second time")
    assert life.notes.said[:2] == [("send_close", 1001, ""), ("finish",)]
    life.end()
    assert life.ends == [(1001, "gone")]


async def test_a_reader_that_pauses_is_held_what_was_read_already(life: Life) -> None:
    heard: list[bytes | str] = []
    life.open()
    life.socket.listen(heard.append)
    life.socket.pause()
    life.socket._hand_on("one")
    life.socket._hand_on("two")
    assert (heard, life.names()[-1]) == ([], "pause_reading")
    life.socket.resume()
    assert heard == [], "never within the call"
    life.socket._go_on(10)
    assert heard == ["one", "two"]
    assert life.names()[-1] == "resume_reading"


async def test_what_is_held_when_the_connection_ends_is_lost_only_to_a_reader_that_pauses(life: Life) -> None:
    heard: list[bytes | str] = []
    life.open()
    life.socket.listen(heard.append)
    life.socket._rest()
    life.socket._hand_on("one")
    life.end()
    assert heard == ["one"]


async def test_deadlines_become_pings_and_ends(life: Life) -> None:
    life.open()
    began = life.socket._keepalive._next - LIMITS.ping_s  # type: ignore[union-attr]
    life.socket.check(began + 19)
    assert life.names() == []
    life.socket.check(began + 21)
    assert life.names() == ["send_ping"]
    life.socket._ponged(life.notes.said[0][1])
    life.socket.check(began + 42)
    life.socket.check(began + 53)
    assert life.names() == ["send_ping", "send_ping", "send_close", "abort"]


async def test_a_peer_that_takes_nothing_holds_up_the_application_and_is_dropped(life: Life) -> None:
    life.open()
    await life.socket.room()
    life.socket.pause_writing()
    assert life.socket._room is not None
    assert not life.socket._room.is_set()
    life.socket.resume_writing()
    await life.socket.room()
    life.socket.pause_writing()
    now = life.socket._keepalive._full_since  # type: ignore[union-attr]
    assert now is not None
    life.socket.check(now + STALL_S - 11)
    assert "abort" not in life.names()
    life.socket._keepalive._asked = None  # type: ignore[union-attr]
    life.socket.check(now + STALL_S)
    assert life.names()[-1] == "abort"
    life.end()
    await life.socket.room()
