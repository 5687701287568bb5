"""What it costs to tell everybody: a new state of about 140 bytes, twenty times a second, to every client of a room."""

from __future__ import annotations

from tests.bench.judging import per_state
from tests.bench.load.raw import drain
from tests.bench.load.window import Window, run
from tests.bench.peers.c_send import c_send
from tests.bench.peers.tutorial import BOARD_HZ
from tests.bench.row import Measure, Reach, Sample
from tests.bench.sides import BARE, COLYSEUS, OURS, TUTORIAL, playing, watched
from tests.bench.stage import Stage

HZ, BYTES = 20, 140
WEB, WHOLE, THEIRS, FLOOR = "ours, web alone", "ours, whole", "Colyseus", "C send()"
SMALL, ONCE = "30x10", "100x10"


class FanOut:
    """Rooms x clients."""

    name, title, about_s = "fan-out", "Fan-out", 3.8
    load = (
        f"rooms x clients, {HZ} states a second of about {BYTES} bytes (the tutorial: {BOARD_HZ} a second); "
        "server CPU for each state that arrived"
    )
    cases = ("400x2", "100x10", "30x10", "10x100", "4x250")
    measures = (
        Measure(WEB, OURS, "web_us", "µs/state"),
        Measure(WHOLE, OURS, "us", "µs/state"),
        Measure(THEIRS, COLYSEUS, "us", "µs/state"),
        Measure("Channels tutorial", TUTORIAL, "us", "µs/state"),
        Measure("picows alone", BARE, "us", "µs/state"),
        Measure(FLOOR, "send", "us", "µs/state"),
    )
    reaches = (
        Reach(WEB, at_most=0.8, of=THEIRS),
        Reach(WHOLE, at_most=1.0, of=THEIRS),
        Reach(WHOLE, at_most=0.8, of=THEIRS, strict=False),
    )
    beside = (THEIRS, FLOOR)

    def sides(self, case: str) -> tuple[str, ...]:
        """The floors know no rooms, so two sizes of crowd are enough; the tutorial carries only the small one."""
        return (
            OURS,
            COLYSEUS,
            *((TUTORIAL,) if case == SMALL else ()),
            *((BARE, "send") if case in (SMALL, ONCE) else ()),
        )

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        rooms, size = map(int, case.split("x"))
        rate = rooms * size * (BOARD_HZ if side == TUTORIAL else HZ)
        if side == "send":
            return per_state(_floor(stage, rooms * size), rate)
        return per_state(run(watched(playing(side, stage, "board", rooms, size), stage.seconds)), rate)


def _floor(stage: Stage, clients: int) -> Window:
    with c_send(stage, clients, HZ, BYTES) as server:
        return run(drain(server.port, clients, BYTES, stage.seconds, server.groups))
