"""Many clients at once: how they come in, what they send and when, how they go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from tests.bench.load.client import Beat, Client, Tally
from tests.bench.load.window import until

T = TypeVar("T")
AT_ONCE = 200
"""Connections that are made at a time: crowds of hundreds come in within a second or two, and none waits long."""
SLICE_S = 0.001
"""How often inputs that are due are sent."""
BREATH = 64
"""Inputs sent in a row, when the generator is late, before it looks at what came."""


@dataclass(repr=False)
class Crowd:
    """A context: leaving it disconnects everybody."""

    tally: Tally = field(default_factory=Tally)
    clients: list[Client] = field(default_factory=list)
    goodbye: Callable[[], Awaitable[None]] | None = None
    """What a server needs so that nothing is left of the crowd: rooms closed, for one."""
    _talk: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._talk is not None:
            self._talk.cancel()
        for client in self.clients:
            client.leave()
        await asyncio.sleep(0.05)
        if self.goodbye is not None:
            await self.goodbye()

    async def warm(self, seconds: float = 1.0) -> None:
        """Return when everybody has seen a state, and then some time more."""
        await until(lambda: all(client.n >= 0 for client in self.clients), 20, self._who_waits)
        await asyncio.sleep(seconds)

    def _who_waits(self) -> str:
        return f"{sum(client.n < 0 for client in self.clients)} of {len(self.clients)} clients saw no state"

    def talk(self, hz: float) -> None:
        """From now on every client sends `hz` inputs a second, evenly spread over the crowd, on a fixed schedule."""
        now = asyncio.get_running_loop().time() + 0.1
        every = 1.0 / hz
        for place, client in enumerate(self.clients):
            client.beat = Beat(now + every * place / len(self.clients), every)
            client.mark = 0
        self._talk = asyncio.create_task(self._keep_talking(every))

    async def _keep_talking(self, every: float) -> None:
        """Round by round: each client sends its next input when it is due."""
        clock, tally = asyncio.get_running_loop().time, self.tally
        mark = in_a_row = 1
        while True:
            for client in self.clients:
                assert client.beat is not None
                wait = client.beat.due(mark) - clock()
                if wait > 0 or in_a_row % BREATH == 0:
                    await asyncio.sleep(max(SLICE_S, wait) if wait > 0 else 0)
                    in_a_row = 0
                if client.transport is not None:
                    client.say(mark)
                    tally.sent += 1
                in_a_row += 1
            mark += 1

    def overdue(self, seconds: float) -> int:
        """Inputs that were due to be sent longer ago than that, and that no state has seen."""
        now = asyncio.get_running_loop().time() - seconds
        beats = ((client, client.beat) for client in self.clients if client.beat is not None)
        return sum(max(0, int((now - beat.first) / beat.every) - client.mark) for client, beat in beats)


async def in_turn(calls: Sequence[Callable[[], Awaitable[T]]], at_once: int = AT_ONCE) -> list[T]:
    """The results of all calls, so many of them running at a time."""
    gate = asyncio.Semaphore(at_once)

    async def one(call: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await call()

    return list(await asyncio.gather(*(one(call) for call in calls)))
