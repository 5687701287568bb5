"""What an engine hands to a web process after a commit: bytes that are ready for the socket, and for whom.

One `Parcel` per shard, web process and commit, published inside the commit script; the hub splits it. Everything is
encoded already, in each wire format that some socket of that process wants.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rooms.core.ids import RoomId, SocketId
from rooms.core.inputs import Wire

View = int
"""Whose view a frame is: a seat number, WATCH, or SHARED where all see the same."""
WATCH: Final = -1
SHARED: Final = -2


class ViewFrame(msgspec.Struct, frozen=True, array_like=True):
    """One view's frame at the room's tick. `base` -1: a keyframe. Else the tick of the keyframe it patches."""

    view: View
    wire: Wire
    base: int
    payload: bytes


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """A part of the deltas of a room whose viewers get different parts: the hub puts each viewer's together.

    `of` is SHARED (everybody's), a seat (its private part), or CELL + the number of a cell. `body`: `count` items of
    changes, encoded. `base`: the tick of the keyframe it builds on; with `key`, it is a cell's keyframe itself.
    """

    of: int
    wire: Wire
    base: int
    body: bytes = b""
    count: int = 0
    key: bool = False


CELL: Final = 1000


class Broadcast(msgspec.Struct, frozen=True, array_like=True):
    """An event, for the views listed or for all (None)."""

    offset: int
    views: tuple[View, ...] | None
    seats: tuple[int, ...] | None
    """Who may see it, by seat, where views are shared (SHARED tells nothing about the seat). None: all."""
    wire: Wire
    payload: bytes


class Direct(msgspec.Struct, frozen=True, array_like=True):
    """For one socket alone. `view`, when given, is what it sees from now on (a welcome; `payload` is its keyframe).

    `close` > 0: send the payload (a goodbye), then close with that code.
    """

    socket: SocketId
    payload: bytes
    view: View | None = None
    seat: int = -1
    close: int = 0
    reason: str = ""
    resumed: int = -1
    """Of a welcome: the offset after which its events are all there; -1 when it says itself that there is a hole."""


class Delivery(msgspec.Struct, frozen=True, array_like=True):
    """All that one web process must deliver for one room.

    In this order: directs that answer (refusals, acknowledgements), events, frames, then welcomes and goodbyes. So a
    refusal always comes before the frame whose `acks` cover its seq.
    """

    room: RoomId
    epoch: int
    tick: int
    offset: int
    """Of the room's newest event after this commit."""
    events: list[Broadcast]
    frames: list[ViewFrame]
    directs: list[Direct]
    sockets: int = -1
    """How many sockets of this web process the room holds, so that it can tell when that is wrong; -1: not said."""
    pieces: list[Piece] = []
    """Of rooms whose viewers get different parts: those that are new since the last delivery; SHARED always."""
    sights: dict[int, tuple[int, ...]] = {}
    """The cells that a seat sees from now on (WATCH: spectators), where that has changed."""
    hz: int = 0
    """Of a room that takes inputs at its ticks only: how many ticks a second. 0: at any time, or nothing is known."""
    ahead_ms: int = 0
    """With `hz`: from about when this arrives to a tick. From then on a web process reckons by itself."""


Parcel = list[Delivery]

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Parcel)


def dump_parcel(parcel: Parcel) -> bytes:
    return _encoder.encode(parcel)


def parse_parcel(raw: bytes) -> Parcel:
    return _decoder.decode(raw)
