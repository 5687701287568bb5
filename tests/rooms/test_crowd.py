"""One delivery to the sockets of one room: who gets what, in which order, and who must be welcomed again."""

from __future__ import annotations

import pytest

from rooms.core.ids import PlayerId, RoomId, SocketId
from rooms.core.inputs import JSON, MSGPACK, Player, Wire
from rooms.crowd import Crowd
from rooms.link import Link
from rooms.protocol.bus import SHARED, WATCH, Broadcast, Delivery, Direct, ViewFrame
from rooms.protocol.closing import Close
from tests.rooms.test_link import welcome_bytes
from tests.support.sockets import Ear

ROOM = RoomId("r" * 22)
_together = [True]


@pytest.fixture(autouse=True, params=[True, False], ids=["together", "apart"])
def _in_cohorts(request: pytest.FixtureRequest) -> None:
    """Every rule holds for those who are written to together, and for those who are shown one by one."""
    _together[0] = request.param


def member(crowd: Crowd, view: int, seat: int = -1, wire: Wire = JSON, base: int = 1) -> tuple[Link, Ear]:
    """A welcomed socket whose client holds the keyframe of tick `base`."""
    ear = Ear(wire)
    link = Link(ROOM, Player(PlayerId("p"), "P"), wire, ear)
    link.view, link.seat, link.base = view, seat, base
    crowd.add(link)
    if _together[0]:
        crowd.deliver(delivery(-1, epoch=crowd.epoch), 0.0)  # of nothing; then it is of a cohort
        assert link.cohort is not None or crowd.tick > 0
    return link, ear


def delivery(tick: int, *frames: ViewFrame, **more: object) -> Delivery:
    given = {"epoch": 1, "offset": 0, "events": [], "directs": [], **more}
    return Delivery(room=ROOM, tick=tick, frames=list(frames), **given)  # type: ignore[arg-type]


def test_each_view_and_wire_gets_its_own_bytes() -> None:
    crowd = Crowd(ROOM)
    _, zero = member(crowd, 0, 0)
    _, one = member(crowd, 1, 1, MSGPACK)
    _, watcher = member(crowd, WATCH)
    frames = [ViewFrame(v, w, 1, f'"{v} {w}"'.encode()) for v in (0, 1, WATCH) for w in (JSON, MSGPACK)]
    assert not crowd.deliver(delivery(2, *frames), 0.0)
    assert (zero.raw, one.raw, watcher.raw) == ([b'"0 0"'], [b'"1 1"'], [b'"-1 0"'])


def test_refusals_come_first_then_events_then_the_frame_that_covers_them() -> None:
    crowd = Crowd(ROOM)
    link, ear = member(crowd, SHARED)
    crowd.deliver(
        delivery(
            2,
            ViewFrame(SHARED, JSON, 1, b'"frame"'),
            offset=4,
            events=[Broadcast(4, None, None, JSON, b'"event"')],
            directs=[Direct(link.id, b'"reject"')],
        ),
        0.0,
    )
    assert ear.raw == [b'"reject"', b'"event"', b'"frame"']
    assert link.offset == 4


def test_events_reach_only_those_they_are_for() -> None:
    crowd = Crowd(ROOM)
    _, zero = member(crowd, 0, 0)
    _, watcher = member(crowd, WATCH)
    _, shared_zero = member(crowd, SHARED, 0)
    _, shared_one = member(crowd, SHARED, 1)
    secret = Broadcast(1, (0,), (0,), JSON, b'"hidden game"')
    seated = Broadcast(2, None, (0,), JSON, b'"for seat 0"')
    crowd.deliver(delivery(2, events=[secret, seated]), 0.0)
    assert zero.raw == [b'"hidden game"', b'"for seat 0"']
    assert shared_zero.raw == [b'"for seat 0"']
    assert shared_one.raw == []
    assert b'"hidden game"' not in watcher.raw


