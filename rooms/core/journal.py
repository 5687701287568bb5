"""The journal of a match: all that decided it, so that it can be played again to the same end. Pure.

start, step, sit, leave, end -> [note] -> Effects.journal -> commit -> Redis -> lobby worker -> Replay

Seed, options, version and the inputs by tick are enough, because rules are pure (law 6). Two kinds of proof stand
beside them: `check` chains the lines, so that a changed line is found at its own tick; a Mark holds a digest of the
state every MARK_EVERY steps, so that rules that do not repeat themselves are found between two marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final
from zlib import crc32

import msgspec

from rooms.core.effects import Effects
from rooms.core.game import Place, Rules
from rooms.core.ids import PlayerId, RoomId, Seat
from rooms.core.inputs import Player
from rooms.core.room import Cast, Live

FORMAT: Final = 1
"""Of the records below; a reader refuses any other."""
MARK_EVERY: Final = 100
"""Steps between two digests of the state: five seconds at 20 Hz, for about 20 µs."""
GIVEN_UP: Final = -1
"""`Room.journalled` of a match whose journal outgrew its bound."""


class Begun(msgspec.Struct, frozen=True, array_like=True, tag="begun"):
    """The match starts: what `setup` was given, and a digest of what it gave."""

    format: int
    room: RoomId
    incarnation: str
    match: int
    game: str
    version: int
    options: dict[str, Any]
    seed: str
    hz: int
    size: int
    cast: dict[Seat, Cast]
    started_ms: int
    digest: str


class Given(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One input of a step. `move`: as in MoveBody. `refused`: the code of the rules' refusal, "" when it counted."""

    seat: Seat
    player: PlayerId
    seq: int
    move: bytes
    refused: str = ""


class Stepped(msgspec.Struct, frozen=True, array_like=True, tag="step"):
    """One step at `Now(tick, ms)`. Of a ticking game only steps with inputs are written, of others every one."""

    tick: int
    ms: int
    given: tuple[Given, ...]


class Sat(msgspec.Struct, frozen=True, array_like=True, tag="sat"):
    """Somebody took a seat after step `tick`. `joined`: the rules' `join` ran (else a bot took over unnoticed)."""

    tick: int
    seat: Seat
    player: Player
    strength: str
    joined: bool


class Gone(msgspec.Struct, frozen=True, array_like=True, tag="gone"):
    """Somebody left the match after step `tick`: the rules' `leave` ran, or there is none and the match ended."""

    tick: int
    seat: Seat


class Mark(msgspec.Struct, frozen=True, array_like=True, tag="mark"):
    """The digest of the state after step `tick`."""

    tick: int
    digest: str


class Ended(msgspec.Struct, frozen=True, array_like=True, tag="ended"):
    """The end, after step `tick`. Without places: the match was given up, not decided."""

    tick: int
    ms: int
    digest: str
    places: tuple[Place, ...]
    reason: str


Record = Begun | Stepped | Sat | Gone | Mark | Ended


class Line(msgspec.Struct, frozen=True, array_like=True):
    """A record and the CRC-32 of all records up to it (`chain`)."""

    record: Record
    check: int


_ONE: Final = b"\x91"
_PAIR: Final = b"\x92"
"""How msgpack begins an array of one, and of two."""
_encoder = msgspec.msgpack.Encoder()
_canonical = msgspec.msgpack.Encoder(order="deterministic")
_lines = msgspec.msgpack.Decoder(list[Line])


def note(live: Live, fx: Effects, record: Record) -> None:
    """Write a record into the journal of the room's match, unless that has become too long."""
    room = live.room
    if isinstance(record, Begun):
        room.chain = room.journalled = 0
    elif room.journalled <= 0:
        return
    raw = _encoder.encode(record)
    room.chain = check = chain(raw, room.chain)
    line = _PAIR + raw + _encoder.encode(check)
    room.journalled += len(line)
    if room.journalled > live.bounds.journal_bytes:
        room.journalled = GIVEN_UP
        fx.journal.pop(room.match, None)
        fx.unjournalled.append(room.match)
        return
    fx.journal.setdefault(room.match, []).append(line)


def note_mark(live: Live, fx: Effects) -> None:
    """Write a digest: due every MARK_EVERY steps."""
    if live.room.journalled > 0:
        note(live, fx, Mark(live.room.match_tick, digest(live.state, live.rules)))


def begun(live: Live, started_ms: int) -> Begun:
    """The first record of the match that has just been set up."""
    room, rules = live.room, live.rules
    return Begun(
        format=FORMAT,
        room=room.id,
        incarnation=room.incarnation,
        match=room.match,
        game=room.game,
        version=room.version,
        options=room.options,
        seed=room.seed,
        hz=rules.tick_hz,
        size=room.size,
        cast=dict(room.cast),
        started_ms=started_ms,
        digest=digest(live.state, rules),
    )


def digest(state: Any, rules: Rules) -> str:
    """16 hexadecimal digits that tell one state from another, the same in every process.

    The state is read back from its bytes first: a float that happens to be whole may have become an int, and the
    state of a room that was taken over has gone that way already. Raises TypeError when it cannot be encoded.
    """
    read: Any = msgspec.msgpack.decode(_encoder.encode(state), type=rules.state | None)
    return blake2b(_canonical.encode(read), digest_size=8).hexdigest()


def chain(raw: bytes, before: int) -> int:
    """The check of a record, encoded as `raw`, that follows one with the check `before` (0 for the first)."""
    return crc32(raw, before)


def dump_lines(lines: list[bytes]) -> bytes:
    """Several lines as one item of the journal in Redis."""
    if len(lines) == 1:  # as of most passes
        return _ONE + lines[0]
    return _encoder.encode([msgspec.Raw(line) for line in lines])


def join_items(items: Sequence[bytes]) -> bytes:
    """All items of a journal as one: what the database keeps."""
    raws = msgspec.msgpack.Decoder(list[msgspec.Raw])
    return _encoder.encode([line for item in items for line in raws.decode(item)])


def read_lines(raw: bytes) -> list[Line]:
    """The lines in an item, or in all items joined. Raises msgspec.DecodeError."""
    return _lines.decode(raw)


def broken_at(lines: list[Line]) -> int | None:
    """The index of the first line whose check does not follow from the lines before it; None when all do."""
    before = 0
    for index, line in enumerate(lines):
        before = chain(_encoder.encode(line.record), before)
        if before != line.check:
            return index
    return None
