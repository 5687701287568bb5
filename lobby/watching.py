"""Those who see a list change: what changed in each distinct list is worked out and encoded once, and sent to all.

shelves -> [watching] -> lobby/consumers.py -> browser

At most four times a second. A watcher who reads slowly is sent nothing until its line is free, and then the whole
list as it is; one who does not read at all is closed.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

import msgspec

from lobby.filters import LONGEST_LIST, Filter, write_cursor
from lobby.shelves import Shelf, Shelves
from rooms import meters
from rooms.core.ids import RoomId
from rooms.protocol.closing import Close
from rooms.wire import Wire

EVERY_S: Final = 0.25
"""Between two messages about one list."""
LAGGING: Final = 64 * 1024
FREE: Final = 4 * 1024
"""Bytes waiting for a watcher beyond which nothing more is put on top, and at which it is given the whole list."""
LONGEST_LAG_S: Final = 30.0
"""A watcher who has not read in so long is closed."""
PIECE: Final = 100
"""Watchers written to without a rest: about a millisecond."""

_encode = msgspec.json.Encoder().encode


@dataclass(eq=False, slots=True)
class Watcher:
    """One socket that shows a list."""

    wire: Wire
    lags_since: float | None = None
    """It has missed changes from then on (monotonic seconds), and is owed the whole list."""

    def send(self, payload: bytes) -> None:
        """Now, without waiting."""
        self.wire.write(payload, True)


@dataclass(eq=False, slots=True)
class Window:
    """The first rows of one list, and who watches them."""

    shelf: Shelf
    limit: int
    shown: dict[RoomId, bytes]
    """What the watchers know."""
    version: int
    sums: bytes = b""
    watchers: set[Watcher] = field(default_factory=set)
    laggards: set[Watcher] = field(default_factory=set)
    _whole: bytes = b""

    def __post_init__(self) -> None:
        self.sums = self._sums()

    def whole(self) -> bytes:
        """The whole list as its watchers know it, encoded once for as many as ask."""
        if not self._whole:
            meters.count("lobby_encodings")
            self._whole = b'{"t":"rooms","rooms":[%b],%b}' % (b",".join(self.shown.values()), self.sums)
        return self._whole

    def changes(self, fresh: dict[RoomId, bytes]) -> bytes:
        """What leads from what the watchers know to `fresh`, which they know from then on; b"" when nothing does."""
        rows = [row for room, row in fresh.items() if self.shown.get(room) != row]
        gone = [room for room in self.shown if room not in fresh]
        self.version, self.shown = self.shelf.version, fresh
        sums, before = self._sums(), self.sums
        if not rows and not gone and sums == before:
            return b""
        self.sums, self._whole = sums, b""
        meters.count("lobby_encodings")
        return b'{"t":"changes","rooms":[%b],"gone":%b,%b}' % (b",".join(rows), _encode(gone), sums)

    def _sums(self) -> bytes:
        """How many rooms the whole list has, of which the window shows the first ones."""
        after = self.shelf.key_at(self.limit - 1) if len(self.shelf) > self.limit else None
        return b'"total":%d,"free":%d,"after":%b' % (
            len(self.shelf),
            self.shelf.free,
            _encode(None if after is None else write_cursor(after)),
        )


class Watching:
    """All watchers of one process."""

    def __init__(self, shelves: Shelves) -> None:
        """`run` sends; until then watchers only get what they ask for."""
        self.stale = False
        """Redis does not answer: what is shown may have changed since."""
        self._shelves = shelves
        self._windows: dict[tuple[Filter, int], Window] = {}
        self._where: dict[Watcher, Window] = {}
        meters.gauge("lobby_watchers", lambda: len(self._where))

    def watch(self, watcher: Watcher, wanted: Filter, limit: int = LONGEST_LIST) -> None:
        """Send the whole list, and whatever changes in it from now on. Raises TooManySearches: all is as it was."""
        window = self._windows.get((wanted, limit))
        if window is None:
            shelf = self._shelves.hold(wanted)
            window = Window(shelf, limit, self._shelves.rows(shelf, limit), shelf.version)
            self._windows[wanted, limit] = window
        if self._where.get(watcher) is not window:
            self.leave(watcher)
            self._where[watcher] = window
            window.watchers.add(watcher)
        watcher.lags_since = None
        window.laggards.discard(watcher)
        watcher.send(window.whole())

    def leave(self, watcher: Watcher) -> None:
        """It is gone, or watches another list."""
        window = self._where.pop(watcher, None)
        if window is None:
            return
        window.watchers.discard(watcher)
        window.laggards.discard(watcher)
        if not window.watchers:
            del self._windows[window.shelf.wanted, window.limit]
            self._shelves.release(window.shelf)

    def freshness(self, fresh: bool) -> None:
        """Redis went away, or it is back."""
        if self.stale is fresh:
            self.stale = not fresh
            for watcher in list(self._where):
                watcher.send(self.status())

    def status(self) -> bytes:
        """How much the list can be trusted."""
        return _encode({"t": "status", "state": "stale" if self.stale else "ok"})

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            began = time.monotonic()
            for window in list(self._windows.values()):
                await self._send(window)
            await asyncio.sleep(max(EVERY_S / 5, EVERY_S - (time.monotonic() - began)))

    async def _send(self, window: Window) -> None:
        payload = b""
        if window.version != window.shelf.version:
            payload = window.changes(self._shelves.rows(window.shelf, window.limit))
        now = time.monotonic()
        watchers = list(window.watchers if payload else window.laggards)
        for start in range(0, len(watchers), PIECE):
            for watcher in watchers[start : start + PIECE]:
                if self._where.get(watcher) is window:  # it may have gone while we rested
                    _tell(watcher, window, payload, now)
            if payload:
                await asyncio.sleep(0)


def _tell(watcher: Watcher, window: Window, payload: bytes, now: float) -> None:
    """Give one watcher the changes, or what it is owed."""
    waiting = watcher.wire.buffered
    if watcher.lags_since is None:
        if waiting <= LAGGING:
            meters.count("lobby_messages")
            watcher.send(payload)
            return
        meters.count("lobby_laggards")
        watcher.lags_since = now
        window.laggards.add(watcher)
    elif waiting <= FREE:
        watcher.lags_since = None
        window.laggards.discard(watcher)
        watcher.send(window.whole())
    elif now - watcher.lags_since > LONGEST_LAG_S:
        watcher.wire.close(Close.TOO_SLOW, "This page does not read what it is sent. Connect again.")
