"""A journal read back: whether it is whole, and what it holds. Pure; rooms/core/replay.py plays it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from rooms.core.ids import Seat
from rooms.core.journal import FORMAT, Begun, Ended, Line, Record, Sat, broken_at, read_lines
from rooms.core.room import Cast


class Flaw(Exception):
    """A journal that cannot be replayed, or not to the same end: why, and where.

    `tick` is where it was found (None: nowhere in particular), `since` the last tick that was proved to be the same.
    """

    def __init__(self, code: str, message: str, tick: int | None = None, since: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.tick, self.since = code, message, tick, since


@dataclass(frozen=True, slots=True)
class Tape:
    """A journal whose chain is intact: how the match began, and all that came after. `ended` None: it is cut off."""

    begun: Begun
    records: tuple[Record, ...]
    ended: Ended | None

    @property
    def ticks(self) -> int:
        """The last step that it tells of."""
        return tick_of(self.records[-1]) if self.records else 0

    @property
    def cast(self) -> dict[Seat, Cast]:
        """Who played each seat, those who came last where several did."""
        came = (record for record in self.records if isinstance(record, Sat))
        return {**self.begun.cast, **{sat.seat: Cast(sat.player, sat.strength) for sat in came}}

    @property
    def chance(self) -> tuple[str, int]:
        """What every draw by lot follows from: the seed, and the number of the match."""
        return self.begun.seed, self.begun.match


def tick_of(record: Record) -> int:
    """The step that a record belongs to; 0 for the beginning."""
    return 0 if isinstance(record, Begun) else record.tick


def read_tape(raw: bytes) -> Tape:
    """The journal in a msgpack array of lines. Raises Flaw."""
    try:
        lines = read_lines(raw)
    except msgspec.DecodeError as error:
        raise _unreadable(raw, error) from error
    return tape_of(lines)


def tape_of(lines: Sequence[Line]) -> Tape:
    """The journal in these lines. Raises Flaw: a changed line is found at its tick."""
    records = [line.record for line in lines]
    first, rest = (records[0], records[1:]) if records else (None, [])
    if not isinstance(first, Begun):
        raise Flaw("cut", "The journal lacks its beginning.")
    _demand_format(first.format)
    broken = broken_at(list(lines))
    if broken is not None:
        tick = tick_of(lines[broken].record)
        raise Flaw("changed", f"The journal was changed at tick {tick}: record {broken + 1} does not follow.", tick)
    ends = [at for at, record in enumerate(rest) if isinstance(record, Ended | Begun)]
    if ends and (ends[0] != len(rest) - 1 or isinstance(rest[-1], Begun)):
        tick = tick_of(rest[ends[0]])
        raise Flaw("changed", f"The journal goes on after the end of the match at tick {tick}.", tick)
    last = rest[-1] if rest else None
    return Tape(first, tuple(rest), last if isinstance(last, Ended) else None)


def _demand_format(found: int) -> None:
    if found != FORMAT:
        message = f"The journal has format {found}; this version of Holdfast reads format {FORMAT}."
        raise Flaw("unknown_format", message)


def _unreadable(raw: bytes, error: msgspec.DecodeError) -> Flaw:
    """Why lines cannot be read: of another format, which says so in its first record, or no journal at all."""
    try:
        first: Any = msgspec.msgpack.decode(raw)[0][0]
        if first[0] == "begun" and isinstance(first[1], int):
            _demand_format(first[1])
    except Flaw as flaw:
        return flaw
    except (msgspec.DecodeError, TypeError, LookupError):
        pass  # not even an array of records: what the first reading found says more
    return Flaw("unreadable", f"The journal cannot be read: {error}.")
