"""States and inputs: what was shown is what the journal's inputs make by the rules, and each input counted once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from rooms.core.game import Rules
from rooms.core.journal import Given
from tests.chaos.history import Answered, History, Record, Seen, Sent, Shown, Violation, Welcomed, digest
from tests.chaos.resimulation import Resimulation, moves

BEFORE_RULES = {"not_playing", "not_seated", "slow_down", "paused", "bad_move"}
"""Refusals of the room itself: its rules never saw the input, so no journal has it."""


class StateCheck:
    """`tallies`: acked, refused, unclear. Unclear is a move answered by a welcome alone that may have been refused."""

    def __init__(self, history: History, rules: Rules) -> None:
        self.history, self.rules, self.final = history, rules, history.final
        self.tallies = {"acked": 0, "refused": 0, "unclear": 0}
        self.played: dict[int, Resimulation] = {}

    def run(self) -> Iterator[Violation]:
        """What is wrong."""
        yield from self._one_state_a_tick()
        yield from self._resimulate()
        given = self._given()
        for who in sorted({who for who, _ in given if who not in self.history.logs and not who.startswith("bot-")}):
            yield self._say("journal", f"{who} moved and was never here")
        for player, log in self.history.logs.items():
            yield from self._inputs(player, log, given)
            yield from self._states_shown(player, log)
        if self.final is not None:
            yield from self._final()

    def _say(self, kind: str, text: str) -> Violation:
        return Violation(kind, self.history.room, text)

    def _one_state_a_tick(self) -> Iterator[Violation]:
        """All who look with the same eyes at the same tick see the same."""
        known: dict[tuple[int, int], tuple[str, Shown]] = {}
        for player, log in self.history.logs.items():
            for shown in log:
                if not isinstance(shown, Shown):
                    continue
                eyes = shown.seat if self.history.hidden else -1
                for part, word in ((-2, shown.room), (eyes, shown.game)):
                    first, _ = known.setdefault((shown.tick, part), (word, shown))
                    if first != word:
                        yield self._say("view", f"{player}: tick {shown.tick} was shown otherwise to another")

    def _resimulate(self) -> Iterator[Violation]:
        for match, lines in sorted(self.history.journals.items()):
            played = self.played[match] = Resimulation(self.rules)
            played.play(lines)
            for fault in played.faults:
                yield self._say("journal", f"match {match}: {fault}")
            begun = played.begun
            if begun is not None and (begun.room, begun.match) != (self.history.room, match):
                yield self._say("journal", f"the journal of match {match} is that of {begun.room} {begun.match}")
            if played.ended is None and self.final is not None and self._is_over(match):
                yield self._say("journal", f"match {match} is over and its journal has no end")

    def _is_over(self, match: int) -> bool:
        assert self.final is not None
        return match < self.final.match or self.final.phase in ("finished", "rematch")

    # -- inputs

    def _given(self) -> dict[tuple[str, int], list[Given]]:
        given: dict[tuple[str, int], list[Given]] = {}
        last: dict[str, int] = {}
        for _, lines in sorted(self.history.journals.items()):
            for one in moves(lines):
                given.setdefault((one.player, one.seq), []).append(one)
                last[one.player] = one.seq
        return given

    def _inputs(
        self, player: str, log: Sequence[Record], given: dict[tuple[str, int], list[Given]]
    ) -> Iterator[Violation]:
        answers = {record.seq: record for record in log if isinstance(record, Answered)}
        sent = {record.seq: record for record in log if isinstance(record, Sent) and record.kind == "move"}
        self.tallies["acked"] += sum(1 for answer in answers.values() if answer.by != "reject")
        self.tallies["refused"] += sum(1 for answer in answers.values() if answer.by == "reject")
        for (who, seq), several in given.items():
            if who == player and seq not in sent and self.final is not None:
                yield self._say("doubled", f"{player}: the journal has move {seq}, which was never sent: {several}")
        for seq, one in sent.items():
            written = given.get((player, seq), [])
            if len(written) > 1:
                yield self._say("doubled", f"{player}: move {seq} stands {len(written)} times in the journal")
            if written and self._read(written[0].move) != self._read(one.body):
                yield self._say("journal", f"{player}: move {seq} is {written[0].move!r}, not {one.body!r}")
            if seq in answers and one.match in self.history.journals:
                yield from self._effect(player, answers[seq], written[0] if written else None, log)

    def _read(self, raw: bytes) -> Any:
        try:
            return msgspec.msgpack.decode(raw, type=self.rules.move)
        except msgspec.DecodeError as error:
            return repr(error)

    def _effect(
        self, player: str, answer: Answered, written: Given | None, log: Sequence[Record]
    ) -> Iterator[Violation]:
        """The journal has what the client was shown of its input."""
        refused = written.refused if written is not None else None
        if answer.by == "reject":
            if refused == "" or (refused is not None and refused != answer.code):
                yield self._say("refused", f"{player}: move {answer.seq} was refused ({answer.code}) and is {written}")
            if refused is None and answer.code not in BEFORE_RULES:
                yield self._say("lost", f"{player}: the rules refused move {answer.seq}, and no journal has it")
        elif answer.by == "frame" and refused != "":
            yield self._say("lost", f"{player}: move {answer.seq} was acknowledged and is {written}")
        elif answer.by == "welcome" and refused is None:
            if self._must_have_counted(answer, log):
                yield self._say("lost", f"{player}: move {answer.seq} was answered by a welcome and no journal has it")
            else:
                self.tallies["unclear"] += 1

    def _must_have_counted(self, answer: Answered, log: Sequence[Record]) -> bool:
        """Whether the room itself had no reason to refuse it: the same match still runs at the welcome."""
        sent = next(r for r in log if isinstance(r, Sent) and r.seq == answer.seq and not r.copy)
        welcome = next(r for r in reversed(log) if isinstance(r, Welcomed) and r.at <= answer.at)
        seats = {r.seat for r in log if isinstance(r, Shown) and sent.at <= r.at <= answer.at}
        stood = {r.seq for r in log if isinstance(r, Sent) and r.kind in ("stand", "sit") and r.seq < answer.seq}
        if any(isinstance(r, Answered) and r.seq in stood and r.at >= sent.at for r in log):
            return False  # it was on its way to another seat, or to none
        same = (sent.match, "playing", "playing") == (welcome.match, welcome.phase, sent.phase)
        return same and not welcome.paused and len(seats) == 1 and -1 not in seats

    # -- states

    def _states_shown(self, player: str, log: Sequence[Record]) -> Iterator[Violation]:
        """The states of a match that were shown are states of its journal, in its order."""
        at = dict.fromkeys(self.played, 0)
        for shown in log:
            if not isinstance(shown, Shown) or shown.match not in self.played or self.played[shown.match].faults:
                continue
            seen, eyes = self.played[shown.match].seen, (shown.seat, -1) if self.history.hidden else (-1,)
            place = at[shown.match]
            while place < len(seen) and not any(seen[place].get(who) == shown.game for who in eyes):
                place += 1
            if place == len(seen):
                yield self._say("view", f"{player}: tick {shown.tick} shows what match {shown.match} never was after")
                return
            at[shown.match] = place

    def _last_shown(self, player: str, seen: Seen) -> Iterator[Violation]:
        """The last view is the newest state in the log."""
        shown = [record for record in self.history.logs[player] if isinstance(record, Shown)]
        newest = max(shown, key=lambda record: record.tick, default=None)
        words = (seen.tick, digest(seen.tree["room"]), digest(seen.tree["game"]))
        if newest is None or words != (newest.tick, newest.room, newest.game):
            yield self._say("view", f"{player}: the last view is not the newest state that was shown")

    def _final(self) -> Iterator[Violation]:
        final = self.final
        assert final is not None
        played = self.played.get(final.match)
        if played is not None and not played.faults:
            state = msgspec.msgpack.decode(final.state, type=self.rules.state | None)
            if msgspec.msgpack.encode(played.state) != msgspec.msgpack.encode(state):
                yield self._say("view", f"the state at the end is not what the journal of match {final.match} makes")
        for player, seen in self.history.last.items():
            yield from self._last_shown(player, seen)
            if seen.tree["room"] != final.room:
                yield self._say("view", f"{player}: the last view of the room is not a fresh one")
            if seen.tree["game"] != final.games.get(seen.seat, final.games[-1]):
                yield self._say("view", f"{player}: the last view of the game is not a fresh one")
            if seen.tick > final.tick:
                yield self._say("view", f"{player}: tick {seen.tick} was shown, and the room ended at {final.tick}")
        for player, log in self.history.logs.items():
            highest = max((r.seq for r in log if isinstance(r, Answered)), default=0)
            if final.seqs.get(player, 0) < highest:
                yield self._say("lost", f"{player}: {highest} was answered, the room knows {final.seqs.get(player)}")
        for match in range(1, final.match + 1):
            rows = self.history.recorded.get(match, 0)
            if self._is_over(match) and rows != 1:
                yield self._say("record", f"match {match} stands {rows} times in the database")
            if self._is_over(match) and match not in self.history.journals:
                yield self._say("journal", f"match {match} has no journal")
