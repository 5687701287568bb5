"""A match played again from its journal by the rules alone: its states, and what the journal says that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rooms.core import journal
from rooms.core.game import Input, Now, Rules
from rooms.core.journal import Begun, Ended, Gone, Line, Mark, Sat, Stepped
from rooms.core.rng import Rng
from tests.chaos.history import digest


@dataclass
class Resimulation:
    """`seen`: for each state in turn, the digests of what seats (and -1) are shown of it."""

    rules: Rules
    begun: Begun | None = None
    ended: Ended | None = None
    state: Any = None
    tick: int = 0
    seen: list[dict[int, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cast: set[int] = field(default_factory=set)
    marked: list[int] = field(default_factory=list)

    def play(self, lines: list[Line]) -> None:
        """Play all of it, as far as it goes."""
        broken = journal.broken_at(lines)
        if broken is not None:
            self.faults.append(f"the chain breaks at line {broken}: {lines[broken].record}")
        for index, line in enumerate(lines):
            record = line.record
            if (index == 0) != isinstance(record, Begun) or self.ended is not None:
                self.faults.append(f"line {index} is out of place: {record}")
                return
            try:
                self._take(record)
            except Exception as error:  # rules fed with a wrong journal may raise anything
                self.faults.append(f"line {index} cannot be played: {record}: {error!r}")
                return

    def _take(self, record: journal.Record) -> None:
        if isinstance(record, Begun):
            self._begin(record)
            return
        ticking = self.rules.tick_hz > 0
        last = record.tick - 1 if isinstance(record, Stepped) else record.tick
        if record.tick < self.tick or (isinstance(record, Stepped) and record.tick <= self.tick):
            self.faults.append(f"back in time after tick {self.tick}: {record}")
        if not ticking and last > self.tick:
            self.faults.append(f"steps are missing after tick {self.tick}: {record}")
        while ticking and self.tick < last:
            self._step(self.tick + 1, (self.tick + 1) * 1000 // self.rules.tick_hz, ())
        if isinstance(record, Stepped):
            self._stepped(record)
        elif isinstance(record, Sat | Gone):
            self._seats(record)
        else:
            self._compare(record)

    def _begin(self, record: Begun) -> None:
        self.begun = record
        self.cast = set(record.cast)
        options = self.rules.options(**record.options)
        self.state = self.rules.setup(options, sorted(record.cast), Rng(record.seed, record.match, 0))
        self._expect(record.digest, "after setup")
        self._look()

    def _stepped(self, record: Stepped) -> None:
        if self.rules.tick_hz and record.ms != record.tick * 1000 // self.rules.tick_hz:
            self.faults.append(f"tick {record.tick} cannot be at {record.ms} ms")
        refused = self._step(record.tick, record.ms, record.given)
        said = {at: given.refused for at, given in enumerate(record.given) if given.refused}
        if refused != said:
            self.faults.append(f"tick {record.tick}: the rules refuse {refused}, the journal says {said}")

    def _step(self, tick: int, ms: int, given: tuple[journal.Given, ...]) -> dict[int, str]:
        assert self.begun is not None
        inputs = [Input(one.seat, msgspec.msgpack.decode(one.move, type=self.rules.move)) for one in given]
        step = self.rules.step(self.state, inputs, Now(tick, ms), Rng(self.begun.seed, self.begun.match, tick))
        self.state, self.tick = step.state, tick
        self._look()
        return {no.index: no.code for no in step.rejections}

    def _seats(self, record: Sat | Gone) -> None:
        assert self.begun is not None
        seed = (self.begun.seed, self.begun.match, record.tick)
        if isinstance(record, Sat):
            self.cast.add(record.seat)
            if record.joined and self.rules.join is not None:
                self.state = self.rules.join(self.state, record.seat, Rng(*seed, "join", record.seat))
        elif self.rules.leave is not None:
            self.state = self.rules.leave(self.state, record.seat, Rng(*seed, "leave", record.seat))
        self._look()

    def _compare(self, record: Mark | Ended) -> None:
        self._expect(record.digest, f"after tick {record.tick}")
        if isinstance(record, Mark):
            self.marked.append(record.tick)
            return
        self.ended = record
        if self.marked != list(range(journal.MARK_EVERY, record.tick + 1, journal.MARK_EVERY)):
            self.faults.append(f"digests stand after ticks {self.marked} of {record.tick}")
        outcome = self.rules.outcome(self.state)
        if outcome is not None and (outcome.places, outcome.reason) != (record.places, record.reason):
            self.faults.append(f"the outcome is {outcome}, the journal says {record}")

    def _expect(self, word: str, when: str) -> None:
        if journal.digest(self.state, self.rules) != word:
            self.faults.append(f"another state {when} than the journal's digest says")

    def _look(self) -> None:
        viewers = [*self.cast, -1] if self.rules.hidden else [-1]
        view = self.rules.view
        trees = {who: msgspec.to_builtins(view(self.state, who if who >= 0 else None)) for who in viewers}
        self.seen.append({who: digest(tree) for who, tree in trees.items()})


def moves(lines: list[Line]) -> Iterator[journal.Given]:
    """All inputs of a journal, in order."""
    for line in lines:
        if isinstance(line.record, Stepped):
            yield from line.record.given
