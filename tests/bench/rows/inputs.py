"""What an input costs: small moves of many players, in rooms that show their state only twice a second."""

from __future__ import annotations

from tests.bench.judging import per_input
from tests.bench.load.window import run
from tests.bench.row import Measure, Reach, Sample
from tests.bench.sides import BARE, COLYSEUS, OURS, TUTORIAL, playing, watched
from tests.bench.stage import Stage

ROOMS, SIZE, HZ, SLOW_HZ = 30, 10, 20, 5
LATE_S = 0.75
"""A state comes each half second."""
WEB, WHOLE, THEIRS = "ours, web alone", "ours, whole, until committed", "Colyseus"


class Inputs:
    """One case."""

    name, title, about_s = "input", "Input", 3.5
    load = (
        f"{ROOMS * SIZE} clients in rooms of {SIZE}, {HZ} inputs a second each (the tutorial: {SLOW_HZ}), states twice "
        "a second; server CPU for each input that a state has seen"
    )
    cases: tuple[str, ...] = (f"{ROOMS * SIZE} clients",)
    measures = (
        Measure(WEB, OURS, "web_us", "µs/input"),
        Measure(WHOLE, OURS, "us", "µs/input"),
        Measure(THEIRS, COLYSEUS, "us", "µs/input"),
        Measure("Channels tutorial", TUTORIAL, "us", "µs/input"),
        Measure("picows alone", BARE, "us", "µs/input"),
    )
    reaches = (
        Reach(WEB, at_most=1.0, of=THEIRS),
        Reach(WHOLE, at_most=1.5, of=THEIRS, strict=False),
    )
    beside = (THEIRS,)

    def sides(self, case: str) -> tuple[str, ...]:
        return (OURS, COLYSEUS, TUTORIAL, BARE)

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        hz = SLOW_HZ if side == TUTORIAL else HZ
        return per_input(run(watched(playing(side, stage, "marks", ROOMS, SIZE), stage.seconds, hz, LATE_S)))
