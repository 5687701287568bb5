"""What changes a room, as it is written in a shard's log: the only way in.

browser | bot -> consumer -> [Entry in the log] -> engine -> room

Every struct is tagged and array-like, so that an entry costs few bytes. Times are milliseconds. What comes in thousands
is left out of garbage collections (`gc=False`): it is read from bytes, so it is in no cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from rooms.core.ids import PlayerId, RoomId, Seat, SocketId, WebId

Wire = Literal[0, 1]
"""How a socket wants its frames: 0 JSON text, 1 msgpack binary."""
JSON: Final = 0
MSGPACK: Final = 1
Kind = Literal["guest", "bot", "api"]
Want = Literal["play", "watch", "auto"]
"""play: a seat or a refusal. watch: no seat. auto: the seat one has, else a free one if it can be taken, else watch."""

Action = Literal["resume", "close"]
"""What an operator may do with a room."""


class Player(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A person or a bot. `kind`: a guest of the pages, a built-in bot, or a program with a token."""

    id: PlayerId
    name: str
    kind: Kind = "guest"


class Resume(msgspec.Struct, frozen=True, array_like=True):
    """Where a returning client stopped: the room's incarnation and the last event offset it saw."""

    incarnation: str
    offset: int


# -- bodies that HTTP, the engine or a web process appends


class Open(msgspec.Struct, frozen=True, array_like=True, tag="open"):
    """Make a room. `size` seats; `seed` decides its chance; `fill_ms` > 0 adds bots after that time (quick play)."""

    game: str
    options: dict[str, Any]
    size: int
    seed: str
    host: Player | None
    private: bool = False
    fill_ms: int = 0
    incarnation: str = ""
    """A random word that tells this opening from any other; clients resume only within it."""


class Reserve(msgspec.Struct, frozen=True, array_like=True, tag="reserve"):
    """Hold a seat for a player who is on the way (quick play, API). Lapses when no socket comes."""

    player: Player


class Attach(msgspec.Struct, frozen=True, array_like=True, tag="attach"):
    """A socket says hello: the room answers with a welcome to it alone."""

    socket: SocketId
    web: WebId
    player: Player
    wire: Wire
    want: Want = "auto"
    resume: Resume | None = None
    again: bool = False
    """It was welcomed before: a socket of the same player that was opened later is not replaced by it."""
    born_ms: int = 0
    """When it was opened, by its web process' clock, in milliseconds since 1970."""


class Detach(msgspec.Struct, frozen=True, array_like=True, tag="detach"):
    """A socket is gone."""

    socket: SocketId


class Lapse(msgspec.Struct, frozen=True, array_like=True, tag="lapse"):
    """A web process is gone, and all its sockets with it. Applies to every room of the shard."""

    web: WebId


class RollCall(msgspec.Struct, frozen=True, array_like=True, tag="roll"):
    """A web process names its sockets in this room: any other of its that was opened by `until_ms` is gone.

    Redis may write an entry late and twice; with the time it harms no socket that came since.
    """

    web: WebId
    here: tuple[SocketId, ...]
    until_ms: int
    """By the clock of the web process, in milliseconds since 1970."""


class Resync(msgspec.Struct, frozen=True, array_like=True, tag="resync"):
    """A socket lost something: welcome it again from `resume`, or with the whole."""

    socket: SocketId
    resume: Resume | None = None


class Operate(msgspec.Struct, frozen=True, array_like=True, tag="operate"):
    """Whoever runs the server mends a paused room, or ends any room. `reason` is told to its players when it ends."""

    action: Action
    reason: str = ""


# -- bodies that a player sends; all carry the player's seq, counted once


class MoveBody(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="move"):
    """The game's own move, msgpack-encoded after the consumer validated it."""

    move: bytes


class ChatBody(msgspec.Struct, frozen=True, array_like=True, tag="chat"):
    text: str


class ReadyBody(msgspec.Struct, frozen=True, array_like=True, tag="ready"):
    ready: bool


class StartBody(msgspec.Struct, frozen=True, array_like=True, tag="start"):
    """The host starts the match."""


class RematchBody(msgspec.Struct, frozen=True, array_like=True, tag="rematch"):
    """A player wants another match; it starts when all seated people agree."""


class SitBody(msgspec.Struct, frozen=True, array_like=True, tag="sit"):
    """A spectator takes a free seat (`seat` None: the first)."""

    seat: Seat | None = None


class StandBody(msgspec.Struct, frozen=True, array_like=True, tag="stand"):
    """Give the seat up and watch."""


class LeaveBody(msgspec.Struct, frozen=True, array_like=True, tag="leave"):
    """Give the seat up for good and go."""


class KickBody(msgspec.Struct, frozen=True, array_like=True, tag="kick"):
    """The host empties a seat (also of a bot)."""

    seat: Seat


class HostBody(msgspec.Struct, frozen=True, array_like=True, tag="host"):
    """The host hands the room over to the player in `seat`."""

    seat: Seat


class BotBody(msgspec.Struct, frozen=True, array_like=True, tag="bot"):
    """The host puts a built-in bot into `seat` (None: the first free one)."""

    strength: str
    seat: Seat | None = None


Body = (
    MoveBody
    | ChatBody
    | ReadyBody
    | StartBody
    | RematchBody
    | SitBody
    | StandBody
    | LeaveBody
    | KickBody
    | HostBody
    | BotBody
)


class Command(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="command"):
    """A player's input through a socket. (player, seq) is counted once; `seq` grows from 1 for each player."""

    socket: SocketId
    player: PlayerId
    seq: int
    body: Body
    prev: int = 0
    """The seq that this socket handed on as the next lower one, at whatever time; 0 if none.

    A room that has not counted it knows that entries before this one are lost (an older file of Redis, a replica that
    lagged) or were dropped (of a spectator whose web process had lapsed).
    """


Act = Open | Reserve | Attach | Detach | Lapse | RollCall | Resync | Operate | Command


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One entry of a shard's log. `room` is "" for what concerns every room. `reply` names a waiting caller or ""."""

    room: RoomId
    act: Act
    reply: str = ""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)
_pack_decoder = msgspec.msgpack.Decoder(list[Entry])
_split_decoder = msgspec.msgpack.Decoder(list[msgspec.Raw])
SMALL_ARRAY: Final = 16
"""Elements from which on msgpack writes the length of an array in two bytes of its own."""


def dump_entry(entry: Entry) -> bytes:
    """The bytes of an entry as they stand in a pack."""
    return _encoder.encode(entry)


def parse_entry(raw: bytes) -> Entry:
    """The entry in `raw`. Raises msgspec.ValidationError or msgspec.DecodeError when it is none."""
    return _decoder.decode(raw)


def dump_pack(raws: Sequence[bytes]) -> bytes:
    """Entries of `dump_entry` as one pack, a msgpack array of them: what stands in the log under one id."""
    count = len(raws)
    head = bytes((0x90 | count,)) if count < SMALL_ARRAY else b"\xdc" + count.to_bytes(2, "big")
    return head + b"".join(raws)


def parse_pack(raw: bytes) -> list[Entry]:
    """The entries of a pack, in order. Raises like parse_entry when one of them, or the whole, is none."""
    return _pack_decoder.decode(raw)


def split_pack(raw: bytes) -> list[bytes]:
    """The bytes of each entry of a pack, whatever they are. Raises msgspec.DecodeError when it is none."""
    return [bytes(one) for one in _split_decoder.decode(raw)]
