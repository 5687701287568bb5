"""A web process's life in Redis: an id, a mailbox for it, and a heartbeat that keeps both.

engine -> Redis -> [mailbox] -> hub

When the heartbeat came too late, engines may have counted this id's sockets as gone. So the life ends and another
begins under a new id, and nothing that is still on its way for the old one can harm the new.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, Protocol

from rooms import meters
from rooms.core.ids import WebId
from rooms.memories import Memories, Words
from rooms.store import Gap, Parcelled, Reconnected, StoreUnavailable

LATE: Final = 0.9
"""The part of its time to live after which a heartbeat counts as too late."""
PROBE_S: Final = 0.7
"""Between heartbeats, or a third of the time to live: they are also how a silent Redis is noticed."""
SILENT_S: Final = 1.0
"""Without an answer for so long, Redis is silent. With the pause before: told 1.7 s after it fell silent, at worst."""
PROMPT_S: Final = 0.5
"""All is well again once it answers within this. Between the two nothing changes, so a slow Redis does not flap."""
AGAIN_S: Final = 0.25
"""Between heartbeats while they fail."""

logger = logging.getLogger(__name__)


class Mail(Protocol):
    """The store's mailbox."""

    async def opened(self) -> None: ...
    async def aclose(self) -> None: ...
    def __aiter__(self) -> AsyncIterator[Parcelled | Gap | Reconnected]: ...


class Post(Words, Protocol):
    """What is needed of the store."""

    def mailbox(self, web: WebId, trouble: Callable[[str], None]) -> Mail: ...
    async def beat_web(self, web: WebId, ttl_ms: int) -> Any: ...
    async def forget_web(self, web: WebId) -> Any: ...


class Reader(Protocol):
    """Who is told: the hub."""

    def begun(self, web: WebId) -> None:
        """A life has begun: its mailbox is open."""

    def deliver(self, raw: bytes, at: float) -> None:
        """A parcel, whose message came `at`, by the loop's clock in seconds."""

    def ask_all(self, shard: int | None = None) -> None:
        """Parcels of a shard, or of any (None), were lost."""

    def forgotten(self, shards: list[int]) -> None:
        """These shards' data were flushed, or went back."""

    def health(self, part: str, reason: str) -> None:
        """A part cannot do its work, or (with "") can again."""


class Lapsed(Exception):
    """The heartbeat came too late."""


class WebLife:
    """`run` is one life; run it again when it has ended. `open` while sockets may attach."""

    def __init__(self, store: Post, ttl_ms: int, reader: Reader) -> None:
        """`ttl_ms`: the silence after which a web process counts as gone."""
        self._store, self._ttl_ms, self._reader = store, ttl_ms, reader
        self._memories = Memories(store)
        self.open = False

    def memory(self, shard: int) -> str:
        """The word of a shard's memory, as far as it was seen."""
        return self._memories.word(shard)

    async def run(self) -> None:
        """Live until the heartbeat came too late. Raises StoreUnavailable when Redis does not let it begin."""
        web = WebId(secrets.token_urlsafe(9))
        mailbox = self._store.mailbox(web, lambda reason: self._reader.health("mailbox", reason))
        try:
            await mailbox.opened()
            beaten = asyncio.get_running_loop().time()
            await self._store.beat_web(web, self._ttl_ms)
            await self._look()
            for part in ("life", "heartbeat", "mailbox"):
                self._reader.health(part, "")
            self.open = True
            self._reader.begun(web)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(mailbox))
                group.create_task(self._beat(web, beaten))
        except* Lapsed:
            meters.count("web_lapses")
            logger.warning("the heartbeat of web %s came too late: its sockets come back under a new id", web)
        finally:
            self.open = False
            await mailbox.aclose()

    async def _beat(self, web: WebId, last: float) -> None:
        loop, ttl = asyncio.get_running_loop(), self._ttl_ms / 1000
        pause = min(PROBE_S, ttl / 3)
        while True:
            await asyncio.sleep(pause)
            asked = loop.time()
            try:
                async with asyncio.timeout(SILENT_S):
                    await self._store.beat_web(web, self._ttl_ms)
                answered = loop.time()
                if answered - last > ttl * LATE:  # Redis may have taken it at any moment until now
                    raise Lapsed
                last = asked
                async with asyncio.timeout(SILENT_S):
                    await self._look()
            except (StoreUnavailable, TimeoutError) as error:
                self._reader.health("heartbeat", str(error) or f"Redis did not answer within {SILENT_S:g} s.")
                pause = min(AGAIN_S, ttl / 3)
                continue
            if answered - asked <= PROMPT_S:
                self._reader.health("heartbeat", "")
            pause = min(PROBE_S, ttl / 3)

    async def _look(self) -> None:
        forgotten = await self._memories.look()
        if forgotten:
            meters.count("memories_lost", len(forgotten))
            logger.error("Redis lost what it knew of shards %s: their rooms cannot go on", forgotten)
            self._reader.forgotten(forgotten)

    async def _read(self, mailbox: Mail) -> None:
        async for post in mailbox:
            if isinstance(post, Parcelled):
                self._reader.deliver(post.raw, post.at)
            elif isinstance(post, Gap):
                meters.count("parcel_gaps")
                self._reader.ask_all(post.shard)
            else:
                meters.count("mailbox_reconnects")
                self._reader.ask_all()
