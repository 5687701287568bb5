"""Sockets that are shown the same: they get the same bytes, in one bare loop of writes.

engine -> Redis -> hub -> crowd -> [cohort] -> wires

Nearly every socket of a room is in a cohort at nearly every moment, so this loop is what a delivered frame costs. It
asks nothing of a link: one that must be treated otherwise (slow, waiting for a welcome, closed, behind its keyframe) is
not in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rooms.core.inputs import JSON
from rooms.core.inputs import Wire as Format
from rooms.protocol.bus import SHARED, Broadcast, View

if TYPE_CHECKING:
    from rooms.link import Link


class Cohort:
    """Links of one room with the same view and wire format, which hold the same keyframe and were told all events."""

    __slots__ = ("_writes", "base", "links", "offset", "text", "view", "wire_format")

    def __init__(self, view: View, wire_format: Format, base: int, offset: int) -> None:
        """Empty."""
        self.view, self.wire_format, self.text = view, wire_format, wire_format == JSON
        self.base, self.offset = base, offset
        """What each of its links stands at; a link that leaves takes them along."""
        self.links: set[Link] = set()
        self._writes: list[Callable[[bytes, bool], None]] = []

    def add(self, link: Link) -> None:
        """A link that stands where the cohort does."""
        self.links.add(link)
        self._writes = [*self._writes, link.wire.write]  # never the list that a pass is going over

    def remove(self, link: Link) -> None:
        """A link that goes."""
        self.links.discard(link)
        self._writes = [other.wire.write for other in self.links]

    @property
    def writes(self) -> list[Callable[[bytes, bool], None]]:
        """Where its bytes go. One delivery keeps to one such list: who leaves meanwhile still gets all of it."""
        return self._writes

    def tell(self, event: Broadcast, writes: list[Callable[[bytes, bool], None]]) -> None:
        """An event, to those who may see it."""
        if event.wire != self.wire_format or (event.views is not None and self.view not in event.views):
            return
        if event.seats is None or self.view != SHARED:
            for write in writes:
                write(event.payload, self.text)
            return
        for link in list(self.links):
            if link.seat in event.seats:
                link.wire.write(event.payload, self.text)
