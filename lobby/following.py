"""Keeps the cards of one process true: reads each shard once, then follows the feed, and notices whatever it missed.

    feed: shard 3, number 118 -> shelves          the next number: applied
    feed: shard 3, number 120                     119 is missing: shard 3, and no other, is read again
    editions: shard 5 is at 77, we at 75          the newest word was lost, and none came after it: the same
    editions: another memory, or fewer            Redis was emptied, or came back with older data: the same

What comes for a shard while it is read waits, and is applied to what was read. A shard is read at most once a second,
and in pieces with rests between them, so that neither many rooms nor a bad line keep the loop or Redis busy.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

import msgspec

from lobby.shelves import Shelves
from lobby.stores import read_card
from rooms import meters
from rooms.core.facts import Card
from rooms.core.ids import RoomId
from rooms.store import CardChange, Changes, Edition, Store, StoreUnavailable

logger = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""Between two comparisons of what we have with the editions in Redis."""
GRACE_S: Final = 0.25
"""What Redis has and we lack may still be on its way for so long."""
AGAIN_S: Final = 1.0
"""The least time between two readings of the same shard."""
PIECE: Final = 128
"""Cards read or posted without a rest: about a millisecond."""
MOST_AT_ONCE: Final = 500
"""Cards of one message that are posted without a rest; a shard in which more changed at once is read in pieces."""
MOST_WAITING: Final = 1000
"""Messages of the feed that wait for one shard to be read; with more it is read once more instead."""


class Following:
    """The tasks behind one process's picture. `run` until cancelled."""

    def __init__(self, store: Store, shelves: Shelves, freshness: Callable[[bool], None]) -> None:
        """`freshness` is told after each look whether everything could be compared."""
        self.filled = asyncio.Event()
        """Every shard that can be read was read once."""
        self._store, self._shelves, self._freshness = store, shelves, freshness
        self._known: dict[int, Edition] = {}
        self._rooms: dict[int, set[RoomId]] = {}
        self._lost: dict[int, list[Changes]] = {}
        """Shards to read, and what came for them meanwhile."""
        self._there: set[int] = set()
        """The shards that could be asked at the last look."""
        self._read_at: dict[int, float] = {}
        self._look_now, self._heal_now = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled. A fault of ours ends all, so that whoever asks next starts afresh."""
        async with asyncio.TaskGroup() as tasks:
            for job in (self._hear, self._look_again, self._heal):
                tasks.create_task(job(), name=f"lobby {job.__name__.strip('_')}")

    # -- the feed

    async def _hear(self) -> None:
        while True:
            feed = self._store.card_feed()
            try:
                async for changes in feed:
                    if changes is None:
                        self._look_now.set()
                    else:
                        self.take(changes)
            except (msgspec.DecodeError, ValueError) as error:
                logger.error("a word of the card feed cannot be read; all cards are compared: %s", error)
                self._look_now.set()
            finally:
                await feed.aclose()

    def take(self, changes: Changes) -> None:
        """One message of the feed."""
        waiting, known = self._lost.get(changes.shard), self._known.get(changes.shard)
        if waiting is not None:
            if len(waiting) < MOST_WAITING:
                waiting.append(changes)
        elif known is not None and changes.number == known.fed + 1 and len(changes.cards) <= MOST_AT_ONCE:
            self._post(changes.shard, changes.cards)
            self._known[changes.shard] = Edition(known.memory, changes.number)
        elif known is None or changes.number > known.fed:
            meters.count("lobby_gaps", known is not None)
            self._lose(changes.shard)
        else:  # an old word, said again; or Redis counts anew, which only the editions can tell
            self._look_now.set()

    def _lose(self, shard: int) -> None:
        if shard not in self._lost:
            self._lost[shard] = []
            self._heal_now.set()

    # -- comparing

    async def _look_again(self) -> None:
        while True:
            self._look_now.clear()
            await self._look()
            self._see_whether_filled()
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._look_now.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        try:
            editions = await self._store.editions()
        except StoreUnavailable as away:
            logger.log(logging.WARNING if self.filled.is_set() else logging.INFO, "no list of rooms: %s", away)
            self._freshness(False)
            return
        self._freshness(None not in editions)
        self._there = {shard for shard, edition in enumerate(editions) if edition is not None}
        for shard, edition in enumerate(editions):
            if edition is not None and self._is_another(shard, edition):
                self._lose(shard)
        if any(edition is not None and self._lacks(shard, edition) for shard, edition in enumerate(editions)):
            await asyncio.sleep(GRACE_S)
            for shard, edition in enumerate(editions):
                if edition is not None and shard not in self._lost and self._lacks(shard, edition):
                    meters.count("lobby_gaps")
                    self._lose(shard)

    def _see_whether_filled(self) -> None:
        if self._there and self._there <= self._known.keys():
            self.filled.set()

    def _is_another(self, shard: int, edition: Edition) -> bool:
        known = self._known.get(shard)
        return known is None or known.memory != edition.memory or edition.fed < known.fed

    def _lacks(self, shard: int, edition: Edition) -> bool:
        known = self._known.get(shard)
        return known is not None and known.fed < edition.fed

    # -- reading again

    async def _heal(self) -> None:
        while True:
            await self._heal_now.wait()
            self._heal_now.clear()
            for shard in list(self._lost):
                await self._rest(shard)
                await self._read(shard)
            self._see_whether_filled()

    async def _rest(self, shard: int) -> None:
        """Other shards wait too: on a bad line all are lost together, and one pause serves for all."""
        since = time.monotonic() - self._read_at.get(shard, -AGAIN_S)
        if since < AGAIN_S:
            await asyncio.sleep(AGAIN_S - since)

    async def _read(self, shard: int) -> None:
        self._read_at[shard] = time.monotonic()
        try:
            edition, raws = await self._store.cards(shard)
        except StoreUnavailable as away:
            logger.warning("the cards of shard %d cannot be read: %s", shard, away)
            self._known.pop(shard, None)
            del self._lost[shard]  # the next look finds that it was never read
            return
        meters.count("lobby_shards_read")
        await self._replace(shard, raws)
        self._known[shard] = edition
        waiting = self._lost.pop(shard)
        for changes in waiting:
            if changes.number > edition.fed:
                self.take(changes)
        if len(waiting) >= MOST_WAITING:
            self._look_now.set()

    async def _replace(self, shard: int, raws: dict[RoomId, bytes]) -> None:
        """The cards of a shard are these. What stays as it is costs its watchers nothing."""
        pairs: list[CardChange] = [(room, None) for room in self._rooms.get(shard, set()) - raws.keys()]
        pairs += raws.items()
        for start in range(0, len(pairs), PIECE):
            self._post(shard, pairs[start : start + PIECE])
            await asyncio.sleep(0)

    def _post(self, shard: int, cards: list[CardChange]) -> None:
        rooms = self._rooms.setdefault(shard, set())
        for room, raw in cards:
            card = None if raw is None else _readable(room, raw)
            if card is None:
                rooms.discard(room)
                self._shelves.drop(room)
            else:
                rooms.add(room)
                self._shelves.put(card)


def _readable(room: RoomId, raw: bytes) -> Card | None:
    try:
        return read_card(raw)
    except msgspec.DecodeError as error:
        logger.error("the card of room %s cannot be read and is left out: %s", room, error)
        return None
