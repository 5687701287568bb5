"""A whole small game: eight players a room, everybody moves, at 20 Hz, with 20 inputs a second each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tests.bench.judging import per_state
from tests.bench.load.window import run
from tests.bench.row import Measure, Reach, Sample
from tests.bench.sides import COLYSEUS, OURS, playing, watched
from tests.bench.stage import Stage

SIZE, HZ = 8, 20
WHOLE, THEIRS = "ours, whole", "Colyseus"


@dataclass
class WholeGame:
    """Cases: how many rooms. It remembers its samples for the rows that ask for the same load."""

    seen: dict[tuple[str, int], list[Sample]] = field(default_factory=dict)
    """By side and number of rooms, in the order in which they were taken."""

    name, title, about_s = "game", "A whole game", 3.8
    load = (
        f"rooms of {SIZE} players, {HZ} states and {HZ} inputs of each player a second; server CPU for each state that "
        "arrived, inputs and rules and all"
    )
    cases = ("10 rooms", "50 rooms", "100 rooms")
    measures = (
        Measure(WHOLE, OURS, "us", "µs/state"),
        Measure(THEIRS, COLYSEUS, "us", "µs/state"),
        Measure("ours, of a core", OURS, "core", "%"),
        Measure("Colyseus, of a core", COLYSEUS, "core", "%"),
        Measure("ours, bytes", OURS, "bytes", "B/state"),
        Measure("Colyseus, bytes", COLYSEUS, "bytes", "B/state"),
    )
    reaches = (Reach(WHOLE, at_most=1.0, of=THEIRS),)
    beside = (THEIRS,)

    def sides(self, case: str) -> tuple[str, ...]:
        return (OURS, COLYSEUS)

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        rooms = int(case.split(maxsplit=1)[0])
        sample = played(side, rooms, stage)
        self.seen.setdefault((side, rooms), []).append(replace(sample))
        return sample


def played(side: str, rooms: int, stage: Stage) -> Sample:
    """A sample of so many rooms."""
    window = run(watched(playing(side, stage, "drift", rooms, SIZE), stage.seconds, HZ))
    return per_state(window, rooms * SIZE * HZ)
