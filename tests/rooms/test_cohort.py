"""Sockets that are written to together: who is of them, and who leaves in the middle of a pass."""

from __future__ import annotations

from rooms.cohort import Cohort
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import JSON, MSGPACK, Player
from rooms.crowd import Crowd
from rooms.link import SLOW_BYTES, Link
from rooms.protocol.bus import SHARED, Broadcast, Delivery, Piece, ViewFrame
from tests.support.sockets import Ear

ROOM = RoomId("r" * 22)
FULL = SLOW_BYTES + 1


class Choking(Ear):
    """A wire that is full from its second message on."""

    def write(self, payload: bytes, text: bool) -> None:
        super().write(payload, text)
        if len(self.raw) == 2:
            self.buffered = FULL


def member(crowd: Crowd, ear: Ear | None = None, seat: int = 0) -> tuple[Link, Ear]:
    """Welcomed, and of a cohort."""
    ear = ear or Ear()
    link = Link(ROOM, Player(PlayerId("p"), "P"), ear.wire, ear)
    link.view, link.seat, link.base, link.offset, link.incarnation = SHARED, seat, 1, crowd.tick, "i"
    crowd.add(link)
    crowd.deliver(Delivery(ROOM, 1, -1, crowd.tick, [], [], []), 0.0)
    assert link.cohort is not None
    return link, ear


def together(link: Link) -> bool:
    return link.cohort is not None


def delivery(tick: int, events: int = 0, base: int = 1) -> Delivery:
    told = [Broadcast(tick, None, None, JSON, f'"e{tick}.{n}"'.encode()) for n in range(events)]
    return Delivery(ROOM, 1, tick, tick, told, [ViewFrame(SHARED, JSON, base, f'"d{tick}"'.encode())], [])


def test_those_who_stand_together_share_where_they_stand() -> None:
    crowd = Crowd(ROOM)
    (ann, _), (bob, ear) = member(crowd), member(crowd)
    assert ann.cohort is bob.cohort
    crowd.deliver(delivery(2), 0.0)
    assert (ann.offset, bob.offset, ear.raw) == (2, 2, [b'"d2"'])
    bob.part()
    crowd.remove(ann)
    assert (bob.base, bob.offset) == (1, 2)


def test_who_becomes_slow_in_a_pass_gets_all_of_that_pass_once_and_then_the_newest() -> None:
    crowd = Crowd(ROOM)
    _, well = member(crowd)
    slow, ear = member(crowd, Choking())
    for tick in (2, 3, 4):
        crowd.deliver(delivery(tick, events=2), 0.0)
    assert well.raw == [word for t in (2, 3, 4) for word in (b'"e%d.0"' % t, b'"e%d.1"' % t, b'"d%d"' % t)]
    assert ear.raw == well.raw[:3]
    assert not together(slow)
    assert slow.held is not None
    ear.buffered = 0
    slow.ease(1.0)
    assert ear.raw == [*well.raw[:5], *well.raw[6:]], "every event once, and of the frames the newest alone"
    crowd.deliver(delivery(5), 2.0)
    assert together(slow), "it is one of them again"
    assert (ear.raw[-1], well.raw[-1]) == (b'"d5"', b'"d5"')


def test_who_becomes_slow_by_a_keyframe_holds_that_keyframe() -> None:
    crowd = Crowd(ROOM)
    slow, ear = member(crowd, Choking())
    crowd.deliver(delivery(2), 0.0)
    crowd.deliver(Delivery(ROOM, 1, 3, 3, [], [ViewFrame(SHARED, JSON, -1, b'"k3"')], []), 0.0)
    assert (ear.raw, slow.base, slow.cohort) == ([b'"d2"', b'"k3"'], 3, None)
    crowd.deliver(delivery(4, base=3), 0.0)
    ear.buffered = 0
    slow.ease(1.0)
    assert ear.raw[2:] == [b'"d4"']


def test_who_asks_for_a_welcome_or_was_told_goodbye_is_written_nothing_of_the_others() -> None:
    crowd = Crowd(ROOM)
    (asks, first), (goes, second) = member(crowd), member(crowd)
    asks.ask(1.0)
    goes.goodbye(4501, "elsewhere")
    said = len(second.raw)
    crowd.deliver(delivery(2, events=1), 1.0)
    assert (first.raw, len(second.raw)) == ([], said)
    assert (asks.cohort, asks.offset) == (None, -1)


def test_a_cohort_that_all_have_left_binds_nobody_who_comes_later() -> None:
    crowd = Crowd(ROOM)
    first, _ = member(crowd)
    crowd.remove(first)
    crowd.deliver(Delivery(ROOM, 1, 9, 9, [], [ViewFrame(SHARED, JSON, -1, b'"k9"')], []), 0.0)
    second, ear = member(crowd)
    second.base = 9
    crowd.deliver(delivery(10, base=9), 0.0)
    assert second.cohort is not None
    assert (second.cohort.base, ear.raw[-1]) == (9, b'"d10"')


def test_an_event_for_some_seats_reaches_those_seats() -> None:
    crowd = Crowd(ROOM)
    (_, zero), (_, one) = member(crowd, seat=0), member(crowd, seat=1)
    crowd.deliver(Delivery(ROOM, 1, 2, 2, [Broadcast(2, None, (1,), JSON, b'"e"')], [], []), 0.0)
    assert (zero.raw, one.raw) == ([], [b'"e"'])


def test_an_event_in_another_format_or_for_another_view_is_not_theirs() -> None:
    cohort = Cohort(0, JSON, 1, 0)
    got: list[bytes] = []
    for event in (Broadcast(1, None, None, MSGPACK, b"m"), Broadcast(1, (1,), None, JSON, b"1")):
        cohort.tell(event, [lambda payload, text: got.append(payload)])
    cohort.tell(Broadcast(1, (0, 1), (0,), JSON, b"0"), [lambda payload, text: got.append(payload)])
    assert got == [b"0"]


def test_where_viewers_get_different_parts_nobody_is_of_a_cohort() -> None:
    crowd = Crowd(ROOM)
    link, ear = member(crowd)
    piece = Piece(SHARED, JSON, 1, b'"x"', 1)
    crowd.deliver(Delivery(ROOM, 1, 2, 0, [], [], [], pieces=[piece]), 0.0)
    assert not together(link)
    assert len(ear.raw) == 1
