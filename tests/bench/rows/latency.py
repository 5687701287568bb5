"""How long an input takes to be seen: from the moment it was due to be sent to the state that shows its effect."""

from __future__ import annotations

from tests.bench.judging import per_state
from tests.bench.load.window import run
from tests.bench.row import Measure, Reach, Sample
from tests.bench.sides import COLYSEUS, OURS, playing, watched
from tests.bench.stage import Stage

ROOMS, SIZE, HZ = 50, 8, 20
TICK_MS = 1000 / HZ


class Latency:
    """One case."""

    name, title = "latency", "Input to effect"
    load = (
        f"{ROOMS * SIZE} players of the same game, {HZ} inputs a second each on a fixed schedule, so that a stall is "
        "charged to every input that waited; at the client, with its states decoded"
    )
    cases: tuple[str, ...] = (f"{ROOMS * SIZE} players",)
    measures = (
        Measure("ours, p50", OURS, "p50", "ms"),
        Measure("Colyseus, p50", COLYSEUS, "p50", "ms"),
        Measure("ours, p99", OURS, "p99", "ms"),
        Measure("Colyseus, p99", COLYSEUS, "p99", "ms"),
    )
    reaches = (Reach("ours, p50", at_most=TICK_MS / 2 + 3), Reach("ours, p99", at_most=TICK_MS + 10))
    beside: tuple[str, ...] = ()

    def sides(self, case: str) -> tuple[str, ...]:
        return (OURS, COLYSEUS)

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        window = run(watched(playing(side, stage, "drift", ROOMS, SIZE), stage.seconds, HZ))
        return per_state(window, ROOMS * SIZE * HZ)
