"""What is known of one room when it is over: what each player sent and heard, and what the server kept.

All times are monotonic seconds of the test process. A history can be written down and read back (`dump`, `parse`).
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import msgspec

from rooms.core.journal import Line


class _Record(msgspec.Struct, frozen=True, array_like=True, tag=True):
    at: float


class Opened(_Record, frozen=True):
    """A connection was made, and hello said."""

    web: int
    incarnation: str
    offset: int


class Sent(_Record, frozen=True):
    """An input went out; `copy` counts its sendings from 0. `match`, `phase`: what its sender saw then."""

    seq: int
    kind: str
    body: bytes
    """A move as msgpack, a chat line's text; else empty."""
    copy: int
    match: int
    phase: str


class Answered(_Record, frozen=True):
    """An input of ours is answered. `by`: "frame", "ack", "welcome", or "reject" with its `code`."""

    seq: int
    by: str
    code: str = ""


class Told(_Record, frozen=True):
    """An event. `past`: it came inside a welcome."""

    offset: int
    kind: str
    body: dict[str, Any]
    past: bool


class Shown(_Record, frozen=True):
    """A state was shown: of a frame or a welcome, with patches applied.

    `room`, `game`: digests of its parts. `base` -1: it came whole.
    """

    tick: int
    ms: int
    base: int
    seat: int
    """Whose view: the own seat, -1 for a spectator."""
    room: str
    game: str
    match: int
    phase: str
    welcome: bool = False


class Welcomed(_Record, frozen=True):
    """A welcome; the `Shown` and the `Told` it brought follow. `fresh`: the first of its connection."""

    incarnation: str
    epoch: int
    seq: int
    offset: int
    recovered: bool
    fresh: bool
    match: int
    phase: str
    paused: bool


class Status(_Record, frozen=True):
    """The service's health as the server tells it."""

    state: str


class Missed(_Record, frozen=True):
    """A patch whose base is not held: the whole was asked for."""

    tick: int
    base: int


class Closed(_Record, frozen=True):
    """The connection ended; 1006 without a word, 0 by our own decision (nothing was heard for too long)."""

    code: int
    said: bool
    """A goodbye came before."""


Record = Opened | Sent | Answered | Told | Shown | Welcomed | Status | Missed | Closed


class Violation(msgspec.Struct, frozen=True):
    """Something that must not be. `kind`: lost, doubled, hole, view, order, journal, refused, unanswered, record."""

    kind: str
    room: str
    text: str


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """An event as the server kept it; `seats` None: for everyone."""

    offset: int
    kind: str
    body: dict[str, Any]
    seats: tuple[int, ...] | None = None


class Rest(msgspec.Struct, frozen=True):
    """The room as the server had it at the end, when nothing changed any more. Trees are plain values."""

    incarnation: str
    tick: int
    offset: int
    match: int
    phase: str
    seqs: dict[str, int]
    seats: tuple[str | None, ...]
    """Player ids."""
    state: bytes
    """msgpack, of the game's State; of nil before a match."""
    room: Any
    games: dict[int, Any]
    """A fresh view for each seat, and for spectators at -1."""
    events: tuple[Kept, ...]
    """The newest ones, oldest first."""


class Seen(msgspec.Struct, frozen=True):
    """The last view of a player: the whole tree, and the seat whose view it is."""

    tick: int
    seat: int
    tree: Any


class History(msgspec.Struct):
    """One room from its opening to its end."""

    room: str
    game: str
    hz: int
    hidden: bool
    logs: dict[str, list[Record]] = {}
    """By player."""
    last: dict[str, Seen] = {}
    journals: dict[int, list[Line]] = {}
    """By match."""
    recorded: dict[int, int] = {}
    """By match: how many rows the database has of it."""
    final: Rest | None = None
    """None: the room was lost (see `lost`), or its end was not waited for."""
    lost: bool = False
    """Its memory was taken away on purpose, so it had to end with a word and without a jump."""


def dump(history: History) -> bytes:
    """The history as msgpack."""
    return msgspec.msgpack.encode(history)


def parse(raw: bytes) -> History:
    """The history in `raw`."""
    return msgspec.msgpack.decode(raw, type=History)


def digest(tree: Any) -> str:
    """A short word for plain values; equal trees have equal ones."""
    raw = msgspec.msgpack.encode(tree, order="deterministic")
    return f"{crc32(raw):08x}{len(raw):x}"
