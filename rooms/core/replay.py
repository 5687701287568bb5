"""Plays a match again from its journal, and proves on the way that it is the same match. Pure.

journal -> read_tape -> [Rerun] -> moments (state by tick) -> views (playback.py)
                           `-> Flaw: where journal and rules part ways

Whatever the journal says of the match is compared: the digests of its marks and of its end, which inputs the rules
refused and why, when it was over, with which places. So playing it to the end is verifying it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from rooms.core import simulate
from rooms.core.game import Event, Input, Now, Outcome, Rules
from rooms.core.ids import Seat
from rooms.core.journal import MARK_EVERY, Ended, Given, Gone, Mark, Record, Sat, Stepped, digest
from rooms.core.room import Cast
from rooms.core.tape import Flaw, Tape, read_tape, tick_of


class Verdict(msgspec.Struct, frozen=True):
    """What came of replaying a journal. `ticks`: as far as it was played again; `ms`: the match's time there."""

    ok: bool
    code: str
    """ "same", or why not: see Flaw."""
    message: str
    ticks: int
    ms: int
    tick: int | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """The match after step `tick`. `state` is alive: look at it before asking for the next moment, change nothing."""

    tick: int
    ms: int
    state: Any
    events: tuple[Event, ...]
    given: tuple[Given, ...]
    cast: dict[Seat, Cast]
    outcome: Outcome | None
    """The end, at the last moment."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A moment to start again from."""

    tick: int
    ms: int
    at: int
    """Index of the first record after it."""
    state: bytes
    cast: dict[Seat, Cast]


def verify(raw: bytes, rules: Rules) -> Verdict:
    """Replay a journal, as the database keeps it, from beginning to end."""
    rerun = None
    try:
        rerun = Rerun(read_tape(raw), rules)
        for _ in rerun.moments():
            pass
    except Flaw as flaw:
        tick, ms = (rerun.tick, rerun.ms) if rerun else (0, 0)
        return Verdict(False, flaw.code, flaw.message, tick, ms, flaw.tick, flaw.since)
    return Verdict(True, "same", "The match was replayed to the same end.", rerun.tick, rerun.ms)


