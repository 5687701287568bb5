"""Why a socket was closed. Below 4500: come back (with back-off). From 4500 on: final, coming back changes nothing."""

from __future__ import annotations

from enum import IntEnum


class Close(IntEnum):
    """The application's own codes; 1000 to 1015 keep their meaning of RFC 6455."""

    SLOW_DOWN = 4408
    """Too many messages; wait a while."""
    TOO_SLOW = 4409
    """The reader could not follow; reconnect and start from the newest state."""
    NO_HELLO = 4410
    """The first message did not come in time."""
    SERVER_BUSY = 4413
    """Too many connections here, or no engine answered; try again."""
    BAD_MESSAGE = 4500
    """A message that is not of this protocol."""
    REPLACED = 4501
    """The same player connected to the same room elsewhere."""
    NOT_FOUND = 4504
    """No such room, or it has closed."""
    ROOM_FULL = 4505
    """No free seat, or no more room for spectators."""
    KICKED = 4506
    """The host removed this player."""
    LEFT = 4507
    """The player left by their own wish."""
    FORBIDDEN = 4508
    """Not allowed: origin, token or scope."""
    ROOM_CLOSED = 4510
    """The room came to its end."""
    LOST = 4511
    """The server lost part of its memory, and the room with it."""


def may_reconnect(code: int) -> bool:
    """True when a client should come back after `code`."""
    return code < 4500
