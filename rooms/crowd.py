"""The sockets of this process in one room, and the newest keyframes for those who lack one.

engine -> Redis -> hub -> [crowd] -> links
"""

from __future__ import annotations

from rooms import meters
from rooms.core.ending import LOST_WORDS
from rooms.core.ids import RoomId, SocketId
from rooms.core.inputs import Wire as Format
from rooms.held import Keyframe
from rooms.link import Link
from rooms.protocol.bus import SHARED, Broadcast, Delivery, View, ViewFrame
from rooms.protocol.closing import Close

Seen = tuple[View, Format]


class Crowd:
    """One room's sockets here. `deliver` is one pass: answers, events, frames, then welcomes and goodbyes."""

    __slots__ = ("_keyframes", "doubted", "epoch", "links", "room", "tick")

    def __init__(self, room: RoomId) -> None:
        """Empty."""
        self.room = room
        self.links: dict[SocketId, Link] = {}
        self.epoch = 0
        self.tick = -1
        """The newest that was delivered."""
        self.doubted = False
        """Its shard lost its memory: when the room is not there any more, that is why."""
        self._keyframes: dict[Seen, Keyframe] = {}

    def is_behind(self, delivery: Delivery) -> bool:
        """True when a later owner of the room knows less than was shown of it: Redis came back with older data."""
        return delivery.epoch > self.epoch and has_state(delivery) and delivery.tick < self.tick

    def deliver(self, delivery: Delivery, now: float) -> list[Link]:
        """Write everything to whom it is for. Returns the links that lack something and must be welcomed again."""
        if delivery.epoch < self.epoch or self.is_behind(delivery):  # must never be shown
            meters.count("deliveries_stale")
            return []
        self.epoch = delivery.epoch
        if has_state(delivery):
            self.tick = max(self.tick, delivery.tick)
        deltas = self._keep(delivery)
        self._answer(delivery)
        turned = {direct.socket for direct in delivery.directs if direct.view is not None}
        leaving = {direct.socket for direct in delivery.directs if direct.close}
        lost: list[Link] = []
        for link in self.links.values():
            if link.id in leaving:
                _show_parting(link, delivery, now)
            elif link.id not in turned and not self._show(link, delivery, deltas, now):
                lost.append(link)
        return lost + self._welcome_and_dismiss(delivery)

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
        """Deliveries may be lost: the keyframes here are perhaps not the newest."""
        self._keyframes.clear()

    def _keep(self, delivery: Delivery) -> dict[Seen, ViewFrame]:
        """Remember the keyframes; the deltas by view and wire format."""
        deltas: dict[Seen, ViewFrame] = {}
        for frame in delivery.frames:
            if frame.base < 0:
                self._keyframes[frame.view, frame.wire] = Keyframe(delivery.tick, frame.payload)
            else:
                deltas[frame.view, frame.wire] = frame
        return deltas

    def _show(self, link: Link, delivery: Delivery, deltas: dict[Seen, ViewFrame], now: float) -> bool:
        """Events and frame of one link. False when it lacks the base of its delta and we do not have it either."""
        if link.view is None or link.asked_at is not None:
            return True  # a welcome is on its way and brings everything
        for event in delivery.events:
            if event.wire == link.wire_format and _may_see(event, link):
                link.event(event.payload, now)
        link.offset = delivery.offset
        seen = (link.view, link.wire_format)
        keyframe, delta = self._keyframes.get(seen), deltas.get(seen)
        if delta is not None and link.base == delta.base:
            link.patch(delta.payload, now)
            return True
        return _show_whole(link, keyframe, delta, delivery.tick, now)


def has_state(delivery: Delivery) -> bool:
    """True when it shows the room to somebody: then its tick is the room's."""
    return bool(delivery.frames) or any(direct.view is not None for direct in delivery.directs)


def _show_parting(link: Link, delivery: Delivery, now: float) -> None:
    """What everybody may see of the pass that dismisses a link: its seat may have another player by now."""
    if link.view is None or link.asked_at is not None:
        return
    for event in delivery.events:
        if event.wire == link.wire_format and event.views is None and event.seats is None:
            link.event(event.payload, now)


def _show_whole(link: Link, keyframe: Keyframe | None, delta: ViewFrame | None, tick: int, now: float) -> bool:
    """A keyframe of this very tick, or the one that `delta` builds on and then that. False when neither is there."""
    if keyframe is not None and keyframe.tick == tick:
        if link.base != tick:
            link.whole(keyframe, now)
    elif delta is not None:
        if keyframe is None or keyframe.tick != delta.base:
            return False
        link.whole(keyframe, now)
        link.patch(delta.payload, now)
    return True


def _may_see(event: Broadcast, link: Link) -> bool:
    """Whether the viewer is among those an event is for."""
    if event.views is not None and link.view not in event.views:
        return False
    return event.seats is None or link.view != SHARED or link.seat in event.seats
