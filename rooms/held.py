"""What a slow socket will get when it reads again: the newest state, and a bounded number of events.

hub -> crowd -> link -> [held] -> wire
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

HELD_EVENTS: Final = 64
HELD_BYTES: Final = 16 * 1024
"""Of events; a state is kept once for all who are shown it."""


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A whole state, ready to be written."""

    tick: int
    payload: bytes


@dataclass(slots=True)
class Held:
    """Kept for one socket since it became slow."""

    since: float
    """Monotonic seconds."""
    offset: int
    """The last event offset it had been given before."""
    events: list[bytes] = field(default_factory=list)
    overflown: bool = False
    """More events came than are held: it must be welcomed again instead."""
    _bytes: int = 0
    _keyframe: bytes | None = None
    _delta: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes of all that is owed; most of them are shared with the other sockets of the room."""
        return sum(map(len, self.messages()))

    def event(self, payload: bytes) -> None:
        """Keep an event, or note that there are too many."""
        if self.overflown:
            return
        self._bytes += len(payload)
        if len(self.events) >= HELD_EVENTS or self._bytes > HELD_BYTES:
            self.overflown = True
            self.events.clear()  # the welcome brings them
        else:
            self.events.append(payload)

    def whole(self, payload: bytes) -> None:
        """A keyframe replaces every frame before it."""
        self._keyframe, self._delta = payload, None

    def patch(self, payload: bytes) -> None:
        """A delta replaces the delta before it: both build on the same keyframe."""
        self._delta = payload

    def messages(self) -> Iterator[bytes]:
        """All that is owed, in order."""
        yield from self.events
        yield from (frame for frame in (self._keyframe, self._delta) if frame is not None)
