"""What a socket hears, frame by frame over real sockets, on both roads: whatever a client does, both say the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gameserver.transport.roads import ROADS
from tests.support.seam_server import BINARY, CLOSE, PING, PONG, TEXT, Peer, Server, frame

MORE = 0
"""The kind of a frame that goes on with a message."""


@pytest.fixture(scope="module", params=ROADS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    ours = Server(HOLDFAST_PING_S="600", HOLDFAST_WEBSOCKETS=request.param)
    yield ours
    ours.process.kill()


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([frame(TEXT, b"x", rsv=4)], 1002),
        ([frame(TEXT, b"x", rsv=1)], 1002),
        ([frame(PING, rsv=2)], 1002),
        ([frame(3)], 1002),
        ([frame(11)], 1002),
        ([frame(TEXT, b"x", masked=False)], 1002),
        ([frame(PING, fin=False)], 1002),
        ([frame(MORE, b"x")], 1002),
        ([frame(TEXT, b"x", fin=False), frame(TEXT, b"y")], 1002),
        ([frame(TEXT, b"\xc3")], 1007),
        ([frame(TEXT, b"\xc3", fin=False), frame(MORE, b"x")], 1007),
    ],
)
async def test_a_fault_is_answered_by_its_code(server: Server, frames: list[bytes], code: int) -> None:
    peer = await Peer.open(server.port)
    peer.send(*frames)
    assert await peer.closed() == (code, [])


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([frame(CLOSE)], 1000),
        ([frame(CLOSE, b"\x03\xe9gone")], 1001),
        ([frame(CLOSE, b"\x11\x39")], 4409),
        ([frame(CLOSE, b"\x03\xe9"), frame(CLOSE, b"\x03\xe8")], 1001),
        ([frame(CLOSE, b"\x03\xe9"), frame(TEXT, b"x"), frame(3)], 1001),
        ([frame(CLOSE, b"\x03")], 1002),
        ([frame(CLOSE, b"\x00\x00")], 1002),
        ([frame(CLOSE, b"\x03\xee")], 1002),  # 1006
        ([frame(CLOSE, b"\x13\x88")], 1002),  # 5000
        ([frame(CLOSE, b"\x03\xe8\xff")], 1007),
    ],
)
@pytest.mark.parametrize("server", ["picows"], indirect=True)
async def test_a_close_is_answered_by_its_own_code_if_sound(server: Server, frames: list[bytes], code: int) -> None:
    """autobahn answers 1000 to all that are sound, and cuts the others off."""
    peer = await Peer.open(server.port)
    peer.send(*frames)
    assert await peer.closed() == (code, [])


async def test_a_message_may_be_interrupted_by_a_ping(server: Server) -> None:
    peer = await Peer.open(server.port)
    peer.send(frame(TEXT, b"\xc3", fin=False), frame(PING, b"now"), frame(MORE, b"\xa9", fin=False), frame(MORE))
    assert await peer.frame() == (PONG, b"now")
    assert await peer.frame() == (TEXT, "é".encode())
    peer.send(frame(BINARY, b"1", fin=False), frame(MORE, b"2"))
    assert await peer.frame() == (BINARY, b"12")
    peer.writer.close()


async def test_what_came_before_a_close_in_the_same_read_is_heard_however_much(server: Server) -> None:
    peer = await Peer.open(server.port, "/callback")
    peer.send(*(frame(TEXT, b"%d" % number) for number in range(50)), frame(CLOSE, b"\x03\xe9"))
    _, before = await peer.closed()
    assert before == [(TEXT, b"%d" % number) for number in range(50)]


async def test_of_many_pings_at_once_the_newest_is_answered(server: Server) -> None:
    peer = await Peer.open(server.port)
    peer.send(*(frame(PING, b"%d" % number) for number in range(500)))
    while (heard := await peer.frame()) != (PONG, b"499"):
        assert heard[0] == PONG
    peer.send(frame(TEXT, b"still here"))
    assert await peer.frame() == (TEXT, b"still here")
    peer.writer.close()


async def test_nothing_is_heard_after_a_fault(server: Server) -> None:
    peer = await Peer.open(server.port, "/callback")
    peer.send(frame(TEXT, b"x"))
    assert await peer.frame() == (TEXT, b"x")
    peer.send(frame(TEXT, b"y", rsv=4), frame(TEXT, b"z"))
    assert await peer.closed() == (1002, [])
