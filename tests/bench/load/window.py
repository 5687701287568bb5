"""The measured time of a sample, after everybody is in and warm."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.bench.machine import Meter

T = TypeVar("T")
BUSY = 0.9
"""A generator that needs more of its core than this measures itself."""
FOREIGN = 0.1
"""A server that has to share this much of its core is slowed down by what is not measured."""


@dataclass(frozen=True, slots=True)
class Window:
    """What happened in it: `counts` are differences of what was counted."""

    seconds: float
    cpu: dict[str, float]
    generator: float
    others: float
    """The share of the server's core that something else used."""
    counts: dict[str, float]
    latencies: Sequence[float] = ()
    """Of the inputs that were answered in it, in seconds."""

    @property
    def faults(self) -> list[str]:
        """Of the generator and of the machine."""
        found = [f"the generator used {self.generator:.0%} of its core"] if self.generator > BUSY else []
        return found + [f"something else used {self.others:.0%} of the server's core"] * (self.others > FOREIGN)


async def measure(
    seconds: float, groups: Mapping[str, Sequence[int]], count: Callable[[], Mapping[str, float]]
) -> Window:
    """Wait so long; what was counted and used meanwhile. `groups`: the server's processes by name, all on one core."""
    before, meter = dict(count()), Meter(groups)
    await asyncio.sleep(seconds)
    took, cpu, own, others, after = meter.seconds, meter.read(), meter.own_share, meter.others_share, count()
    return Window(took, cpu, own, others, {name: after[name] - before.get(name, 0.0) for name in after})


async def until(what: Callable[[], object], seconds: float, why: Callable[[], str]) -> None:
    """Return when `what()` is true; TimeoutError that says `why()` when it is not within so many seconds."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not what():  # one look at everything is cheaper than an event at each message
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {why()}")
        await asyncio.sleep(0.05)


def run(load: Coroutine[Any, Any, T]) -> T:
    """Run one load to its end on a fast loop, the garbage collector out of the way."""
    gc.collect()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=_new_loop()) as runner:
            return runner.run(load)
    finally:
        gc.enable()


def _new_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    if sys.platform == "win32":
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop
