"""An engine: reads the log of its shards, advances rooms when they are due, commits, for as long as it lives.

Three loops share one event loop: reading, balancing, passing. Only passing changes rooms. A fourth hears the bell that
makes balancing look at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rooms.engine.clock import Clock
from rooms.engine.config import EngineConfig
from rooms.engine.holding import Holding
from rooms.engine.reading import Reading
from rooms.engine.report import Counters, Report
from rooms.engine.schedule import Schedule
from rooms.engine.watch import Watch
from rooms.store import Commit, Fenced, Store, StoreUnavailable
from rooms.store.limits import Limits

logger = logging.getLogger(__name__)

BACK_OFF_S = (0.05, 0.1, 0.2, 0.5)
"""Waits after Redis failed, the last one repeated."""
ROUND_S = 1.5
"""How long a round of balancing may take to end when the engine is told to."""


class Engine:
    """One engine of any number. `run` returns when `stop` is set and its shards are handed over."""

    def __init__(self, config: EngineConfig, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
        """`ready` is called once, when it owns its share of the shards."""
        self.config, self.stop, self._ready = config, stop, ready
        self.clock = Clock()
        self.store = Store(config.redis_url, config.shards, limits_of(config))
        self.schedule = Schedule(self.clock, config.catch_up)
        self.holding = Holding(self.store, config, self.clock, self.schedule.wake)
        self.watch = Watch(config.step_ms)
        self.counters = Counters()
        self.reading = Reading(self.store, self.holding.shards, self.schedule, self.counters, config.inbox)
        self.report = Report(config.name, self.store, self.counters, self.holding, self.schedule)
        self._look = asyncio.Event()
        """Balance now: the bell has rung, or a shard was dropped."""
        self._halt = asyncio.Event()
        """Pass and read no more: all is handed over."""
        self._told_ready = False

    async def run(self) -> None:
        """Own, read, advance, commit until told to stop. Raises ShardsDiffer."""
        try:
            await self._serve()
        finally:
            await self.store.aclose()

    async def _serve(self) -> None:
        await self._until_reached(self.store.check)
        logger.info("engine %s starts; %d shards in all", self.config.name, self.config.shards)
        balancing = asyncio.create_task(self._again("balance", self._balance, self.stop))
        playing = [
            asyncio.create_task(self._again("pass", self._pass, self._halt)),
            asyncio.create_task(self._again("read", self.reading.once, self._halt)),
            asyncio.create_task(self.report.run()),
            asyncio.create_task(self._listen()),
        ]
        stopped = asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait([balancing, *playing, stopped], return_when=asyncio.FIRST_COMPLETED)
            if self.stop.is_set():
                await self._drain(balancing)
        finally:
            await self._end([balancing, *playing, stopped])
        logger.info("engine %s has stopped: %s", self.config.name, self.report.summary())

    async def _drain(self, balancing: asyncio.Task[None]) -> None:
        """Hand over while play goes on; let the pass in hand come to its end."""
        self._look.set()
        await asyncio.wait([balancing], timeout=ROUND_S)  # what it is taking must be handed over too
        balancing.cancel()
        await self.holding.drain(self._look)
        with contextlib.suppress(TimeoutError):  # a commit that hangs: its shards are let go all the same
            async with asyncio.timeout(ROUND_S), self.holding.lock:
                self._halt.set()

    async def _end(self, tasks: list[asyncio.Task[Any]]) -> None:
        """End everything, let go of what is left. Raises what one of the loops has ended with."""
        self.stop.set()
        self._halt.set()
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        await self.holding.let_go()
        for fault in ended:
            if isinstance(fault, Exception):
                raise fault

    async def _again(self, what: str, once: Callable[[], Awaitable[None]], over: asyncio.Event) -> None:
        """Repeat a loop's body until it is over; when Redis fails, say so once, back off, go on."""
        failures = 0
        while not over.is_set():
            try:
                await once()
                failures = 0
            except StoreUnavailable as error:
                log = logger.warning if failures == 0 else logger.debug
                log("engine %s cannot %s: %s", self.config.name, what, error)
                await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
                failures += 1

    async def _until_reached(self, once: Callable[[], Awaitable[None]]) -> None:
        done = asyncio.Event()

        async def try_once() -> None:
            await once()
            done.set()

        task = asyncio.create_task(self._again("start", try_once, self.stop))
        waiter = asyncio.create_task(done.wait())
        await asyncio.wait([task, waiter], return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()
        if task.done():
            task.result()
        task.cancel()

    async def _balance(self) -> None:
        self._look.clear()
        await self.holding.balance()
        if self.holding.settled and not self._told_ready:
            self._told_ready = True
            self._ready()
        if not self._look.is_set():  # else shards wait for us, and their rooms with them
            await self.holding.sweep_webs()
        try:
            async with asyncio.timeout(self.holding.rest_s):
                await self._look.wait()
        except TimeoutError:
            pass  # nobody rang

    async def _listen(self) -> None:
        """Hear the bell, for ever."""
        bell = self.store.bell()
        try:
            while True:
                if await bell.heard() != self.config.name:
                    self._look.set()
        finally:
            await bell.aclose()

    async def _pass(self) -> None:
        ticking = await self.schedule.next(self.holding.shards.values(), longest=0.25)
        if ticking:
            await self.reading.before_tick()
        async with self.holding.lock:
            began = asyncio.get_running_loop().time()
            self.clock.ahead_ms = self.schedule.ahead_ms(ticking)
            now_ms = self.clock.wall_ms()
            commits: list[Commit] = []
            with self.watch.over_pass():
                for shard in self.holding.shards.values():
                    due = shard.due(ticking, now_ms)
                    commit = shard.advance(due, self.watch)
                    self.counters.rooms_advanced += len(due)
                    if commit is not None:
                        commits.append(commit)
            self.counters.passes += 1
            self.reading.settle()
            if commits:
                await self._commit(commits)
                self.schedule.note(ticking, asyncio.get_running_loop().time() - began)

    async def _commit(self, commits: list[Commit]) -> None:
        """Commit all shards of a pass. A shard whose commit failed, or may have, is dropped: Redis has the truth."""
        numbers = [commit.lease.shard for commit in commits]
        self.counters.commit_passes += 1
        try:
            results = await self.store.commit(commits, self.config.lease_ms)
        except BaseException:  # also when cancelled in the middle: what was sent may have happened or not
            self.counters.failed += len(commits)
            self.holding.drop(numbers)
            self._look.set()
            raise
        lost = {number: result for number, result in zip(numbers, results, strict=True) if result is not None}
        for number, result in lost.items():
            if isinstance(result, Fenced):
                self.counters.fenced += 1
                logger.warning("shard %d: our commit was refused: %s", number, result)
            else:  # its node of the cluster failed; the others' shards go on
                self.counters.failed += 1
                logger.warning("shard %d: our commit may have failed: %s", number, result)
        self.counters.commits += len(commits) - len(lost)
        self.counters.parcels += sum(len(commit.parcels) for commit in commits)
        self.holding.drop(lost)
        if lost:
            self._look.set()


def limits_of(config: EngineConfig) -> Limits:
    """What the store must know of an engine's configuration."""
    return Limits(events=config.bounds.events, wait_replicas=config.wait_replicas)


async def run_engine(stop: asyncio.Event, config: EngineConfig, ready: Callable[[], None] = lambda: None) -> None:
    """Run one engine until `stop` is set; `ready` is called when it owns its share.

    Raises ShardsDiffer when Redis was set up with another number of shards.
    """
    await Engine(config, stop, ready).run()
