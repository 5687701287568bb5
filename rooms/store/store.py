"""The store: everything the processes of Holdfast ask of Redis, in one place for each event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from secrets import token_urlsafe

from rooms.core.ids import RoomId, WebId
from rooms.core.inputs import Act, Entry
from rooms.store.cards import CardFeed, Cards, Edition
from rooms.store.client import Client
from rooms.store.commit import Commit, Commits, Heads
from rooms.store.counts import Counts
from rooms.store.errors import Fenced, ShardsDiffer, StoreUnavailable
from rooms.store.journals import Journals
from rooms.store.keys import META, Stream, shard_keys, shard_of
from rooms.store.leases import UNSEEN, Lease, LeaseRow, Leases
from rooms.store.limits import Limits
from rooms.store.loading import Loaded, Loading
from rooms.store.log import Log, Readings
from rooms.store.mailbox import Mailbox
from rooms.store.memory import Memory, went_back
from rooms.store.outbox import Fact, Outbox
from rooms.store.presence import Bell, Presence, life_of
from rooms.store.replies import Replies
from rooms.store.telling import Telling

VERSION = 1
"""Of the layout that docs/redis.md describes; kept in Redis beside the number of shards."""

_stores: dict[asyncio.AbstractEventLoop, dict[tuple[str, int], Store]] = {}


class Store:
    """Redis as the rooms know it. Each method is explained where it is written: log.py, leases.py, commit.py,
    ...

    Everything raises StoreUnavailable when Redis cannot do its part; nothing is ever tried twice in here.
    """

    def __init__(self, url: str, shards: int, limits: Limits | None = None) -> None:
        """Cheap: it connects at the first use. One for each event loop. `url`: see addresses.py; WrongAddress."""
        self.shards = shards
        self.limits = limits or Limits()
        self.incarnation = ""
        self.closed = False
        keys = [shard_keys(shard) for shard in range(shards)]
        self._keys = keys
        self._client = client = Client(url)
        self._heads = heads = Heads()
        self._log = Log(client, keys, self.limits)
        self._leases = Leases(client, keys)
        self._memory = Memory(client, keys)
        self._commits = Commits(client, keys, self.limits, heads)
        self._loading = Loading(client, keys, heads, Telling(client, keys, self.limits))
        self._cards = Cards(client, keys)
        self._replies = Replies(client, keys)
        self._presence = Presence(client, self.limits)
        self._counts = Counts(client, self._presence)
        self._outbox = Outbox(client, keys)
        self._journals = Journals(client, keys)

    @classmethod
    def of_loop(cls, url: str, shards: int) -> Store:
        """The one store of the running event loop for this address; another one once that was closed."""
        for loop in [loop for loop in _stores if loop.is_closed()]:
            del _stores[loop]
        stores = _stores.setdefault(asyncio.get_running_loop(), {})
        if (url, shards) not in stores or stores[url, shards].closed:
            stores[url, shards] = cls(url, shards)
        return stores[url, shards]

    async def aclose(self) -> None:
        """Close its connections, for good. Mailboxes and feeds are closed by who opened them."""
        self.closed = True
        await self._client.aclose()

    async def check(self) -> None:
        """Redis answers and keeps its rooms in as many shards as we do; the first to come decides how many.

        Engines say it again and again, so that a Redis that was emptied is set up anew. Sets `incarnation`: a random
        word for as long as this Redis keeps its memory. Raises ShardsDiffer.
        """
        *_, (stored, incarnation) = await self._client.pipeline(
            [
                ("HSETNX", META, "shards", self.shards),
                ("HSETNX", META, "incarnation", token_urlsafe(12)),
                ("HSETNX", META, "version", VERSION),
                ("HMGET", META, "shards", "incarnation"),
            ]
        )
        if int(stored) != self.shards:
            raise ShardsDiffer(int(stored), self.shards)
        self.incarnation = incarnation.decode()

    async def hint(self) -> str:
        """The incarnation as it is now: it changes when any shard's memory does. "" when Redis was never set up."""
        word = await self._client.call("HGET", META, "incarnation")
        return (word or b"").decode()

    async def now_ms(self) -> int:
        """Redis' clock, in milliseconds since 1970."""
        seconds, micros = await self._client.call("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    def shard_of(self, room: RoomId) -> int:
        """The shard of a room."""
        return shard_of(room, self.shards)

    # -- the log

    async def append(self, entries: Sequence[tuple[int, Entry]]) -> list[str]:
        """Log.append."""
        return await self._log.append(entries)

    async def append_packs(self, packs: Sequence[tuple[int, bytes]]) -> list[bytes]:
        """Log.append_packs."""
        return await self._log.append_packs(packs)

    async def append_to(self, room: RoomId, act: Act, reply: str = "") -> str:
        """Log.append_to."""
        return await self._log.append_to(room, act, reply)

    async def read(self, cursors: Mapping[int, str], *, block_ms: int, count: int) -> Readings:
        """Log.read."""
        return await self._log.read(cursors, block_ms=block_ms, count=count)

    # -- leases

    async def take(self, shard: int, owner: str, ttl_ms: int) -> Lease | None:
        """Leases.take."""
        return await self._leases.take(shard, owner, ttl_ms)

    async def take_all(self, shards: Sequence[int], owner: str, ttl_ms: int) -> list[Lease | None]:
        """Leases.take_all."""
        return await self._leases.take_all(shards, owner, ttl_ms)

    async def renew(self, leases: Sequence[Lease], ttl_ms: int) -> list[Lease]:
        """Leases.renew: returns the lost ones, and those whose shard is not at the head we know. None of them may
        have a commit on its way.
        """
        known = [self._heads.get(lease) for lease in leases]
        heads = await self._leases.renew(leases, ttl_ms)
        rows = zip(leases, heads, known, strict=True)
        return [lease for lease, head, ours in rows if head is None or (head != UNSEEN and ours not in (None, head))]

    async def release(self, lease: Lease) -> None:
        """Leases.release."""
        await self._leases.release(lease)

    async def release_all(self, leases: Sequence[Lease]) -> None:
        """Leases.release_all."""
        await self._leases.release_all(leases)

    async def leases(self) -> list[LeaseRow]:
        """Leases.leases, compared with what was acknowledged to us."""
        kept = self._heads.kept()  # before: what is acknowledged while we ask is newer than the answer
        rows = await self._leases.leases()
        return [replace(row, went_back=went_back(kept.get(row.shard), row)) for row in rows]

    # -- memory

    async def memories(self) -> list[str]:
        """Memory.words: one for each shard."""
        return await self._memory.words()

    async def renounce(self, shard: int, memory: str) -> bool:
        """Memory.renounce."""
        return await self._memory.renounce(shard, memory)

    # -- state

    async def load(self, lease: Lease) -> Loaded:
        """Loading.load: raises Fenced."""
        return await self._loading.load(lease)

    async def commit(self, commits: Sequence[Commit], ttl_ms: int) -> list[Fenced | StoreUnavailable | None]:
        """Commits.commit: returns Fenced for those that were refused, StoreUnavailable where it is not known."""
        return await self._commits.commit(commits, ttl_ms)

    async def card(self, room: RoomId) -> bytes | None:
        """Cards.card."""
        return await self._cards.card(room)

    async def room(self, room: RoomId) -> tuple[bytes, bytes] | None:
        """Cards.room."""
        return await self._cards.room(room)

    async def cards(self, shard: int) -> tuple[Edition, dict[RoomId, bytes]]:
        """Cards.cards: those of one shard, and their edition."""
        return await self._cards.cards(shard)

    async def editions(self) -> list[Edition | None]:
        """Cards.editions: how far the cards of each shard are."""
        return await self._cards.editions()

    def card_feed(self) -> CardFeed:
        """Cards.feed: yields None first, and whenever something may have been missed."""
        return self._cards.feed()

    # -- who lives

    async def beat_engine(self, engine: str, ttl_ms: int) -> list[str]:
        """Presence.beat_engine: returns the living engines."""
        return await self._presence.beat_engine(engine, ttl_ms)

    async def living_engines(self) -> list[str]:
        """Presence.living_engines."""
        return await self._presence.living_engines()

    async def ring(self, engine: str) -> None:
        """Presence.ring: who owns what has changed."""
        await self._presence.ring(engine)

    def bell(self) -> Bell:
        """Presence.bell."""
        return self._presence.bell()

    async def bury(self, engine: str) -> None:
        """An engine is certainly dead: give up every lease it has, strike it from the register, ring the bell.

        `engine`: its name, or its life's alone.
        """
        life = life_of(engine)
        rows = await self._leases.leases()
        held = [Lease(row.shard, row.owner, row.epoch) for row in rows if life_of(row.owner) == life]
        await self._leases.release_all(held)
        for name in await self._presence.engines_of(life):
            await self._presence.forget_engine(name)
        await self._presence.ring(engine)

    async def forget_engine(self, engine: str) -> None:
        """Presence.forget_engine."""
        await self._presence.forget_engine(engine)

    async def beat_web(self, web: WebId, ttl_ms: int) -> None:
        """Presence.beat_web."""
        await self._presence.beat_web(web, ttl_ms)

    async def forget_web(self, web: WebId) -> None:
        """Presence.forget_web."""
        await self._presence.forget_web(web)

    async def living_webs(self) -> list[WebId]:
        """Presence.living_webs."""
        return await self._presence.living_webs()

    async def lapsed_webs(self) -> list[WebId]:
        """Presence.lapsed_webs."""
        return await self._presence.lapsed_webs()

    async def tell_counts(self, engine: str, counts: Mapping[str, float]) -> None:
        """Counts.tell_counts."""
        await self._counts.tell_counts(engine, counts)

    async def counts(self) -> dict[str, dict[str, float]]:
        """Counts.counts: what each living engine has counted."""
        return await self._counts.counts()

    # -- what comes out

    def mailbox(self, web: WebId, trouble: Callable[[str], None] = lambda _reason: None) -> Mailbox:
        """A web process's Mailbox: await its `opened()` first. `trouble` is told why no parcel can come, or ""."""
        return Mailbox(self._client, self._keys, web, trouble)

    async def reply(self, shard: int, token: str, timeout_s: float) -> bytes | None:
        """Replies.reply."""
        return await self._replies.reply(shard, token, timeout_s)

    async def facts(self, stream: Stream, group: str, consumer: str, block_ms: int) -> list[Fact]:
        """Outbox.facts."""
        return await self._outbox.facts(stream, group, consumer, block_ms)

    async def done(self, stream: Stream, group: str, facts: Iterable[Fact]) -> None:
        """Outbox.done."""
        await self._outbox.done(stream, group, facts)

    async def journal(self, room: RoomId, match: int) -> list[bytes]:
        """Journals.journal."""
        return await self._journals.journal(room, match)

    async def forget_journal(self, room: RoomId, match: int) -> None:
        """Journals.forget_journal."""
        await self._journals.forget_journal(room, match)
