"""The sockets of this process in one room, and the newest keyframes for those who lack one.

engine -> Redis -> hub -> [crowd] -> cohorts, links
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from rooms import meters
from rooms.beat import Beat
from rooms.cohort import Cohort
from rooms.core.ending import LOST_WORDS
from rooms.core.ids import RoomId, SocketId
from rooms.core.inputs import Wire as Format
from rooms.held import Keyframe
from rooms.link import Given, Link
from rooms.mosaic import Mosaic
from rooms.protocol.bus import SHARED, Broadcast, Delivery, View, ViewFrame
from rooms.protocol.closing import Close

Seen: TypeAlias = "tuple[View, Format]"
Deltas: TypeAlias = "dict[Seen, ViewFrame]"
NOBODY: Final[tuple[Link, ...]] = ()


class Crowd:
    """One room's sockets here. `deliver` is one pass: answers, events, frames, then welcomes and goodbyes.

    Links that stand at the same place are in a cohort and written to together; those that do not (they wait for a
    welcome, are slow, hold another keyframe, or get parts that others do not) are apart, and shown one by one what they
    can use.
    """

    __slots__ = ("_apart", "_cohorts", "_keyframes", "_mosaic", "beat", "doubted", "epoch", "links", "room", "tick")

    def __init__(self, room: RoomId) -> None:
        """Empty."""
        self.room = room
        self.beat = Beat()
        self.links: dict[SocketId, Link] = {}
        self.epoch = 0
        self.tick = -1
        """The newest that was delivered."""
        self.doubted = False
        """Its shard lost its memory: when the room is not there any more, that is why."""
        self._keyframes: dict[Seen, Keyframe] = {}
        self._cohorts: dict[Seen, Cohort] = {}
        self._apart: dict[SocketId, Link] = {}
        self._mosaic = Mosaic()

    def add(self, link: Link) -> None:
        """A socket comes."""
        self.links[link.id] = self._apart[link.id] = link
        link.on_part = self._apart_from_now

    def remove(self, link: Link) -> None:
        """A socket is gone."""
        link.part()
        del self.links[link.id], self._apart[link.id]
        link.on_part = None

    def _apart_from_now(self, link: Link) -> None:
        self._apart[link.id] = link

    def is_behind(self, delivery: Delivery) -> bool:
        """True when a later owner of the room knows less than was shown of it: Redis came back with older data."""
        return delivery.epoch > self.epoch and has_state(delivery) and delivery.tick < self.tick

    def deliver(self, delivery: Delivery, now: float) -> Sequence[Link]:
        """Write everything to whom it is for. Returns the links that lack something and must be welcomed again."""
        if delivery.epoch < self.epoch or self.is_behind(delivery):  # must never be shown
            meters.count("deliveries_stale")
            return NOBODY
        self.epoch = delivery.epoch
        if has_state(delivery):
            self.tick = max(self.tick, delivery.tick)
        deltas = self._keep(delivery)
        if not (delivery.directs or delivery.pieces or self._apart):  # as nearly always
            return self._show_cohorts(delivery, deltas)
        return self._deliver_to_each(delivery, deltas, now)

    def _deliver_to_each(self, delivery: Delivery, deltas: Deltas, now: float) -> list[Link]:
        """The same when some are told something of their own, or stand apart."""
        if delivery.pieces:
            self._part_all()
        self._answer(delivery)
        turned = {direct.socket for direct in delivery.directs if direct.view is not None}
        leaving = {direct.socket for direct in delivery.directs if direct.close}
        for name in turned | leaving:  # they see nothing more of what the others see
            if name in self.links:
                self.links[name].part()
        apart = list(self._apart.values())  # not those who become slow in this very pass: they are written all of it
        lost = [*self._show_cohorts(delivery, deltas)]
        for link in apart:
            if link.id in leaving:
                _show_parting(link, delivery, now)
            elif link.id not in turned and not self._show(link, delivery, deltas, now):
                lost.append(link)
        lost += self._welcome_and_dismiss(delivery)
        self._mosaic.take(delivery)
        if self._mosaic.has():
            self._put_together(delivery.tick, now)
        else:
            self._gather(delivery.offset)
        return lost

    def _part_all(self) -> None:
        """From now on nobody here is written the same as others."""
        for cohort in self._cohorts.values():
            for link in list(cohort.links):
                link.part()

    def _show_cohorts(self, delivery: Delivery, deltas: Deltas) -> Sequence[Link]:
        """Events and frames of those that stand together. Returns those that lack the base of their delta."""
        lost: Sequence[Link] = NOBODY
        for seen, cohort in self._cohorts.items():
            writes, text = cohort.writes, cohort.text
            cohort.offset = delivery.offset  # before the writes: who leaves in one of them has the others as well
            for event in delivery.events:
                cohort.tell(event, writes)
            delta = deltas.get(seen)
            if delta is not None and delta.base == cohort.base:
                payloads: tuple[bytes, ...] = (delta.payload,)
            else:
                shown = _whole(cohort.base, self._keyframes.get(seen), delta, delivery.tick)
                if shown is None:
                    lost = [*lost, *cohort.links]
                    continue
                payloads, cohort.base = shown
            for payload in payloads:
                for write in writes:
                    write(payload, text)
                meters.counts["frames_written"] += len(writes)
        for link in lost:
            link.part()
        return lost

    def _gather(self, offset: int) -> None:
        """Those who stand where their cohort stands now are of it."""
        for link in list(self._apart.values()):
            if link.view is None or not link.in_step:
                continue
            seen = (link.view, link.wire_format)
            cohort = self._cohorts.get(seen)
            if cohort is None or not cohort.links:
                cohort = self._cohorts[seen] = Cohort(*seen, link.base, offset)
            if (cohort.base, cohort.offset) == (link.base, link.offset):
                del self._apart[link.id]
                link.join(cohort)

    def _put_together(self, tick: int, now: float) -> None:
        """The deltas of a room whose viewers get different parts. A slow reader gets all of them afresh, later."""
        for link in self.links.values():
            if link.view is None or link.asked_at is not None or link.closed:
                continue
            if link.is_slow(now):
                link.given = Given(dict.fromkeys(link.given.cells, -1))
            elif (payload := self._mosaic.compose(link, tick)) is not None:
                link.write(payload)

    def _answer(self, delivery: Delivery) -> None:
        """Refusals and acknowledgements: before the frame whose `acks` cover them, lest one be taken for counted."""
        for direct in delivery.directs:
            link = self.links.get(direct.socket)
            if link is not None and direct.view is None and not direct.close:
                link.write(direct.payload)

    def _welcome_and_dismiss(self, delivery: Delivery) -> list[Link]:
        """Returns the links whose welcome goes on from after a hole."""
        lost: list[Link] = []
        for direct in delivery.directs:
            link = self.links.get(direct.socket)
            if link is None:
                continue
            if direct.view is not None:
                self.doubted = False
                tick, offset = delivery.tick, delivery.offset
                if not link.welcome(direct.payload, direct.view, direct.seat, tick, offset, direct.resumed):
                    lost.append(link)
            elif direct.close == Close.NOT_FOUND and self.doubted:
                link.goodbye(Close.LOST, LOST_WORDS)
            elif direct.close:
                link.end(direct.payload, direct.close, direct.reason)
        return lost

    def forget(self) -> None:
        """Deliveries may be lost: the keyframes here are perhaps not the newest, nor does the beat hold."""
        self.beat.forget()
        self._keyframes.clear()
        self._mosaic = Mosaic()

    def _keep(self, delivery: Delivery) -> Deltas:
        """Remember the keyframes; the deltas by view and wire format."""
        deltas: Deltas = {}
        for frame in delivery.frames:
            if frame.base < 0:
                self._keyframes[frame.view, frame.wire] = Keyframe(delivery.tick, frame.payload)
            else:
                deltas[frame.view, frame.wire] = frame
        return deltas

    def _show(self, link: Link, delivery: Delivery, deltas: Deltas, now: float) -> bool:
        """Events and frame of one link. False when it lacks the base of its delta and we do not have it either."""
        if link.view is None or link.asked_at is not None:
            return True  # a welcome is on its way and brings everything
        for event in delivery.events:
            if event.wire == link.wire_format and _may_see(event, link):
                link.event(event.payload, now)
        link.offset = delivery.offset
        seen = (link.view, link.wire_format)
        delta = deltas.get(seen)
        if delta is not None and link.base == delta.base:
            link.patch(delta.payload, now)
            return True
        return _show_whole(link, self._keyframes.get(seen), delta, delivery.tick, now)


def has_state(delivery: Delivery) -> bool:
    """True when it shows the room to somebody: then its tick is the room's."""
    return bool(delivery.frames or delivery.pieces) or any(direct.view is not None for direct in delivery.directs)


