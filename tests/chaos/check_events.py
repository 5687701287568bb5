"""The events of a room: one order for everybody, no hole, nothing changed; each acknowledged chat line exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.chaos.history import Answered, History, Kept, Record, Sent, Shown, Told, Violation, Welcomed


class EventsCheck:
    """Compares what all were told with each other and with what the server kept."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.final = history.final
        self.truth: dict[int, Kept] = {kept.offset: kept for kept in self.final.events} if self.final else {}
        self.sure = set(self.truth)
        """What the server still has, so that it is known whom it was for."""

    def run(self) -> Iterator[Violation]:
        """What is wrong."""
        yield from self._agree()
        if self.final is not None:
            yield from self._kept()
        for player, log in self.history.logs.items():
            yield from self._holes(player, log)
            yield from self._chat(player, log)

    def _say(self, kind: str, text: str) -> Violation:
        return Violation(kind, self.history.room, text)

    def _agree(self) -> Iterator[Violation]:
        end = self.final.offset if self.final else 2**53
        for player, log in self.history.logs.items():
            for told in log:
                if not isinstance(told, Told):
                    continue
                known = self.truth.setdefault(told.offset, Kept(told.offset, told.kind, told.body))
                if (known.kind, known.body) != (told.kind, told.body):
                    yield self._say("order", f"{player}: event {told.offset} is {told.kind} {told.body}, not {known}")
                if told.offset > end:
                    yield self._say("order", f"{player}: event {told.offset} is beyond the room's end {end}")

    def _kept(self) -> Iterator[Violation]:
        """What the server kept is without hole, up to its own offset; before that, what anybody was told counts."""
        assert self.final is not None
        offsets = [kept.offset for kept in self.final.events]
        if offsets != list(range(self.final.offset - len(offsets) + 1, self.final.offset + 1)):
            yield self._say("hole", f"the kept events {offsets} do not lead to {self.final.offset}")

    def _holes(self, player: str, log: Sequence[Record]) -> Iterator[Violation]:
        """Every event that is for this player and lies between the first and the last that had to be seen."""
        seen: set[int] = set()
        spans: list[list[int]] = []
        afresh = False
        """The events of a welcome that could not resume are being read: they, too, have no hole."""
        for record in log:
            if isinstance(record, Welcomed):
                afresh = not record.recovered or not spans
                if afresh:
                    spans.append([record.offset, record.offset])
                spans[-1][1] = record.offset
            elif isinstance(record, Told):
                seen.add(record.offset)
                if record.past and afresh:
                    spans[-1][0] = min(spans[-1][0], record.offset - 1)
                elif spans and not record.past:
                    spans[-1][1] = max(spans[-1][1], record.offset)
        if self.final is not None and spans and player in self.history.last:
            spans[-1][1] = self.final.offset
        seats = {record.seat for record in log if isinstance(record, Shown)}
        for first, last in spans:
            missing = [at for at in range(first + 1, last + 1) if at not in seen and self._is_for(at, seats)]
            if missing:
                yield self._say("hole", f"{player}: events {missing} of {first}..{last} were never told")

    def _is_for(self, offset: int, seats: set[int]) -> bool:
        """Whether an event is surely for a player who sat in these seats (-1: in none) all the time."""
        kept = self.truth.get(offset)
        if kept is None:
            return False
        if offset in self.sure:
            return kept.seats is None or (len(seats) == 1 and bool(seats & set(kept.seats)))
        return not (self.history.hidden and kept.kind.startswith("game:"))

    def _chat(self, player: str, log: Sequence[Record]) -> Iterator[Violation]:
        lines = Counter(kept.body["text"] for kept in self.truth.values() if kept.kind == "chat")
        answers = {record.seq: record for record in log if isinstance(record, Answered)}
        for sent in log:
            if not isinstance(sent, Sent) or sent.kind != "chat" or sent.copy or sent.seq not in answers:
                continue
            times, refused = lines[sent.body.decode()], answers[sent.seq].by == "reject"
            if times > 1 or (refused and times):
                yield self._say("doubled", f"{player}: line {sent.seq} was told {times} times, refused: {refused}")
            elif not refused and not times and self._complete():
                yield self._say("lost", f"{player}: line {sent.seq} was acknowledged and told to nobody")

    def _complete(self) -> bool:
        """Whether all events are known, from the first on."""
        return self.final is not None and all(at in self.truth for at in range(1, self.final.offset + 1))
