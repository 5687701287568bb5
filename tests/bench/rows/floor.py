"""What a frame costs at the very least: one send() in C, without any protocol."""

from __future__ import annotations

from tests.bench.load.raw import drain
from tests.bench.load.window import run
from tests.bench.peers.c_send import c_send
from tests.bench.row import Measure, Reach, Sample
from tests.bench.stage import Stage

CLIENTS, HZ, BYTES = 800, 20, 142


class Floor:
    """One case, one side."""

    name, title = "floor", "The floor"
    load = f"{CLIENTS} sockets, {HZ} Hz, {BYTES} bytes; CPU of the sender for each frame"
    cases: tuple[str, ...] = (f"{CLIENTS} sockets",)
    measures = (Measure("C send()", side="send", figure="us", unit="µs/frame"),)
    reaches: tuple[Reach, ...] = ()
    beside: tuple[str, ...] = ()

    def sides(self, case: str) -> tuple[str, ...]:
        return ("send",)

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        with c_send(stage, CLIENTS, HZ, BYTES) as server:
            window = run(drain(server.port, CLIENTS, BYTES, stage.seconds, server.groups))
        frames = window.counts["frames"]
        faults = [*window.faults, *(["frames are missing"] if window.counts["torn"] else [])]
        figures = {"us": window.cpu["send"] / frames * 1e6, "frames": frames}
        return Sample(figures, window.seconds, window.cpu, window.generator, faults)