def test_a_socket_without_the_base_gets_the_kept_keyframe_first() -> None:
    crowd = Crowd(ROOM)
    _, old = member(crowd, SHARED, base=1)
    crowd.deliver(delivery(5, ViewFrame(SHARED, JSON, -1, b'"k5"')), 0.0)
    late, ear = member(crowd, SHARED, base=3)
    assert not crowd.deliver(delivery(6, ViewFrame(SHARED, JSON, 5, b'"d6"')), 0.0)
    assert old.raw == [b'"k5"', b'"d6"']
    assert ear.raw == [b'"k5"', b'"d6"']
    assert late.base == 5


def test_without_the_base_anywhere_the_socket_is_named() -> None:
    crowd = Crowd(ROOM)
    link, ear = member(crowd, SHARED, base=3)
    assert crowd.deliver(delivery(6, ViewFrame(SHARED, JSON, 5, b'"d6"')), 0.0) == [link]
    assert ear.raw == []


def test_a_keyframe_in_the_same_delivery_heals_who_cannot_use_the_delta() -> None:
    crowd = Crowd(ROOM)
    link, ear = member(crowd, SHARED, base=3)
    both = (ViewFrame(SHARED, JSON, 5, b'"d6"'), ViewFrame(SHARED, JSON, -1, b'"k6"'))
    assert not crowd.deliver(delivery(6, *both), 0.0)
    assert ear.raw == [b'"k6"']
    assert link.base == 6


def test_a_newcomer_gets_its_welcome_and_nothing_before_it() -> None:
    crowd = Crowd(ROOM)
    ear = Ear()
    link = Link(ROOM, Player(PlayerId("p"), "P"), JSON, ear)
    link.asked_at = 0.0
    crowd.add(link)
    crowd.deliver(
        delivery(
            7,
            ViewFrame(SHARED, JSON, -1, b'"k7"'),
            offset=3,
            events=[Broadcast(3, None, None, JSON, b'"joined"')],
            directs=[Direct(link.id, welcome_bytes(), SHARED, 1)],
        ),
        0.0,
    )
    assert ear.raw == [welcome_bytes()]
    assert (link.view, link.seat, link.base, link.offset) == (SHARED, 1, 7, 3)
    crowd.deliver(delivery(8, ViewFrame(SHARED, JSON, 7, b'"d8"')), 0.0)
    assert ear.raw[1:] == [b'"d8"']


def test_while_a_welcome_is_due_events_wait_for_it() -> None:
    crowd = Crowd(ROOM)
    link, ear = member(crowd, SHARED)
    link.offset = 3
    link.ask(1.0)
    crowd.deliver(delivery(2, offset=9, events=[Broadcast(9, None, None, JSON, b'"after the hole"')]), 0.0)
    assert ear.raw == []
    assert link.offset == 3


def test_a_goodbye_closes_with_its_code() -> None:
    crowd = Crowd(ROOM)
    link, ear = member(crowd, SHARED)
    crowd.deliver(delivery(2, directs=[Direct(link.id, b'"bye"', close=4506, reason="kicked")]), 0.0)
    assert (ear.raw, ear.closed) == ([b'"bye"'], (4506, "kicked"))


def test_directs_for_a_socket_that_left_are_dropped() -> None:
    crowd = Crowd(ROOM)
    link, _ = member(crowd, SHARED)
    crowd.remove(link)
    assert not crowd.deliver(delivery(2, directs=[Direct(link.id, b'"x"')]), 0.0)


def test_nothing_stale_is_shown() -> None:
    crowd = Crowd(ROOM)
    _, ear = member(crowd, SHARED)
    crowd.deliver(delivery(5, ViewFrame(SHARED, JSON, -1, b'"new"'), epoch=3), 0.0)
    crowd.deliver(delivery(4, ViewFrame(SHARED, JSON, -1, b'"old"'), epoch=2), 0.0)
    assert ear.raw == [b'"new"']


