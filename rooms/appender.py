"""Everything this process writes into the rooms' logs, in order: one pipeline for each pass of the event loop.

consumer -> [appender] -> Redis -> engine

Each entry is encoded once, when it is added. What waits for a shard goes as packs, which stand in the log under one id
each. The first entry after a quiet moment goes at once; under load a pipeline follows another no sooner than GATHER_S,
because each costs this process, Redis and the engine as much as a dozen inputs. Moves for rooms that tick wait until
shortly before the tick that takes them (rooms/beat.py), unless something else comes for their shard: it takes them
along at once, as order within a shard is kept.

While Redis cannot be reached the entries wait here, in order, and are tried again with growing pauses; each shard rests
by itself, so that of a cluster the shards of other nodes go on. An entry may reach the log twice (an answer lost on the
way): inputs are counted once by (player, seq), and attaching, detaching and resyncing twice is the same as once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol

from rooms import meters
from rooms.beat import AT_ONCE
from rooms.core.ids import RoomId
from rooms.core.inputs import Act, Command, Entry, dump_entry, dump_pack
from rooms.store import NotAppended, StoreUnavailable

BATCH: Final = 10_000
"""Entries of one pipeline: as many as may wait. A busy process hears late of the answer, and what one cannot take waits
for that."""
PACK_ENTRIES: Final = 256
PACK_BYTES: Final = 16 * 1024
"""Entries and bytes of one pack; an entry that is larger goes alone."""
GATHER_S: Final = 0.003
"""The least time from one pipeline to the next: with 6,000 inputs a second each then takes about twenty of them."""
MOST_COMMANDS: Final = 10_000
MOST_BYTES: Final = 8 * 1024 * 1024
"""Bounds on players' inputs that wait. Attach and detach are bounded by the number of sockets instead."""
CROWDED, EASED = 0.5, 0.125
"""Of these bounds: from the first on players are held up, down to the second they are not any more."""
PART: Final = 0.75
"""Of these bounds, what shards that cannot be written may fill: the rest is kept for those that can."""
PAUSE_S: Final = (0.05, 0.1, 0.2)
"""After failures of a shard, the last one repeated."""
STRAIN_S: Final = 0.03
"""What takes so long to be written, from when it was due, has missed the tick that it waited for.

Where the core or Redis is so busy, nothing waits until it has gone well for CALM_S; pipelines that take long gather
enough.
"""
CALM_S: Final = 0.5
FOREVER: Final = float("inf")
HELD: Final = 128
"""About the bytes that a waiting entry takes besides its own."""

logger = logging.getLogger(__name__)


class Log(Protocol):
    """What the appender needs of the store."""

    def shard_of(self, room: RoomId) -> int: ...
    async def append_packs(self, packs: Sequence[tuple[int, bytes]]) -> Any: ...


class Uncounted(bytes):
    """An entry that may always wait; any other is a player's input, and counts against the bounds."""


class Pack(NamedTuple):
    """Some entries of one shard, ready to be appended."""

    shard: int
    entries: int
    raw: bytes


