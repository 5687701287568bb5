"""The shards that this engine holds now: taking, loading, renewing, handing over.

Runs beside the passes. What takes a shard out of a pass's hands holds `lock`, as a pass does, so that a shard is given
up at a tick boundary. Loading holds nothing: the other shards are played on meanwhile.

Whoever changes who owns what rings the bell, and all engines look at once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

from rooms.core.ids import RoomId, WebId
from rooms.core.inputs import Entry, Lapse
from rooms.engine.clock import Clock
from rooms.engine.config import EngineConfig
from rooms.engine.ownership import at_once, hand_over, plan, share, soonest_lapse_ms
from rooms.engine.shard import Shard
from rooms.pools import ALL, serves
from rooms.store import Fenced, Lease, LeaseRow, Store, StoreUnavailable

LIVES: Final = 0.7
"""The part of a lease for which an engine counts as living: it is missed before its shards lapse, so whoever takes
them knows its new share by then."""
ROUNDS: Final = 5
"""Rounds of balancing in the time of a lease."""
DRAIN_S: Final = 4.0
"""How long an engine that ends hands shard after shard over; then it lets go of all."""
FIRST_READ: Final = 2000
"""Entries read from a shard's log as it is loaded; the others with the next reading."""

logger = logging.getLogger(__name__)


