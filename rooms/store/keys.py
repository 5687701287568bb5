"""The names of everything we keep in Redis. docs/redis.md tells what each holds; a test compares the two.

Every key of a shard carries the shard's tag in braces, so that in a Redis Cluster a shard is one slot and a
script never reaches over two. The few global keys are touched by commands of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal
from zlib import crc32

from rooms.core.ids import RoomId, WebId

META: Final = "hf:meta"
ENGINES: Final = "hf:engines"
WEBS: Final = "hf:webs"
CARD_FEED: Final = "hf:cards"
BELL: Final = "hf:bell"
PARCELS: Final = "hf:to:"
"""What the names of the channels begin with on which web processes get the parcels of all shards, but on a cluster."""

Stream = Literal["outbox", "bots"]
"""The streams of facts: finished matches for the lobby worker, calls for bots."""


def counts_key(engine: str) -> str:
    """What an engine has counted."""
    return f"hf:counts:{engine}"


@lru_cache(maxsize=16384)  # asked for each input
def shard_of(room: RoomId, shards: int) -> int:
    """The shard a room belongs to, from its id alone: the same in every process and for ever."""
    return crc32(room.encode()) % shards


@dataclass(frozen=True, slots=True)
class ShardKeys:
    """The keys of one shard, formed once."""

    prefix: str
    log: str
    lease: str
    meta: str
    rooms: str
    paces: str
    cards: str
    out: str
    outbox: str
    bots: str

    def events(self, room: RoomId) -> str:
        """The list of a room's newest events."""
        return f"{self.prefix}ev:{room}"

    def journal(self, room: RoomId, match: int) -> str:
        """The list of the lines of a match's journal."""
        return f"{self.prefix}jr:{room}:{match}"

    def reply(self, token: str) -> str:
        """The list on which the caller who made `token` waits for one answer."""
        return f"{self.prefix}re:{token}"

    def parcels(self, web: WebId) -> str:
        """The channel on which a web process gets its parcels of this shard on a cluster."""
        return self.parcels_prefix + web

    @property
    def parcels_prefix(self) -> str:
        """What the names of these channels begin with."""
        return f"{self.prefix}to:"

    def stream(self, name: Stream) -> str:
        """The key of a stream of facts."""
        return self.outbox if name == "outbox" else self.bots


def shard_keys(shard: int) -> ShardKeys:
    """The keys of shard number `shard`."""
    prefix = f"hf:{{s{shard:02d}}}:"
    return ShardKeys(
        prefix=prefix,
        log=f"{prefix}in",
        lease=f"{prefix}lease",
        meta=f"{prefix}meta",
        rooms=f"{prefix}rooms",
        paces=f"{prefix}paces",
        cards=f"{prefix}cards",
        out=f"{prefix}out",
        outbox=f"{prefix}outbox",
        bots=f"{prefix}bots",
    )
