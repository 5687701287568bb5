"""The bounds of a room: nothing in it grows or waits without end. Milliseconds unless said otherwise."""

from __future__ import annotations

import msgspec


class Bounds(msgspec.Struct, frozen=True):
    """What the operator may set (HOLDFAST_* in the environment); the defaults suit a public server."""

    reserve_ms: int = 15_000
    """How long a seat is held for a player who has not connected yet."""
    hold_ms: int = 20_000
    """How long a seat is held outside a match for a player whose connection was lost."""
    idle_ms: int = 60_000
    """A room without a person connected is closed after this time."""
    paused_idle_ms: int = 3_600_000
    """The same for a paused room, so that the operator can see what happened, and mend it."""
    bot_call_ms: int = 3_000
    """A bot's seat without a connection calls for a bot this often."""
    spectators: int = 200
    """The most spectators of a room at once."""
    events: int = 256
    """How many of the newest events are kept for players who come back."""
    players: int = 512
    """How many players' input counters a room remembers; the oldest of one neither connected nor seated goes first."""
    banned: int = 64
    """How many kicked players a room remembers."""
    room_bytes: int = 512 * 1024
    """The size of a room with its game's state, encoded; a pass that makes it larger is undone and pauses it."""
    journal_bytes: int = 4 * 1024 * 1024
    """The journal of one match: about an hour of eight busy players. A longer match goes on without a replay."""
    name_letters: int = 24
    chat_letters: int = 300
    chat_every_ms: int = 700
    """The least time between two chat lines of a player, on average; a burst of `chat_burst` is free."""
    chat_burst: int = 5
    moves_per_step: int = 256
    """How many moves of one seat a single step takes; further ones are refused as slow_down.

    As many as a client keeps unanswered (static/js/net/outbox.js), so that what waited out an outage all counts.
    """
