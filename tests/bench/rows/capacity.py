"""How many players one core carries: rooms are added until inputs take too long to be seen, or states are missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from tests.bench.judging import latency_figures, per_state
from tests.bench.load.window import Window, run
from tests.bench.row import Measure, Reach, Sample
from tests.bench.rows.game import HZ, SIZE, WholeGame
from tests.bench.sides import COLYSEUS, OURS, playing, watched
from tests.bench.stage import Stage

FIRST, WIDE, FINE = 40, 1.4, 1.07
"""Rooms to begin with where nothing is known, and by what they grow: at first, and when it is nearly known."""
MOST = 600
P99_MS, DELIVERED, RATE = 100.0, 0.999, 0.9
"""A tick of 50 ms to wait for, and 50 more; of states and of inputs; of the rate of states that the game asks for."""


@dataclass
class Capacity:
    """One case. It remembers where it ended, and begins there in the next round; the first time, by the whole game."""

    game: WholeGame = field(default_factory=WholeGame)
    ended: dict[str, int] = field(default_factory=dict)

    name, title, about_s = "capacity", "Capacity", 16.0
    load = (
        f"the most players of the same game, {HZ} states and {HZ} inputs a second each, on one core for web, engine "
        f"and Redis together: 99 % of inputs seen within {P99_MS:.0f} ms (a tick to wait for, and 50 ms more), "
        f"{DELIVERED:.1%} of inputs and states delivered"
    )
    cases = ("one core",)
    measures = (
        Measure("ours", OURS, "players", "players", digits=0),
        Measure("Colyseus", COLYSEUS, "players", "players", digits=0),
    )
    reaches = (Reach("ours", at_least=1.0, of="Colyseus"),)
    beside = ("Colyseus",)

    def sides(self, case: str) -> tuple[str, ...]:
        return (OURS, COLYSEUS)

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        tried = Search(side, stage)
        rooms = tried.most(self.ended.get(side) or self._first(side), FINE if side in self.ended else WIDE)
        self.ended[side] = max(rooms, 1)
        sample = tried.carried[rooms] if rooms else Sample({}, faults=["not even one room was carried"])
        sample.figures["players"] = float(rooms * SIZE)
        sample.faults += tried.limits
        return sample

    def _first(self, side: str) -> int:
        """A step more than the whole game has carried."""
        carried = [
            rooms
            for (one, rooms), samples in self.game.seen.items()
            if one == side and max(sample.figures.get("p99", inf) for sample in samples) < P99_MS
        ]
        return int(max(carried) * WIDE) if carried else FIRST


@dataclass
class Search:
    """Tries numbers of rooms."""

    side: str
    stage: Stage
    carried: dict[int, Sample] = field(default_factory=dict)
    """By number of rooms."""
    limits: list[str] = field(default_factory=list)
    """Why it was not the server that ended the search."""

    def most(self, rooms: int, step: float) -> int:
        """The most that were carried, when FINE times as many were not. 0: not even one room was."""
        low, high = 0, MOST
        while high > max(low * FINE, low + 1):
            if self._carries(rooms):
                low, rooms = rooms, min(int(rooms * step), (rooms + high + 1) // 2)
            else:
                high, rooms = rooms, max(int(rooms / step), (low + rooms) // 2)
            rooms = min(max(rooms, low + 1), high - 1)
        return low

    def _carries(self, rooms: int) -> bool:
        try:
            window = run(watched(playing(self.side, self.stage, "drift", rooms, SIZE), self.stage.seconds, HZ))
        except TimeoutError as error:
            self.stage.say(f"capacity {self.side}: {rooms * SIZE} players did not come in: {error}")
            return False
        sample, why = per_state(window, rooms * SIZE * HZ), shortfall(window, rooms * SIZE * HZ)
        self.stage.say(f"capacity {self.side}: {rooms * SIZE} players, {'; '.join(why) or 'carried'}")
        if why and window.faults:
            self.limits += [f"at {rooms * SIZE} players {fault}" for fault in window.faults]
        if not why:
            self.carried[rooms] = sample
        return not why


def shortfall(window: Window, due: float) -> list[str]:
    """What was not as it should be, in words; nothing when the load was carried."""
    counts = window.counts
    p99 = latency_figures(window.latencies)["p99"] if window.latencies else inf
    states = counts["frames"] / max(1.0, counts["frames"] + counts["skipped"])
    inputs = max(0.0, 1 - counts["overdue"] / max(1.0, counts["sent"]))
    rate = counts["frames"] / (due * window.seconds)
    said = {
        f"p99 {p99:.0f} ms": p99 < P99_MS,
        f"{states:.2%} of states": states >= DELIVERED,
        f"{inputs:.2%} of inputs": inputs >= DELIVERED,
        f"states at {rate:.0%} of their rate": rate >= RATE,
        f"{counts['lost']:.0f} connections lost": not counts["lost"],
    }
    return [words for words, well in said.items() if not well]
