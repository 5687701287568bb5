"""The shards that this engine holds now: taking, loading, renewing, handing over.

Runs beside the passes and never during one: both hold `lock`, so that a shard changes hands at a tick boundary.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from rooms.core.ids import RoomId, WebId
from rooms.core.inputs import Entry, Lapse
from rooms.engine.clock import Clock
from rooms.engine.config import EngineConfig
from rooms.engine.ownership import plan
from rooms.engine.shard import Shard
from rooms.store import Fenced, Store, StoreUnavailable

logger = logging.getLogger(__name__)


class Holding:
    """Shards by number. `shards` holds those that are loaded and may be advanced."""

    def __init__(self, store: Store, config: EngineConfig, clock: Clock) -> None:
        self.store, self.config, self.clock = store, config, clock
        self.shards: dict[int, Shard] = {}
        self.lock = asyncio.Lock()
        self.taken_over = 0
        """Shards taken since the start."""
        self._lapsed: set[tuple[WebId, int]] = set()

    async def balance(self) -> bool:
        """One round: register, renew, release what is too much, take what is missing. True when shards changed.

        Raises StoreUnavailable.
        """
        me, ttl = self.config.name, self.config.lease_ms
        self.clock.set(await self.store.now_ms())
        engines = await self.store.beat_engine(me, ttl)
        async with self.lock:
            before = set(self.shards)
            await self._renew()
            rows = await self.store.leases()
            wanted = plan(rows, self.shards, engines, me)
            for number in wanted.release:
                await self._release(number)
            for number in wanted.take:
                await self._take(number)
            self._tell(before)
            return before != set(self.shards)

    def _tell(self, before: set[int]) -> None:
        came, went = set(self.shards) - before, before - set(self.shards)
        rooms = sum(len(self.shards[number].tables) for number in came)
        if came:
            logger.info("took %d shards with %d rooms: %s", len(came), rooms, sorted(came))
        if went:
            logger.info("gave %d shards up: %s", len(went), sorted(went))

    async def _renew(self) -> None:
        held = [shard.lease for shard in self.shards.values()]
        for lease in await self.store.renew(held, self.config.lease_ms):
            logger.warning("the lease of shard %d was lost; another engine has it", lease.shard)
            self.shards.pop(lease.shard, None)

    async def _take(self, number: int) -> None:
        lease = await self.store.take(number, self.config.name, self.config.lease_ms)
        if lease is None:
            return
        try:
            loaded = await self.store.load(lease)
        except Fenced as error:
            logger.warning("shard %d was taken from us while we loaded it: %s", number, error)
            return
        shard = Shard(lease, loaded, self.config, self.clock)
        await self._detach_the_dead(number, shard)  # when this fails the shard is taken anew, and they are looked for
        self.shards[number] = shard
        self.taken_over += 1

    async def _release(self, number: int) -> None:
        shard = self.shards.pop(number)
        await self.store.release(shard.lease)

    def drop(self, numbers: Iterable[int]) -> None:
        """Forget shards whose last commit did not certainly happen; they are taken and loaded afresh."""
        for number in numbers:
            if self.shards.pop(number, None) is not None:
                logger.warning("shard %d is dropped until it can be loaded again", number)

    async def _detach_the_dead(self, number: int, shard: Shard) -> None:
        """Sockets of web processes that died while nobody owned the shard are gone too. Raises StoreUnavailable."""
        living = set(await self.store.living_webs())
        tables = shard.tables.values()
        webs = {socket.web for table in tables for socket in table.live.room.sockets.values()}
        await self._append_lapses((web, number) for web in webs - living)

    async def sweep_webs(self) -> None:
        """Tell our shards of web processes whose heartbeat lapsed. Raises StoreUnavailable."""
        lapsed = await self.store.lapsed_webs()
        await self._append_lapses((web, number) for web in lapsed for number in self.shards)
        self._lapsed = {known for known in self._lapsed if known[0] in lapsed}

    async def _append_lapses(self, pairs: Iterable[tuple[WebId, int]]) -> None:
        fresh = [pair for pair in pairs if pair not in self._lapsed]
        if fresh:
            await self.store.append([(number, Entry(RoomId(""), Lapse(web))) for web, number in fresh])
            self._lapsed.update(fresh)

    async def let_go(self) -> None:
        """Hand everything over and leave the register: the end of a drain."""
        try:
            async with self.lock:
                before = set(self.shards)
                for number in before:
                    await self._release(number)
                self._tell(before)
            await self.store.forget_engine(self.config.name)
        except StoreUnavailable as error:
            logger.warning("could not hand the shards over, their leases will lapse: %s", error)
