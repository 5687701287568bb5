"""Loading a shard after its lease was taken: everything the last commit left, and where to read on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from rooms.core.ids import RoomId
from rooms.store.client import Client
from rooms.store.commit import Heads, Paces, read_paces
from rooms.store.connections import Answer, Command
from rooms.store.errors import Fenced
from rooms.store.keys import ShardKeys
from rooms.store.leases import Lease
from rooms.store.limits import LOAD_S
from rooms.store.log import START
from rooms.store.memory import has_less
from rooms.store.telling import Telling

BATCH: Final = 64
"""Rooms fetched in one round trip: 32 MiB when all are at their limit."""


@dataclass(slots=True)
class Loaded:
    """A shard as its last commit left it. `last`: the log id to read on from. `events`: oldest first.

    `paces`: how far rooms went on since they were written. `groups`: those in which these stand in Redis.
    """

    last: str
    rooms: dict[RoomId, bytes] = field(default_factory=dict)
    events: dict[RoomId, list[bytes]] = field(default_factory=dict)
    paces: Paces = field(default_factory=dict)
    groups: list[int] = field(default_factory=list)


class Loading:
    """Reading whole shards."""

    def __init__(self, client: Client, shards: Sequence[ShardKeys], heads: Heads, telling: Telling) -> None:
        """`shards`: the keys of every shard, in order. `heads` is shared with the commits."""
        self._telling = telling
        self._client = client
        self._shards = shards
        self._heads = heads

    async def load(self, lease: Lease) -> Loaded:
        """Everything of the leased shard. Raises Fenced when the lease is not ours (any more), or the data went back.

        While the lease is ours nobody else writes, so what is read piece by piece is one state.
        """
        keys = self._shards[lease.shard]
        whose = ("HMGET", keys.lease, "owner", "epoch")
        (last, head, untold), names, groups, mine = await self._client.pipeline(
            [
                ("HMGET", keys.meta, "last", "commits", "untold"),
                ("HKEYS", keys.rooms),
                ("HGETALL", keys.paces),
                whose,
            ],
            LOAD_S,
        )
        loaded = Loaded((last or START.encode()).decode())
        loaded.groups = [int(group) for group in groups[::2]]
        loaded.paces = read_paces(groups[1::2])
        rooms = iter([RoomId(name.decode()) for name in names])
        while batch := list(islice(rooms, BATCH)):
            mine = await self._fetch(keys, batch, loaded, whose)
        owner, epoch = mine  # as it was behind the last thing read
        if (owner or b"").decode() != lease.owner or int(epoch or 0) != lease.epoch:
            raise Fenced(lease.shard, lease.epoch, (owner or b"").decode(), int(epoch or 0), "lease")
        if has_less(self._heads.kept().get(lease.shard), lease.memory, int(head or 0)):
            raise Fenced(lease.shard, lease.epoch, lease.owner, lease.epoch, "memory")
        if untold is not None:
            await self._telling.retell(lease)
        self._heads.set(lease, int(head or 0))
        return loaded

    async def _fetch(self, keys: ShardKeys, batch: list[RoomId], loaded: Loaded, whose: Command) -> Answer:
        """Read some rooms into `loaded`; answers whose the lease is, asked in the same breath: players are waiting."""
        ranges = [("LRANGE", keys.events(room), 0, -1) for room in batch]
        asked: list[Command] = [("HMGET", keys.rooms, *batch), *ranges, whose]
        blobs, *events, mine = await self._client.pipeline(asked, LOAD_S)
        for room, blob, several in zip(batch, blobs, events, strict=True):
            if blob is not None:  # else it was closed by the next owner, and the check at the end says so
                loaded.rooms[room] = blob
                loaded.events[room] = several
        return mine
