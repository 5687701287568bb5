"""What one player's log must hold by itself: times and epochs go forward, each input is answered once, nothing is
told twice. docs/protocol.md has the promises.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.chaos.history import (
    Answered,
    Closed,
    Missed,
    Opened,
    Record,
    Sent,
    Shown,
    Told,
    Violation,
    Welcomed,
)

KEPT = 256
"""Events a room keeps: who missed no more than these is given exactly those."""


class PlayerCheck:
    """Reads one log from its beginning. `run` yields what is wrong."""

    def __init__(self, room: str, player: str, log: Sequence[Record]) -> None:
        self.room, self.player, self.log = room, player, log
        self.incarnation = ""
        self.epoch = self.top = self.offset = self.past = 0
        self.at = -1.0
        self.opened: Opened | None = None
        self.wholes: set[int] = set()
        self.older: Shown | None = None
        """A whole older than what was shown before: only as the base of what comes next."""
        self.sent: set[int] = set()
        self.answered: set[int] = set()
        self.welcomed = False
        """This connection was."""
        self.due: Welcomed | None = None
        """The welcome whose state has not been shown yet: it comes at once."""
        self.highest = 0
        """The highest seq that was answered, but for refusals."""

    def run(self, ended: bool) -> Iterator[Violation]:
        """`ended`: the log goes to a quiet end, so nothing may be left open."""
        for record in self.log:
            if record.at < self.at:
                yield self._say("order", f"time goes back in the log at {record}")
            self.at = record.at
            yield from self._take(record)
        if ended and self.older is not None:
            yield self._say("order", f"tick {self.older.tick} was shown last, after {self.top}")
        if ended and self.sent - self.answered:
            yield self._say("unanswered", f"inputs {sorted(self.sent - self.answered)} were never answered")

    def _say(self, kind: str, text: str) -> Violation:
        return Violation(kind, self.room, f"{self.player}: {text}")

    def _take(self, record: Record) -> Iterator[Violation]:
        match record:
            case Opened():
                self.opened = record
                if record.offset != self.offset:
                    yield self._say("order", f"resumes from {record.offset} and has seen {self.offset}")
            case Welcomed():
                yield from self._welcomed(record)
            case Told():
                yield from self._told(record)
            case Shown():
                yield from self._shown(record)
            case Sent() if record.copy == 0:
                self.sent.add(record.seq)
            case Answered():
                yield from self._answered(record)
            case Missed():
                if record.base in self.wholes:
                    yield self._say("order", f"the patch {record} does not fit its base")
            case Closed():
                if self.due is not None:
                    yield self._say("order", f"a welcome without its state: {self.due}")
                self.wholes.clear()
                self.opened, self.older, self.welcomed, self.due = None, None, False, None
            case _:
                pass

    def _welcomed(self, record: Welcomed) -> Iterator[Violation]:
        if self.incarnation not in ("", record.incarnation):
            yield self._say("order", f"the room became another one: {self.incarnation} {record.incarnation}")
        if record.epoch < self.epoch:
            yield self._say("order", f"the epoch went back from {self.epoch} to {record.epoch}")
        if record.offset < self.offset:
            yield self._say("order", f"the room's offset went back from {self.offset} to {record.offset}")
        missed = record.offset - self.offset
        if record.fresh and self.incarnation and not record.recovered and missed <= KEPT:
            yield self._say("hole", f"came back from {self.offset} to {record.offset} and was not resumed")
        if self.due is not None:
            yield self._say("order", f"a welcome without its state: {self.due}")
        if self.opened is None or record.fresh == self.welcomed:
            yield self._say("order", f"a welcome out of turn: {record}")
        # One that was not the first may answer what was asked before the last came: its repetitions are passed over.
        self.past = self.offset if record.recovered and record.fresh else 0
        self.welcomed, self.due = True, record
        self.incarnation, self.epoch, self.wholes = record.incarnation, record.epoch, set()
        self.offset = max(self.offset, record.offset)

    def _told(self, record: Told) -> Iterator[Violation]:
        known = self.past if record.past else self.offset
        if record.offset <= known:
            yield self._say("doubled", f"event {record.offset} {record.kind} was told after {known}")
        if record.past:
            self.past = record.offset
            if record.offset > self.offset:
                yield self._say("order", f"event {record.offset} is newer than the welcome that brought it")
        else:
            self.offset = max(self.offset, record.offset)

    def _shown(self, record: Shown) -> Iterator[Violation]:
        if record.welcome != (self.due is not None):
            yield self._say("order", f"no welcome brought tick {record.tick}, or another state came before its own")
        self.due = None
        if self.older is not None:
            if record.base != self.older.tick and not record.welcome:
                yield self._say("order", f"tick {self.older.tick} was shown after {self.top}, and nothing built on it")
            self.older = None
        if record.base < 0:
            self.wholes.add(record.tick)
        elif record.base not in self.wholes:
            yield self._say("order", f"tick {record.tick} builds on {record.base}, which was never sent")
        if record.base < 0 and not record.welcome and record.tick < self.top:
            self.older = record
        elif record.tick < self.top or (record.tick == self.top and not record.welcome):
            yield self._say("order", f"tick {record.tick} was shown after {self.top}")
        self.top = max(self.top, record.tick)

    def _answered(self, record: Answered) -> Iterator[Violation]:
        if record.seq not in self.sent and record.by != "welcome":
            yield self._say("order", f"an answer to what was never sent: {record}")
        if record.seq in self.answered:
            yield self._say("doubled", f"input {record.seq} was answered twice")
        if record.seq < self.highest:
            yield self._say("order", f"input {record.seq} was answered after {self.highest}")
        if record.by != "reject":
            self.highest = record.seq
        self.answered.add(record.seq)
