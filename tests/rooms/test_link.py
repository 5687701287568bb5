"""One socket as the hub sees it: welcome, frames, the slow reader's bargain, the end."""

from __future__ import annotations

import pytest

from rooms import link as links
from rooms.core.ids import PlayerId, RoomId, WebId
from rooms.core.inputs import JSON, MSGPACK, Player, Resume, Wire
from rooms.held import HELD_EVENTS, Keyframe
from rooms.link import Link
from rooms.protocol import codec, server
from rooms.protocol.bus import SHARED
from rooms.wire import MOST_BUFFERED
from tests.support.sockets import Ear

ROOM = RoomId("r" * 22)
ANN = Player(PlayerId("g-ann"), "Ann")
FULL = links.SLOW_BYTES + 1


def make(wire: Wire = JSON) -> tuple[Link, Ear]:
    ear = Ear(wire)
    return Link(ROOM, ANN, wire, ear), ear


def welcome_bytes(wire: Wire = JSON, incarnation: str = "first", version: int = 1) -> bytes:
    info = server.GameInfo("g", "G", version, 0, (), (), {})
    limits = server.Limits(4096, 60, 300, 512)
    you = server.You("g-ann", "Ann")
    return codec.dump(server.Welcome(you, info, ROOM, incarnation, 1, 0, 5, False, (), 10, 100, {}, limits, 0.0), wire)


def welcomed(wire: Wire = JSON) -> tuple[Link, Ear]:
    link, ear = make(wire)
    link.asked_at = 1.0
    link.welcome(welcome_bytes(wire), SHARED, 0, tick=10, offset=5)
    return link, ear


@pytest.mark.parametrize("wire", [JSON, MSGPACK])
def test_a_welcome_says_where_the_client_stands(wire: Wire) -> None:
    link, ear = welcomed(wire)
    assert (link.view, link.seat, link.base, link.offset, link.asked_at) == (SHARED, 0, 10, 5, None)
    assert link.stand() == Resume("first", 5)
    assert ear.raw == [welcome_bytes(wire)]


@pytest.mark.parametrize("wire", [JSON, MSGPACK])
def test_a_welcome_says_by_which_rules_the_room_is_played(wire: Wire) -> None:
    link, _ = welcomed(wire)
    assert link.version == 1
    link.welcome(welcome_bytes(wire, version=2), SHARED, 0, tick=11, offset=6)
    assert link.version == 2


def test_before_its_welcome_a_client_stands_where_its_hello_said() -> None:
    link, _ = make()
    assert link.stand() is None
    link.resume = Resume("old", 3)
    assert link.stand() == Resume("old", 3)


@pytest.mark.parametrize(("seat", "want"), [(0, "auto"), (-1, "watch")])
def test_coming_back_takes_no_seat_that_was_given_up(seat: int, want: str) -> None:
    link, _ = make()
    link.want = "play"
    first = link.attach(WebId("w"))
    assert (first.want, first.again) == ("play", False)
    link.welcome(welcome_bytes(), SHARED, seat, 10, 5)
    again = link.attach(WebId("w"))
    assert (again.want, again.again) == (want, True)


def test_what_waits_for_a_socket_is_what_its_wire_keeps_and_what_is_held() -> None:
    link, ear = welcomed()
    assert link.waiting == 0
    ear.buffered = FULL
    assert link.waiting == FULL
    link.whole(Keyframe(11, b'"k11"'), 0.0)
    assert link.waiting == FULL + len(b'"k11"')


def test_a_slow_socket_gets_its_events_and_only_the_newest_state() -> None:
    link, ear = welcomed()
    ear.buffered = FULL
    link.event(b'"e1"', 0.0)
    link.whole(Keyframe(11, b'"k11"'), 0.0)
    link.patch(b'"d12"', 0.1)
    link.whole(Keyframe(13, b'"k13"'), 0.2)
    link.patch(b'"d14"', 0.3)
    link.patch(b'"d15"', 0.4)
    link.event(b'"e2"', 0.4)
    assert len(ear.raw) == 1
    assert not link.ease(1.0)
    ear.buffered = 0
    assert not link.ease(2.0)
    assert ear.raw[1:] == [b'"e1"', b'"e2"', b'"k13"', b'"d15"']
    assert (link.base, link.held) == (13, None)


