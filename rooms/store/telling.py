"""Telling of a commit only when replicas have it too, so that a fail-over loses nothing that anybody was told.

engine -> commit.lua (publishes nothing) -> WAIT n -> tell.lua -> hubs

An engine that dies before the last step leaves a mark, `untold`. Whoever loads the shard next then makes a hole in
every web process's count of parcels, and those ask what they missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from rooms.store.client import Client
from rooms.store.connections import Answer, Argument
from rooms.store.keys import CARD_FEED, PARCELS, ShardKeys
from rooms.store.leases import Lease
from rooms.store.limits import Limits
from rooms.store.lua import Call, read_script

if TYPE_CHECKING:
    from rooms.store.commit import Commit

TELL, RETELL = read_script("tell"), read_script("retell")
EMPTY: Final = msgspec.msgpack.encode([])
"""A parcel without deliveries."""


class Telling:
    """Publishing after the commit. Of use only with `limits.wait_replicas`."""

    def __init__(self, client: Client, shards: Sequence[ShardKeys], limits: Limits) -> None:
        """`shards`: the keys of every shard, in order."""
        self._client = client
        self._shards = shards
        self._limits = limits

    async def tell(self, commits: Sequence[tuple[Commit, int, bytes]]) -> list[Answer]:
        """Publish these commits: each with its head, and its message for the card feed. One answer for each:

        1; 0 when somebody has committed since; or a StoreUnavailable.
        """
        return await self._client.attempt_scripts([self._call(*each) for each in commits])

    def _call(self, commit: Commit, head: int, feed: bytes) -> Call:
        keys = self._shards[commit.lease.shard]
        args: list[Argument] = [commit.lease.owner, commit.lease.epoch, head, verb(self._client)]
        args += [prefix(self._client, keys), CARD_FEED, feed, self._limits.reply_ms, commit.lease.shard]
        args += commit.replies.values()
        for parcel in commit.parcels.items():
            args += parcel
        return TELL, [keys.lease, keys.meta, keys.out, *map(keys.reply, commit.replies)], args

    async def retell(self, lease: Lease) -> None:
        """Say that something was committed of which nobody was told. Raises StoreUnavailable."""
        keys = self._shards[lease.shard]
        args: list[Argument] = [lease.owner, lease.epoch, verb(self._client), prefix(self._client, keys)]
        args += [CARD_FEED, EMPTY, lease.shard]
        await self._client.script(RETELL, [keys.lease, keys.meta, keys.out], args)


def verb(client: Client) -> str:
    """How parcels are published: on a cluster only on the shard's own node, where its hearers are."""
    return "SPUBLISH" if client.nodes.spread else "PUBLISH"


def prefix(client: Client, keys: ShardKeys) -> str:
    """What the channels begin with on which a shard's parcels are published: of a web process one for all shards, or
    on a cluster one for each.
    """
    return keys.parcels_prefix if client.nodes.spread else PARCELS
