"""When a socket is pinged, and when it is given up: the deadlines of one open socket. Pure; the clock is handed in.

A ping goes out every `ping_s` whatever the peer says meanwhile, and its own bytes must come back within `pong_s`:
who talks but never reads is found out as well.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

STALL_S: Final = 30.0
"""How long a peer may leave the buffer full before it is dropped."""


class Due(Enum):
    """What is to be done with a socket now."""

    NOTHING = 0
    PING = 1
    SILENT = 2
    """It did not answer its ping."""
    STALLED = 3
    """It took nothing for STALL_S."""


class Keepalive:
    """The deadlines of one socket. All times are of one monotonic clock, in seconds."""

    __slots__ = ("_asked", "_expected", "_full_since", "_next")

    def __init__(self, now: float, ping_s: float) -> None:
        """Open since `now`; the first ping is due after `ping_s`."""
        self._next = now + ping_s
        self._asked: float | None = None
        self._expected = b""
        self._full_since: float | None = None

    def due(self, now: float, ping_s: float, pong_s: float) -> Due:
        """What is due; whoever asks does it (and says `pinged`)."""
        if self._full_since is not None and now - self._full_since >= STALL_S:
            return Due.STALLED
        if self._asked is not None:
            return Due.SILENT if now - self._asked >= pong_s else Due.NOTHING
        if now < self._next:
            return Due.NOTHING
        self._next = now + ping_s
        return Due.PING

    def pinged(self, now: float, token: bytes) -> None:
        """A ping with `token` was sent."""
        self._asked, self._expected = now, token

    def ponged(self, token: bytes) -> None:
        """A pong came; only the one that was asked for counts."""
        if token == self._expected:
            self._asked = None

    def deaf(self, now: float, ping_s: float) -> None:
        """We do not read it for now, so its pong cannot be expected."""
        self._asked, self._next = None, now + ping_s

    def full(self, now: float | None) -> None:
        """Since when the peer leaves too much unread; None when it does not."""
        self._full_since = now
