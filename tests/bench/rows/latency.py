"""How long an input takes to be seen: from the moment it was due to be sent to the state that shows its effect."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tests.bench.row import Measure, Reach, Sample
from tests.bench.rows.game import HZ, SIZE, WholeGame, played
from tests.bench.sides import COLYSEUS, OURS
from tests.bench.stage import Stage

ROOMS = 50
TICK_MS = 1000 / HZ


class Latency:
    """One case, whose samples the row of the whole game has taken; without them it takes its own."""

    name, title, about_s = "latency", "Input to effect", 0.1
    load = (
        f"{ROOMS * SIZE} players of the same game (the samples of its {ROOMS} rooms), {HZ} inputs a second each on a "
        "fixed schedule, so that a stall is charged to every input that waited; at the client, with its states decoded"
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

    def __init__(self, game: WholeGame) -> None:
        self._game = game
        self._read: Counter[str] = Counter()

    def sides(self, case: str) -> tuple[str, ...]:
        return (OURS, COLYSEUS)

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        taken, at = self._game.seen.get((side, ROOMS), []), self._read[side]
        self._read[side] += 1
        return replace(taken[at]) if at < len(taken) else played(side, ROOMS, stage)
