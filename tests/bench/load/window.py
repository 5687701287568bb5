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


@dataclass(frozen=True, slots=True)
class Window:
    """What happened in it: `counts` are differences of what was counted."""

    seconds: float
    cpu: dict[str, float]
    generator: float
    counts: dict[str, float]

    @property
    def faults(self) -> list[str]:
        """Of the generator itself."""
        return [f"the generator's core was {self.generator:.0%} busy"] if self.generator > BUSY else []


async def measure(
    seconds: float, groups: Mapping[str, Sequence[int]], count: Callable[[], Mapping[str, float]]
) -> Window:
    """Wait so long; what was counted and used meanwhile."""
    before, meter = dict(count()), Meter(groups)
    await asyncio.sleep(seconds)
    took, cpu, own, after = meter.seconds, meter.read(), meter.own_share, count()
    return Window(took, cpu, own, {name: after[name] - before.get(name, 0.0) for name in after})


async def until(what: Callable[[], object], seconds: float, why: str) -> None:
    """Return when `what()` is true; TimeoutError that says `why` when it is not within so many seconds."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not what():  # one look at everything is cheaper than an event at each message
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {why}")
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
