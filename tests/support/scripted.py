"""A tiny scripted engine: it owns every shard, reads the logs, and commits exactly what a test tells it to."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import msgspec

from rooms.core.facts import Card
from rooms.core.ids import RoomId, WebId
from rooms.core.inputs import Attach, Entry, parse_pack
from rooms.protocol import codec, server
from rooms.protocol.bus import SHARED, Broadcast, Delivery, Direct, View, ViewFrame, dump_parcel
from rooms.store import START, Commit, Lease, Store

SHARDS = 4
TTL_MS = 60_000


class ScriptedEngine:
    """`await start()`; then `attach = await next_of(Attach)` and `await deliver(...)`."""

    def __init__(self, store: Store) -> None:
        """Over a store that the test closes."""
        self.store = store
        self.seen: list[Entry] = []
        self._leases: dict[int, Lease] = {}
        self._cursors = dict.fromkeys(range(store.shards), START)

    async def start(self) -> None:
        """Take every shard."""
        for shard in range(self.store.shards):
            lease = await self.store.take(shard, "scripted", TTL_MS)
            assert lease is not None
            self._leases[shard] = lease

    async def read(self) -> list[Entry]:
        """Everything new in the logs, in each shard's order."""
        fresh: list[Entry] = []
        for shard, entries in await self.store.read(self._cursors, block_ms=20, count=1000):
            self._cursors[shard] = entries[-1][0]
            fresh += [entry for _, raw in entries for entry in parse_pack(raw)]
        self.seen += fresh
        return fresh

    async def next_of(self, kind: type[Any], seconds: float = 5.0) -> Any:
        """The next act of a kind that no earlier call has given."""
        async with asyncio.timeout(seconds):
            while True:
                for at, entry in enumerate(self.seen):
                    if isinstance(entry.act, kind):
                        del self.seen[at]
                        return entry.act
                await self.read()

    async def put_card(self, room: RoomId, game: str = "tictactoe") -> None:
        """Make a room known, so that sockets may come."""
        card = Card(room, game, "waiting", 2, 0, 0, 0, "", (), {}, False, True, False, False, 0, 0)
        lease = self._leases[self.store.shard_of(room)]
        await self.store.commit([Commit(lease, cards={room: msgspec.msgpack.encode(card)})], TTL_MS)

    async def close_room(self, room: RoomId) -> None:
        """End a room without a word to its sockets."""
        lease = self._leases[self.store.shard_of(room)]
        await self.store.commit([Commit(lease, closed=[room])], TTL_MS)

    async def deliver(self, web: WebId, *deliveries: Delivery) -> None:
        """Commit a parcel for a web process; all its rooms are of one shard."""
        lease = self._leases[self.store.shard_of(deliveries[0].room)]
        fenced = await self.store.commit([Commit(lease, parcels={web: dump_parcel(list(deliveries))})], TTL_MS)
        assert fenced == [None]

    async def welcome(self, attach: Attach, room: RoomId, tick: int = 1, view: View = SHARED, seat: int = 0) -> None:
        """Answer an Attach."""
        payload = welcome_of(attach, room, tick)
        await self.deliver(attach.web, box(room, tick, directs=[Direct(attach.socket, payload, view, seat)]))


def welcome_of(attach: Attach, room: RoomId, tick: int = 1, incarnation: str = "first", seq: int = 0) -> bytes:
    """A welcome's bytes."""
    info = server.GameInfo("tictactoe", "T", 1, 0, (), (), {})
    limits = server.Limits(4096, 60, 300, 512)
    you = server.You(attach.player.id, attach.player.name)
    message = server.Welcome(you, info, room, incarnation, 1, seq, tick, False, (), tick, 0, {}, limits, 0.0)
    return codec.dump(message, attach.wire)


def box(
    room: RoomId,
    tick: int,
    *,
    events: list[Broadcast] | None = None,
    frames: list[ViewFrame] | None = None,
    directs: list[Direct] | None = None,
) -> Delivery:
    """A delivery whose newest offset equals its tick."""
    return Delivery(room, 1, tick, tick, events or [], frames or [], directs or [])


def some_room(store: Store, shard: int | None = None) -> RoomId:
    """A fresh room id, of a given shard if that matters."""
    while True:
        room = RoomId(secrets.token_urlsafe(16))
        if shard is None or store.shard_of(room) == shard:
            return room