def test_who_changes_view_sees_nothing_of_the_pass_but_the_welcome() -> None:
    """Seat 0 has another player from this pass on: its frames and events are not for the one who left it."""
    crowd = Crowd(ROOM)
    link, ear = member(crowd, 0, 0)
    link.incarnation = "first"
    crowd.deliver(
        delivery(
            2,
            ViewFrame(0, JSON, 1, b'"the newcomer\'s"'),
            ViewFrame(0, JSON, -1, b'"the newcomer\'s"'),
            offset=4,
            events=[Broadcast(4, (0,), (0,), JSON, b'"the newcomer\'s"')],
            directs=[Direct(link.id, welcome_bytes(), WATCH, resumed=0)],
        ),
        0.0,
    )
    assert ear.raw == [welcome_bytes()]
    assert (link.view, link.seat, link.offset) == (WATCH, -1, 4)


def test_who_is_dismissed_sees_only_what_all_may_see() -> None:
    crowd = Crowd(ROOM)
    link, ear = member(crowd, 0, 0)
    events = [Broadcast(4, (0,), (0,), JSON, b'"the newcomer\'s"'), Broadcast(5, None, None, JSON, b'"closed"')]
    bye = Direct(link.id, b'"bye"', close=4506, reason="kicked")
    frame = ViewFrame(0, JSON, 1, b'"the newcomer\'s"')
    assert not crowd.deliver(delivery(2, frame, offset=5, events=events, directs=[bye]), 0.0)
    assert ear.raw == [b'"closed"', b'"bye"']


def test_a_welcome_over_a_hole_names_the_socket() -> None:
    crowd = Crowd(ROOM)
    link, ear = member(crowd, 0, 0)
    welcome = Direct(link.id, welcome_bytes(), WATCH, resumed=7)
    assert crowd.deliver(delivery(2, offset=8, directs=[welcome]), 0.0) == [link]
    assert ear.raw == []


def test_what_went_back_is_noticed_and_not_shown() -> None:
    """A replica with older data was promoted: the next owner knows less than was shown."""
    crowd = Crowd(ROOM)
    _, ear = member(crowd, SHARED)
    crowd.deliver(delivery(5, ViewFrame(SHARED, JSON, -1, b'"k5"'), epoch=3), 0.0)
    older = delivery(4, ViewFrame(SHARED, JSON, -1, b'"k4"'), epoch=4)
    assert crowd.is_behind(older)
    assert not crowd.deliver(older, 0.0)
    crowd.forget()  # what was shown stays shown, whatever connection was lost meanwhile
    assert crowd.is_behind(older)
    assert ear.raw == [b'"k5"']


@pytest.mark.parametrize(
    "later",
    [
        delivery(6, ViewFrame(SHARED, JSON, -1, b'"k6"'), epoch=4),
        delivery(5, ViewFrame(SHARED, JSON, -1, b'"k5"'), epoch=4),
        delivery(4, ViewFrame(SHARED, JSON, -1, b'"k4"'), epoch=2),  # of an owner before
        delivery(0, epoch=4, directs=[Direct(SocketId("s"), b'"bye"', close=4504)]),  # of no room: it has no tick
    ],
)
def test_a_takeover_is_no_step_back(later: Delivery) -> None:
    crowd = Crowd(ROOM)
    member(crowd, SHARED)
    crowd.deliver(delivery(5, ViewFrame(SHARED, JSON, -1, b'"k5"'), epoch=3), 0.0)
    assert not crowd.is_behind(later)


def test_a_room_that_is_not_there_after_a_loss_of_memory_was_lost() -> None:
    for doubted, code in ((True, Close.LOST), (False, Close.NOT_FOUND)):
        crowd = Crowd(ROOM)
        link, ear = member(crowd, SHARED)
        crowd.doubted = doubted
        crowd.deliver(delivery(0, epoch=9, directs=[Direct(link.id, b'"gone"', close=4504, reason="gone")]), 0.0)
        assert ear.closed is not None
        assert ear.closed[0] == code


def test_who_was_never_welcomed_gets_the_goodbye_alone() -> None:
    crowd = Crowd(ROOM)
    link, ear = member(crowd, 0, 0)
    link.part()
    link.view = None
    event = Broadcast(5, None, None, JSON, b'"x"')
    crowd.deliver(delivery(2, events=[event], directs=[Direct(link.id, b'"bye"', close=4505)]), 0.0)
    assert ear.raw == [b'"bye"']