class Rerun:
    """One playing of a tape, from its beginning or from a checkpoint of an earlier one."""

    def __init__(
        self, tape: Tape, rules: Rules, start: Checkpoint | None = None, rest: Callable[[], None] | None = None
    ) -> None:
        """`rest` is called before each step, for those who must not work too long at a time.

        Raises Flaw when these are not the rules under which the match was played.
        """
        begun = tape.begun
        if (begun.game, begun.version) != (rules.slug, rules.version):
            of, other = f"version {begun.version} of {begun.game}", f"version {rules.version} of {rules.slug}"
            raise Flaw("other_version", f"The match was played under {of}; these rules are {other}.")
        self.tape, self.rules = tape, rules
        self.state: Any = None
        self.tick = self.ms = self._at = 0
        self.since = 0
        """The last tick whose digest was found equal."""
        self.cast = dict(begun.cast)
        self._events: tuple[Event, ...] = ()
        self._given: tuple[Given, ...] = ()
        self._decided: Outcome | None = None
        self._ended: Ended | None = None
        self._rest = rest
        self._begin() if start is None else self._resume(start)

    def moments(self) -> Iterator[Moment]:
        """Every tick in order, the one it stands on first. Raises Flaw where journal and rules part ways."""
        while True:
            self._settle()
            outcome = None if self._ended is None else Outcome(self._ended.places, self._ended.reason)
            yield Moment(self.tick, self.ms, self.state, self._events, self._given, dict(self.cast), outcome)
            if outcome is not None:
                return
            if self._rest is not None:
                self._rest()
            self._step()

    def checkpoint(self) -> Checkpoint:
        """Where it stands, between two moments and before the end. The events of the present one are not in it."""
        assert self._ended is None
        raw = msgspec.msgpack.encode(self.state)
        return Checkpoint(self.tick, self.ms, self._at, raw, dict(self.cast))

    def _begin(self) -> None:
        begun = self.tape.begun
        if begun.hz != self.rules.tick_hz:
            self._part(f"the match ticked at {begun.hz} Hz, the rules at {self.rules.tick_hz}")
        try:
            self.state = simulate.first_state(self.rules, begun.options, sorted(begun.cast), *self.tape.chance)
            self._decided = self.rules.outcome(self.state)
        except Exception as error:  # rules are foreign code: whatever they raise is a difference, for they did not then
            self._raised(error)
        self._compare(begun.digest)

    def _resume(self, start: Checkpoint) -> None:
        self.tick, self.ms, self._at, self.cast = start.tick, start.ms, start.at, dict(start.cast)
        self.state = msgspec.msgpack.decode(start.state, type=self.rules.state)
        self.since = start.tick
        self._decided = self.rules.outcome(self.state)

    def _settle(self) -> None:
        """All that the journal tells of the present tick after its step: who came and went, digest, end."""
        marked = self.tick == 0 or self.tick % MARK_EVERY != 0 or self.since == self.tick
        while (record := self._next()) is not None and tick_of(record) == self.tick:
            if isinstance(record, Stepped):
                break
            self._at += 1
            marked = marked or isinstance(record, Mark)
            self._take(record)
        if not marked:
            self._part("the digest that belongs here is missing")
        if self._decided is not None and self._ended is None:
            self._part("the rules end the match here, and the journal goes on")

    def _take(self, record: Record) -> None:
        if isinstance(record, Mark):
            self._compare(record.digest)
        elif isinstance(record, Ended):
            self._end(record)
        elif self._decided is not None:
            self._part("the rules end the match here, and the journal goes on")
        elif isinstance(record, Sat):
            self._sit(record)
        elif isinstance(record, Gone):
            self._leave(record)

    def _sit(self, sat: Sat) -> None:
        if sat.joined:
            if self.rules.join is None:
                self._part("somebody joined a match of rules that let nobody join")
            try:
                self.state = simulate.join_state(self.rules, self.state, sat.seat, self.tick, self.tape.chance)
            except Exception as error:  # foreign code, as above
                self._raised(error)
        self.cast[sat.seat] = Cast(sat.player, sat.strength)

    def _leave(self, gone: Gone) -> None:
        leaver = self.cast.get(gone.seat)
        if leaver is None:
            self._part(f"seat {gone.seat} is left by nobody")
        if self.rules.leave is None:
            self._decided = simulate.won_by_leaving(self.cast, gone.seat, leaver.player.name)
            return
        try:
            self.state = simulate.leave_state(self.rules, self.state, gone.seat, self.tick, self.tape.chance)
            self._decided = self.rules.outcome(self.state)
        except Exception as error:  # foreign code, as above
            self._raised(error)

    def _end(self, ended: Ended) -> None:
        self._compare(ended.digest)
        if self._decided is None and ended.places:
            self._part("the journal ends the match, and the rules do not")
        if self._decided is not None and self._decided != Outcome(ended.places, ended.reason):
            self._part("the places or the reason of the end are others")
        if ended.ms < self.ms:
            self._part("the match ends before its last step")
        self.ms, self._ended = ended.ms, ended

    def _step(self) -> None:
        record, hz = self._next(), self.rules.tick_hz
        if record is None:
            raise Flaw("cut", f"The journal is cut off after tick {self.tick}.", self.tick, self.since)
        tick, ms = self.tick + 1, simulate.ms_of(self.tick + 1, hz) if hz else self.ms
        if tick_of(record) < tick:
            self._part("a record belongs to an earlier tick")
        self._given = ()
        if isinstance(record, Stepped) and record.tick == tick:
            self._at += 1
            self._given, ms = record.given, ms if hz else record.ms
            if (hz and record.ms != ms) or ms < self.ms:
                self._part("a step has another time than its tick", tick)
        elif not hz:
            self._part("a step is missing", tick)
        self._play(Now(tick, ms))

    def _play(self, now: Now) -> None:
        inputs = [self._input(given, now.tick) for given in self._given]
        self.tick, self.ms = now.tick, now.ms
        try:
            step = simulate.step_state(self.rules, self.state, inputs, now, self.tape.chance)
            self.state, self._events = step.state, step.events
            self._decided = self.rules.outcome(self.state)
        except Exception as error:  # foreign code, as above
            self._raised(error)
        refused = {no.index: no.code for no in step.rejections}
        for at, given in enumerate(self._given):
            if refused.get(at, "") != given.refused:
                was, now_is = given.refused or "taken", refused.get(at) or "taken"
                self._part(f"an input of seat {given.seat} was then {was}, and is now {now_is}")

    def _input(self, given: Given, tick: int) -> Input[Any]:
        cast = self.cast.get(given.seat)
        if cast is None or cast.player.id != given.player:
            self._part(f"an input of seat {given.seat} is of somebody who does not play there", tick)
        try:
            return Input(given.seat, msgspec.msgpack.decode(given.move, type=self.rules.move))
        except msgspec.DecodeError as error:
            self._part(f"an input of seat {given.seat} is no move of {self.rules.title}: {error}", tick)

    def _next(self) -> Record | None:
        records = self.tape.records
        return records[self._at] if self._at < len(records) else None

    def _compare(self, proof: str) -> None:
        try:
            found = digest(self.state, self.rules)
        except (TypeError, OverflowError) as error:
            self._raised(error)
        if found != proof:
            self._part("the state is another than it was")
        self.since = self.tick

    def _raised(self, error: Exception) -> NoReturn:
        self._part(f"the rules raised {type(error).__name__}: {error}")

    def _part(self, what: str, tick: int | None = None) -> NoReturn:
        tick = self.tick if tick is None else tick
        known = "" if tick <= self.since + 1 else f" (up to tick {self.since} all is proved the same)"
        raise Flaw("different", f"The replay differs at tick {tick}{known}: {what}.", tick, self.since)
