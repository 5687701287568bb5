"""rooms/bots/hearing.py: each message goes where its readers look. Over sockets: test_client.py."""

from __future__ import annotations

import pytest

from rooms.bots.answers import Answers
from rooms.bots.connector import Closed
from rooms.bots.errors import Ended
from rooms.bots.hearing import SMOOTHING, Hearing
from rooms.core.inputs import JSON
from rooms.protocol.closing import Close
from rooms.protocol.codec import dump
from rooms.protocol.server import Delta, Frame, Goodbye, Pong
from tests.rooms.bots.script import event, welcome, whole


class Room:
    """A hearing, and what it asked for."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked: list[int] = []
        self.hearing = Hearing(JSON, Answers(), lambda: self.now, self.asked.append)

    def say(self, *messages: object) -> None:
        for message in messages:
            self.hearing.take(dump(message, JSON))


async def test_it_is_live_from_the_welcome_on() -> None:
    room = Room()
    before = room.hearing.live
    room.say(welcome(offset=3, incarnation="first"))
    await room.hearing.ready()
    assert (before, room.hearing.live) == (False, True)
    assert room.hearing.position == ("first", 3)


async def test_a_delta_that_does_not_fit_is_asked_about_once_until_the_whole_has_come() -> None:
    room = Room()
    room.say(welcome(offset=3))
    room.say(Delta(9, [3, [7]]), Delta(10, [3, [7]]))
    assert room.asked == [3]
    room.say(welcome(tick=11, recovered=True, offset=3), Delta(1, [3, [7]]))
    assert room.asked == [3, 3]


async def test_a_welcome_that_shows_no_room_drops_the_connection() -> None:
    room = Room()
    with pytest.raises(Closed):
        room.say(welcome(whole={"room": None}))
    assert not room.hearing.live


async def test_a_frame_that_shows_no_room_is_asked_for_again() -> None:
    room = Room()
    room.say(welcome(), Frame(5, 0, whole=[]))
    assert room.asked == [0]
    assert room.hearing.view.tick == 1


@pytest.mark.parametrize("raw", [b"{}", b'{"t":"frame"}', b"[1", "\ud800".encode("utf-8", "surrogatepass")])
async def test_nonsense_drops_the_connection(raw: bytes) -> None:
    with pytest.raises(Closed) as caught:
        Room().hearing.take(raw)
    assert caught.value.code == 1002


async def test_a_goodbye_says_whether_to_come_back() -> None:
    with pytest.raises(Closed):
        Room().say(Goodbye(1012, "restart", True))
    with pytest.raises(Ended):
        Room().say(Goodbye(Close.KICKED, "out", False))


async def test_the_latency_is_smoothed() -> None:
    room = Room()
    room.say(Pong(1, 99.9, 0.0))
    assert room.hearing.latency_s == pytest.approx(0.1)
    room.say(Pong(2, 99.8, 0.0))
    assert room.hearing.latency_s == pytest.approx(0.1 + SMOOTHING * 0.1)


async def test_the_first_welcome_is_no_hole() -> None:
    room = Room()
    room.say(welcome(recovered=False, offset=70, events=(event(70),)))
    assert room.hearing.holes == 0
    room.say(welcome(recovered=True, offset=70))
    assert room.hearing.holes == 0
    room.say(welcome(recovered=False, offset=900))
    assert room.hearing.holes == 1


async def test_after_the_end_there_is_only_the_end() -> None:
    room = Room()
    room.say(welcome(whole=whole()))
    room.hearing.end(Ended(Close.LEFT, "first"))
    room.hearing.end(Ended(1000, "second"))
    assert room.hearing.ended is not None
    assert room.hearing.ended.reason == "first"
    with pytest.raises(Ended, match="first"):
        await room.hearing.ready()
