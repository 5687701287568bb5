"""A web process's life in Redis: an id, a mailbox for it, and a heartbeat that keeps both.

engine -> Redis -> [mailbox] -> hub

When the heartbeat came too late, engines may have counted this id's sockets as gone. So the life ends and another
begins under a new id, and nothing that is still on its way for the old one can harm the new.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from typing import Any, Final, Protocol

from rooms import meters
from rooms.core.ids import WebId
from rooms.store import Gap, Parcelled, Reconnected, StoreUnavailable

LATE: Final = 0.9
"""The part of its time to live after which a heartbeat counts as too late."""

logger = logging.getLogger(__name__)


class Mail(Protocol):
    """The store's mailbox."""

    async def opened(self) -> None: ...
    async def aclose(self) -> None: ...
    def __aiter__(self) -> AsyncIterator[Parcelled | Gap | Reconnected]: ...


class Post(Protocol):
    """What is needed of the store."""

    def mailbox(self, web: WebId) -> Mail: ...
    async def beat_web(self, web: WebId, ttl_ms: int) -> Any: ...
    async def forget_web(self, web: WebId) -> Any: ...


class Reader(Protocol):
    """Who is told: the hub."""

    def begun(self, web: WebId) -> None:
        """A life has begun: its mailbox is open."""

    def deliver(self, raw: bytes) -> None:
        """A parcel."""

    def ask_all(self, shard: int | None = None) -> None:
        """Parcels of a shard, or of any (None), were lost."""

    def health(self, part: str, reason: str) -> None:
        """A part cannot do its work, or (with "") can again."""


class Lapsed(Exception):
    """The heartbeat came too late."""


class WebLife:
    """`run` is one life; run it again when it has ended. `open` while sockets may attach."""

    def __init__(self, store: Post, ttl_ms: int, reader: Reader) -> None:
        """`ttl_ms`: the silence after which a web process counts as gone."""
        self._store, self._ttl_ms, self._reader = store, ttl_ms, reader
        self.open = False

    async def run(self) -> None:
        """Live until the heartbeat came too late. Raises StoreUnavailable when Redis does not let it begin."""
        web = WebId(secrets.token_urlsafe(9))
        mailbox = self._store.mailbox(web)
        try:
            await mailbox.opened()
            beaten = asyncio.get_running_loop().time()
            await self._store.beat_web(web, self._ttl_ms)
            self._reader.health("life", "")
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
        while True:
            await asyncio.sleep(ttl / 3)
            asked = loop.time()
            try:
                await self._store.beat_web(web, self._ttl_ms)
            except StoreUnavailable as error:
                self._reader.health("heartbeat", str(error))
                continue
            self._reader.health("heartbeat", "")
            if loop.time() - last > ttl * LATE:  # Redis may have taken it at any moment until now
                raise Lapsed
            last = asked

    async def _read(self, mailbox: Mail) -> None:
        async for post in mailbox:
            if isinstance(post, Parcelled):
                self._reader.deliver(post.raw)
            elif isinstance(post, Gap):
                meters.count("parcel_gaps")
                self._reader.ask_all(post.shard)
            else:
                meters.count("mailbox_reconnects")
                self._reader.ask_all()