class Shown(NamedTuple):
    """What brings a viewer to the newest state without a delta that it can use, and the keyframe it then holds."""

    payloads: tuple[bytes, ...]
    base: int


def _whole(base: int, keyframe: Keyframe | None, delta: ViewFrame | None, tick: int) -> Shown | None:
    """A keyframe of this very tick, or the one that `delta` builds on and then that. None when neither is there."""
    if keyframe is not None and keyframe.tick == tick:
        return Shown((keyframe.payload,) if base != tick else (), tick)
    if delta is None:
        return Shown((), base)
    if keyframe is None or keyframe.tick != delta.base:
        return None
    return Shown((keyframe.payload, delta.payload), keyframe.tick)


def _show_parting(link: Link, delivery: Delivery, now: float) -> None:
    """What everybody may see of the pass that dismisses a link: its seat may have another player by now."""
    if link.view is None or link.asked_at is not None:
        return
    for event in delivery.events:
        if event.wire == link.wire_format and event.views is None and event.seats is None:
            link.event(event.payload, now)


def _show_whole(link: Link, keyframe: Keyframe | None, delta: ViewFrame | None, tick: int, now: float) -> bool:
    shown = _whole(link.base, keyframe, delta, tick)
    if shown is None:
        return False
    if keyframe is not None and shown.payloads:
        link.whole(keyframe, now)
        if delta is not None and keyframe.tick != tick:
            link.patch(delta.payload, now)
    return True


def _may_see(event: Broadcast, link: Link) -> bool:
    """Whether the viewer is among those an event is for."""
    if event.views is not None and link.view not in event.views:
        return False
    return event.seats is None or link.view != SHARED or link.seat in event.seats
