"""Who owns which shard, and since when: the lease and its epoch.

    A takes shard 7 at epoch 1000, and hangs.
    Its lease lapses by Redis' clock; B takes the shard at epoch 2500, loads it and goes on.
    A wakes up and commits at epoch 1000: refused, nothing is written and nothing published.

The epoch is the fencing token: it only grows, and every commit carries it. It is made from Redis' clock, so it grows
too when Redis comes back with older data or none. The lease's time only says when others may try.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe

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
    memory: str = field(default="", compare=False)
    """The word of the shard's memory (memory.py): rooms opened under another one are lost."""


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A shard's lease as anybody sees it. `owner` is "" when it was given up; `left_ms` 0 when it lapsed.

    `head`: how many commits the shard has had; `since`: how many when it was taken.
    """

    shard: int
    owner: str
    epoch: int
    left_ms: int
    memory: str = ""
    head: int = 0
    since: int = 0
    went_back: bool = False
    """The shard has less than Redis had acknowledged to this process: renounce its memory."""


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
        return (await self.take_all([shard], owner, ttl_ms))[0]

    async def take_all(self, shards: Sequence[int], owner: str, ttl_ms: int) -> list[Lease | None]:
        """The same for several, in one round trip."""
        answers = await self._client.scripts([(TAKE, self._keys(shard), (owner, ttl_ms, word())) for shard in shards])
        return [
            None if taken is None else Lease(shard, owner, taken[0], taken[1], taken[2].decode())
            for shard, taken in zip(shards, answers, strict=True)
        ]

    async def renew(self, leases: Sequence[Lease], ttl_ms: int) -> list[int | None]:
        """Hold leases longer, in one round trip. For each the shard's head, or None when it is lost."""
        return await self._client.scripts(
            [(RENEW, self._keys(lease.shard), (lease.owner, lease.epoch, ttl_ms)) for lease in leases]
        )

    def _keys(self, shard: int) -> tuple[str, str]:
        return self._shards[shard].lease, self._shards[shard].meta

    async def release(self, lease: Lease) -> None:
        """Give a lease up, if it is still ours; its epoch can write no more."""
        await self.release_all([lease])

    async def release_all(self, leases: Sequence[Lease]) -> None:
        """The same for several, in one round trip."""
        await self._client.scripts(
            [(RELEASE, (self._shards[lease.shard].lease,), (lease.owner, lease.epoch)) for lease in leases]
        )

    async def leases(self) -> list[LeaseRow]:
        """The lease of every shard, in order."""
        rows = [("HMGET", keys.lease, "owner", "epoch", "until", "since") for keys in self._shards]
        metas = [("HMGET", keys.meta, "memory", "commits") for keys in self._shards]
        (seconds, micros), *answers = await self._client.pipeline([("TIME",), *rows, *metas])
        now = int(seconds) * 1000 + int(micros) // 1000
        pairs = zip(answers[: len(rows)], answers[len(rows) :], strict=True)
        return [
            LeaseRow(
                shard=shard,
                owner=(owner or b"").decode(),
                epoch=int(epoch or 0),
                left_ms=max(0, int(until or 0) - now),
                memory=(memory or b"").decode(),
                head=int(head or 0),
                since=int(since or 0),
            )
            for shard, ((owner, epoch, until, since), (memory, head)) in enumerate(pairs)
        ]


def word() -> str:
    """A new word for a memory."""
    return token_urlsafe(9)