class Holding:
    """Shards by number. `shards` holds those that are loaded and may be advanced."""

    def __init__(
        self, store: Store, config: EngineConfig, clock: Clock, changed: Callable[[], None] = lambda: None
    ) -> None:
        """`changed` is called when a shard was loaded: its rooms want a pass at once."""
        self.store, self.config, self.clock, self._changed = store, config, clock, changed
        self.shards: dict[int, Shard] = {}
        self.lock = asyncio.Lock()
        self.taken_over = 0
        """Shards taken since the start."""
        self.settled = False
        """This engine had its whole share at the end of a round."""
        self.rest_s = 0.0
        """When to look again, in seconds after the last round."""
        self._registered = False
        self._deserted: dict[str, float] = {}
        """The pools that have no engine, and since when, by this machine's monotonic clock."""
        self._told: set[str] = set()
        """Those of which that was said."""
        self._lapsed: set[tuple[WebId, int]] = set()

    async def balance(self) -> None:
        """One round: register, renew, release what is too much, take what is missing. Raises StoreUnavailable."""
        engines, rows = await self._look()
        before = set(self.shards)
        wanted = plan(rows, self.shards, engines, self.config.name)
        now = wanted.take[: at_once(len(rows))]  # the leases of the others are renewed between rounds
        await self._give_up(wanted.release)
        try:
            await self._take(now)
        finally:
            self._tell(before)
        self.settled = len(self.shards) >= share(engines, self.config.name, len(rows))
        lapse_ms = soonest_lapse_ms(rows, self.config.name)
        self.rest_s = 0 if now != wanted.take else min(self.config.lease_ms / ROUNDS, lapse_ms + 1) / 1000

    async def _look(self) -> tuple[list[str], list[LeaseRow]]:
        """Who lives and who owns what in our pool, all asked at once: Redis may be slow, and a lease is short."""
        me = self.config.name
        now_ms, _, engines, _, rows = await _all(
            self.store.now_ms(),
            self.store.check(),
            self.store.beat_engine(me, int(self.config.lease_ms * LIVES)),
            self._renew(),
            self.store.leases(),
        )
        self.clock.set(now_ms)
        if not self._registered:
            self._registered = True
            await self.store.ring(me)
        for row in rows:
            if row.went_back:
                await self._renounce(row)
        self._miss(engines)
        return self._of_our_pool(engines, rows)

    def _of_our_pool(self, engines: list[str], rows: list[LeaseRow]) -> tuple[list[str], list[LeaseRow]]:
        """Those with whom we share, and what there is to share."""
        mine = self.config.mine
        ours = [engine for engine in engines if serves(engine, self.config.pool) or self.config.pool == ALL]
        return ours, [row for row in rows if row.shard in mine]

    def _miss(self, engines: list[str]) -> None:
        """Say it when a pool has lost its last engine, and when it has one again: its rooms stand still meanwhile."""
        names = self.config.pools.names if self.config.pools is not None else []
        without = [pool for pool in names if not any(serves(engine, pool) for engine in engines)]
        now = time.monotonic()
        self._deserted = {pool: self._deserted.get(pool, now) for pool in without}
        # Engines that start together come one after the other; one that died is replaced within its lease.
        gone = {pool for pool, since in self._deserted.items() if now - since >= self.config.lease_ms / 1000}
        if gone - self._told:
            logger.error("no engine serves these pools, their rooms stand still: %s", ", ".join(sorted(gone)))
        elif self._told and not gone:
            logger.info("every pool is served")
        self._told = gone

    async def _renounce(self, row: LeaseRow) -> None:
        if await self.store.renounce(row.shard, row.memory):
            logger.error(
                "shard %d has lost commits that Redis had acknowledged (it is at %d): its rooms are ended",
                row.shard,
                row.head,
            )

    def _tell(self, before: set[int]) -> None:
        came, went = set(self.shards) - before, before - set(self.shards)
        rooms = sum(len(self.shards[number].tables) for number in came)
        if came:
            logger.info("took %d shards with %d rooms: %s", len(came), rooms, sorted(came))
        if went:
            logger.info("gave %d shards up: %s", len(went), sorted(went))

    async def _renew(self) -> None:
        async with self.lock:
            held = [shard.lease for shard in self.shards.values()]
            for lease in await self.store.renew(held, self.config.lease_ms):
                logger.warning("shard %d is not ours any more, or not as we left it", lease.shard)
                self.shards.pop(lease.shard, None)

    async def _take(self, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        taken, webs = await _all(
            self.store.take_all(numbers, self.config.name, self.config.lease_ms), self.store.living_webs()
        )
        leases = [lease for lease in taken if lease is not None]
        living = set(webs)
        await _all(*(self._load(lease, living) for lease in leases))
        if leases:
            await self.store.ring(self.config.name)

    async def _load(self, lease: Lease, living: set[WebId]) -> None:
        """Load a shard and what its log holds, and let its rooms have a pass at once.

        When this fails the shard is taken anew.
        """
        try:
            loaded = await self.store.load(lease)
        except Fenced as error:
            logger.warning("shard %d was taken from us while we loaded it: %s", lease.shard, error)
            return
        shard = Shard(lease, loaded, self.config, self.clock)
        await self._detach_the_dead(lease.shard, shard, living)
        for _, entries in await self.store.read({lease.shard: shard.read}, block_ms=0, count=FIRST_READ):
            shard.take_in(entries)
        self.shards[lease.shard] = shard
        self.taken_over += 1
        self._changed()

    async def _give_up(self, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        async with self.lock:
            leases = [self.shards.pop(number).lease for number in numbers if number in self.shards]
            await self.store.release_all(leases)
        await self.store.ring(self.config.name)

    def drop(self, numbers: Iterable[int]) -> None:
        """Forget shards whose last commit did not certainly happen; they are taken and loaded afresh."""
        for number in numbers:
            if self.shards.pop(number, None) is not None:
                logger.warning("shard %d is dropped until it can be loaded again", number)

    async def _detach_the_dead(self, number: int, shard: Shard, living: set[WebId]) -> None:
        """Sockets of web processes that died while nobody owned the shard are gone too. Raises StoreUnavailable."""
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

    async def drain(self, look: asyncio.Event) -> None:
        """Leave the register, then hand shard after shard over while the rest is played on. `look`: the bell rang.

        No balancing may run beside it. Where nobody is left to take them, or something fails, they are all let go.
        """
        try:
            async with asyncio.timeout(DRAIN_S):
                await self.store.forget_engine(self.config.name)
                await self.store.ring(self.config.name)
                await self._hand_over_all(look)
        except TimeoutError:
            logger.warning("nobody took our last shards in time: %s", sorted(self.shards))
        except StoreUnavailable as error:
            logger.warning("could not hand the shards over, their leases will lapse: %s", error)

    async def _hand_over_all(self, look: asyncio.Event) -> None:
        while self.shards:
            look.clear()
            everything, living = await _all(self.store.leases(), self.store.living_engines())
            others, rows = self._of_our_pool(living, everything)
            if not others:
                return
            await self._give_up(hand_over(rows, self.shards, 0))
            await self._renew()
            try:
                async with asyncio.timeout(self.config.lease_ms / ROUNDS / 1000):
                    await look.wait()
            except TimeoutError:
                pass  # the bell may have been lost: look anyway

    async def let_go(self) -> None:
        """Give up whatever is left and leave the register: the end."""
        async with self.lock:
            before = set(self.shards)
            self.shards.clear()
            self._tell(before)
            try:
                await self.store.bury(self.config.name)
            except StoreUnavailable as error:
                logger.warning("could not let go of the shards, their leases will lapse: %s", error)


async def _all(*jobs: Awaitable[Any]) -> list[Any]:
    """Do all at once; raise the first fault once all have ended."""
    done = await asyncio.gather(*jobs, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return done