def test_a_slow_socket_that_keeps_its_base_gets_just_the_newest_delta() -> None:
    link, ear = welcomed()
    ear.buffered = FULL
    link.patch(b'"d11"', 0.0)
    link.patch(b'"d12"', 0.1)
    ear.buffered = 0
    link.ease(0.2)
    assert ear.raw[1:] == [b'"d12"']


def test_too_many_events_mean_a_new_welcome_from_before_them() -> None:
    link, ear = welcomed()
    ear.buffered = FULL
    for number in range(HELD_EVENTS + 1):
        link.event(b'"e"', 0.0)
        link.offset = 6 + number
    ear.buffered = 0
    assert link.ease(1.0)
    assert link.stand() == Resume("first", 5)
    assert len(ear.raw) == 1


def test_a_socket_that_stays_slow_is_told_and_closed() -> None:
    link, ear = welcomed()
    ear.buffered = FULL
    link.event(b'"e"', 10.0)
    link.ease(10.0 + links.SLOW_S - 0.1)
    assert not link.closed
    link.ease(10.0 + links.SLOW_S)
    assert ear.closed == (4409, "You could not follow. Connect again for the newest state.")
    goodbye = ear.heard[-1]
    assert isinstance(goodbye, server.Goodbye)
    assert (goodbye.code, goodbye.reconnect) == (4409, True)


def test_a_welcome_ends_slowness_without_losing_events() -> None:
    link, ear = welcomed()
    ear.buffered = FULL
    link.event(b'"e1"', 0.0)
    link.patch(b'"d11"', 0.0)
    link.welcome(welcome_bytes(), SHARED, 0, 12, 6)
    assert ear.raw[1:] == [b'"e1"', welcome_bytes()]
    assert (link.held, link.base) == (None, 12)


def test_nothing_may_wait_without_bound() -> None:
    link, ear = welcomed()
    ear.buffered = MOST_BUFFERED + 1
    link.write(b'"x"')
    assert ear.closed is not None
    assert ear.closed[0] == 4409


def test_after_the_goodbye_nothing_is_written_and_nothing_closed_again() -> None:
    link, ear = welcomed()
    link.goodbye(4501, "elsewhere")
    link.write(b'"x"')
    link.goodbye(4408, "again")
    assert ear.closed == (4501, "elsewhere")
    assert ear.heard[-1] == server.Goodbye(4501, "elsewhere", False)


def test_a_late_welcome_takes_back_what_was_said_about_it() -> None:
    link, ear = make()
    link.told = True
    link.welcome(welcome_bytes(), SHARED, 0, 10, 5)
    assert ear.heard[0] == server.Status("ok")


def test_a_slow_socket_that_lost_events_stands_before_them() -> None:
    """Whatever the welcome is asked for: one from after the lost events would be a silent hole."""
    link, ear = welcomed()
    ear.buffered = FULL
    for number in range(HELD_EVENTS + 1):
        link.event(b"an event", now=1.0)
        link.offset = 6 + number
    assert link.held is not None
    assert link.held.overflown
    assert link.stand() == Resume("first", 5)


def test_a_welcome_that_goes_on_from_after_lost_events_changes_only_view_and_seat() -> None:
    """A seat changed meanwhile: the welcome that brings the lost events is yet to come."""
    link, ear = welcomed()
    ear.buffered = FULL
    for number in range(HELD_EVENTS + 1):
        link.event(b'"e"', 0.0)
        link.offset = 6 + number
    assert link.welcome(welcome_bytes(), 1, 1, tick=12, offset=90, resumed=80)
    assert (len(ear.raw), link.view, link.seat) == (1, 1, 1)
    ear.buffered = 0
    assert link.ease(1.0)
    assert link.stand() == Resume("first", 5)


def test_a_welcome_during_a_resync_does_not_pass_for_its_answer() -> None:
    link, ear = welcomed()
    link.asked_at = 3.0
    assert link.welcome(welcome_bytes(), 1, 1, tick=12, offset=9, resumed=8)
    assert (len(ear.raw), link.stand()) == (1, Resume("first", 5))
    assert link.welcome(welcome_bytes(), 1, 1, tick=13, offset=10, resumed=5)
    assert (len(ear.raw), link.stand()) == (2, Resume("first", 10))


@pytest.mark.parametrize("slow", [False, True])
def test_a_welcome_after_a_hole_that_nobody_noticed_asks_for_another(slow: bool) -> None:
    link, ear = welcomed()
    if slow:
        ear.buffered = FULL
        link.event(b'"e"', 0.0)
    assert not link.welcome(welcome_bytes(), 1, 1, tick=12, offset=9, resumed=8)