class Appender:
    """One per process. Add with `add` and `add_command`; `run` writes until cancelled."""

    def __init__(self, log: Log, health: Callable[[str], None], eased: Callable[[], None] = lambda: None) -> None:
        """`health` is told why the log cannot be written, and "" when it can be again; `eased` after `crowded`."""
        self._log, self._health, self._eased = log, health, eased
        self._waiting: dict[int, deque[bytes]] = {}
        """By shard, in order; never empty."""
        self._due: dict[int, float] = {}
        """When what waits for a shard is to be written (loop time): as early as any of it asks. In hand: none."""
        self._alarm = FOREVER
        """When `run` looks again, if nobody wakes it."""
        self._draining = False
        """All is to be written at once."""
        self._strained, self._calm_at = False, 0.0
        """Nothing is gathered, because writing takes too long; and when it may be again (loop time)."""
        self._rests: dict[int, tuple[int, float]] = {}
        """Of shards that could not be written: how often in a row, and until when (loop time) they are left alone."""
        self._commands = self._bytes = 0
        self.crowded = False
        """So many inputs wait that no more should be asked for until `eased` is called."""
        self._wake, self._empty = asyncio.Event(), asyncio.Event()
        self._empty.set()

    @property
    def waiting(self) -> int:
        """Entries not in the log yet."""
        return sum(map(len, self._waiting.values()))

    def waits(self, room: RoomId) -> bool:
        """True while something for this room, or for another of its shard, is to be in the log and is not yet."""
        shard = self._log.shard_of(room)
        return shard in self._waiting and self._due.get(shard, AT_ONCE) <= asyncio.get_running_loop().time()

    def add(self, room: RoomId, act: Act) -> None:
        """Append an entry that must not be refused: a socket that comes, goes or lost something.

        Raises what the encoder does when it cannot be written at all: here, at the socket that sent it. Among the
        entries that wait it would fail with every batch, and with it everybody's.
        """
        self._put(self._log.shard_of(room), Uncounted(dump_entry(Entry(room, act))), AT_ONCE)

    def add_command(self, room: RoomId, command: Command, until: float = AT_ONCE) -> bool:
        """Append a player's input, which may wait `until` then (loop time) to go with others.

        False, and nothing is appended, when too much waits already. The caller then closes that socket: an input left
        out must not be followed by a later one of the same player.
        """
        shard, raw = self._log.shard_of(room), dump_entry(Entry(room, command))
        commands, size = self._commands + 1, self._bytes + HELD + len(raw)
        if commands > MOST_COMMANDS * CROWDED or size > MOST_BYTES * CROWDED:
            if not self.crowded:
                self.crowded = True
                self._wake.set()
            part = PART if shard in self._rests else 1
            if commands > MOST_COMMANDS * part or size > MOST_BYTES * part:
                meters.count("inputs_refused_busy")
                return False
        self._commands, self._bytes = commands, size
        self._put(shard, raw, AT_ONCE if self._strained else until)
        return True

    def _put(self, shard: int, entry: bytes, until: float) -> None:
        entries = self._waiting.get(shard)
        if entries is None:
            entries = self._waiting[shard] = deque()
            self._empty.clear()
        entries.append(entry)
        if until < self._due.get(shard, FOREVER):
            self._due[shard] = until
            if until < self._alarm:
                self._wake.set()

    async def run(self) -> None:
        """Write what waits, for ever. Everything added during one pass of the event loop goes in one pipeline."""
        loop = asyncio.get_running_loop()
        begun = -GATHER_S
        while True:
            shards = await self._ready()
            early = begun + GATHER_S - loop.time()
            if early > 0:
                await asyncio.sleep(early)
                shards = await self._ready()
            begun = loop.time()
            due = min(self._due.get(shard, AT_ONCE) for shard in shards)
            packs = self._take(shards)
            refused: Collection[int] = ()
            try:
                await self._log.append_packs([(pack.shard, pack.raw) for pack in packs])
            except StoreUnavailable as error:
                # When only some failed, the rest went in; of a shard, nothing after the first refused.
                refused = set(error.refused if isinstance(error, NotAppended) else range(len(packs)))
                meters.count("append_failures")
                self._health(str(error))
            self._written([pack for at, pack in enumerate(packs) if at not in refused])
            failed = {packs[at].shard for at in refused}
            self._due.update(dict.fromkeys(failed, AT_ONCE))
            self._rest(failed)
            self._rise({pack.shard for pack in packs} - failed)
            self._note(begun if due == AT_ONCE else due)

    def _note(self, due: float) -> None:
        """See whether what was to be written at `due`, and now is or could not be, took too long."""
        now = asyncio.get_running_loop().time()
        if now - due > STRAIN_S:
            self._calm_at = now + CALM_S
        self._strained = now < self._calm_at

    async def _ready(self) -> list[int]:
        """The shards that rest no more and have something that waits no more, or hardly, as soon as there are any."""
        loop = asyncio.get_running_loop()
        while True:
            ends = {shard: self._end(shard) for shard in self._waiting}
            self._alarm, now = min(ends.values(), default=FOREVER), loop.time()
            if self._alarm <= now:
                soon = now + GATHER_S  # by then another pipeline could go
                return [shard for shard, end in ends.items() if end <= (now if shard in self._rests else soon)]
            self._wake.clear()
            timer = None if self._alarm == FOREVER else loop.call_at(self._alarm, self._wake.set)
            await self._wake.wait()
            if timer is not None:
                timer.cancel()

    def _end(self, shard: int) -> float:
        """Until when what waits for a shard is left alone."""
        due = AT_ONCE if self.crowded or self._draining else self._due.get(shard, AT_ONCE)
        return max(due, self._rests[shard][1]) if shard in self._rests else due

    def _take(self, shards: list[int]) -> list[Pack]:
        """A batch. A shard of which something is left over comes after the others next time."""
        packs: list[Pack] = []
        left = BATCH
        for shard in shards:
            entries = self._waiting[shard]
            packs += _packed(shard, list(islice(entries, left)))
            left -= len(entries)
            if left >= 0:  # all of it: what comes from now on has a time of its own
                self._due.pop(shard, None)
            if left <= 0:
                self._waiting[shard] = self._waiting.pop(shard)
                break
        return packs

    def _rest(self, shards: set[int]) -> None:
        now = asyncio.get_running_loop().time()
        for shard in shards:
            failures, _ = self._rests.get(shard, (0, 0.0))
            self._rests[shard] = failures + 1, now + PAUSE_S[min(failures, len(PAUSE_S) - 1)]

    def _rise(self, shards: set[int]) -> None:
        """These could be written."""
        tired = [shard for shard in shards if self._rests.pop(shard, None) is not None]
        if tired and not self._rests:
            self._health("")

    async def drain(self, timeout_s: float) -> bool:
        """Write everything at once. False when that took longer than `timeout_s`."""
        self._draining = True
        self._wake.set()
        try:
            await asyncio.wait_for(self._empty.wait(), timeout_s)
        except TimeoutError:
            logger.warning("%d entries did not reach the log before the end", self.waiting)
            return False
        finally:
            self._draining = False
        return True

    def _written(self, packs: list[Pack]) -> None:
        """These, of each shard the first that wait, are in the log: forget them."""
        counts: Counter[int] = Counter()
        for pack in packs:
            counts[pack.shard] += pack.entries
        for shard, count in counts.items():
            entries = self._waiting[shard]
            for _ in range(count):
                raw = entries.popleft()
                if type(raw) is bytes:
                    self._commands -= 1
                    self._bytes -= HELD + len(raw)
            if not entries:
                del self._waiting[shard]
        if self.crowded and self._commands <= MOST_COMMANDS * EASED and self._bytes <= MOST_BYTES * EASED:
            self.crowded = False
            self._eased()
        meters.count("entries_appended", counts.total())
        meters.count("packs_appended", len(packs))
        meters.count("appends")
        if not self._waiting:
            self._empty.set()


def _packed(shard: int, raws: list[bytes]) -> list[Pack]:
    """Entries as packs within the bounds, in order."""
    packs: list[Pack] = []
    begin = size = 0
    for at, raw in enumerate(raws):
        if at > begin and (size + len(raw) > PACK_BYTES or at - begin == PACK_ENTRIES):
            packs.append(Pack(shard, at - begin, dump_pack(raws[begin:at])))
            begin, size = at, 0
        size += len(raw)
    packs.append(Pack(shard, len(raws) - begin, dump_pack(raws[begin:])))
    return packs
