"""Who owns which shard, and since when: the lease and its epoch.

    A takes shard 7 at epoch 4, and hangs.
    Its lease lapses by Redis' clock; B takes the shard at epoch 5, loads it and goes on.
    A wakes up and commits at epoch 4: refused, nothing is written and nothing published.

The epoch is the fencing token: it only grows, and every commit carries it. The time only says when others may
try.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rooms.store.client import Client
from rooms.store.keys import ShardKeys
from rooms.store.lua import read_script

TAKE, RENEW, RELEASE = read_script("take"), read_script("renew"), read_script("release")


@dataclass(frozen=True, slots=True)
class Lease:
    """A shard held by `owner` under `epoch`, until its time is over or another epoch begins."""

    shard: int
    owner: str
    epoch: int
    gap_ms: int = field(default=0, compare=False)
    """For how long nobody had owned the shard when it was taken: time that its rooms should not count."""


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A shard's lease as anybody sees it. `owner` is "" when it was given up; `left_ms` 0 when it lapsed."""

    shard: int
    owner: str
    epoch: int
    left_ms: int


class Leases:
    """Taking, renewing and giving up."""

    def __init__(self, client: Client, shards: Sequence[ShardKeys]) -> None:
        """`shards`: the keys of every shard, in order."""
        self._client = client
        self._shards = shards

    async def take(self, shard: int, owner: str, ttl_ms: int) -> Lease | None:
        """The lease of `shard` for `owner`, with a new epoch; None when somebody else holds it.

        Whoever takes a shard that it holds already gets a new epoch too. Then load it.
        """
        taken = await self._client.script(TAKE, [self._shards[shard].lease], [owner, ttl_ms])
        if taken is None:
            return None
        epoch, gap_ms = taken
        return Lease(shard, owner, epoch, gap_ms)

    async def renew(self, leases: Sequence[Lease], ttl_ms: int) -> list[Lease]:
        """Hold leases longer, in one round trip. Returns those that are lost."""
        answers = await self._client.scripts(
            [(RENEW, (self._shards[lease.shard].lease,), (lease.owner, lease.epoch, ttl_ms)) for lease in leases]
        )
        return [lease for lease, held in zip(leases, answers, strict=True) if not held]

    async def release(self, lease: Lease) -> None:
        """Give a lease up, if it is still ours; its epoch can write no more."""
        await self._client.script(RELEASE, [self._shards[lease.shard].lease], [lease.owner, lease.epoch])

    async def leases(self) -> list[LeaseRow]:
        """The lease of every shard, in order."""
        rows = [("HMGET", keys.lease, "owner", "epoch", "until") for keys in self._shards]
        (seconds, micros), *answers = await self._client.pipeline([("TIME",), *rows])
        now = int(seconds) * 1000 + int(micros) // 1000
        return [
            LeaseRow(shard, (owner or b"").decode(), int(epoch or 0), max(0, int(until or 0) - now))
            for shard, (owner, epoch, until) in enumerate(answers)
        ]
