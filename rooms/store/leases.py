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
from typing import Final

from rooms.store.client import Client
from rooms.store.connections import if_there, raise_refusals
from rooms.store.keys import CARD_FEED, ShardKeys
from rooms.store.lua import Call, read_script

TAKE, RENEW, RELEASE = read_script("take"), read_script("renew"), read_script("release")
UNSEEN: Final = -2
"""The head of a shard that cannot be seen now."""


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
        """The same for several, in one round trip; None also for those whose node of a cluster fails."""
        calls: list[Call] = [(TAKE, self._keys(shard), (owner, ttl_ms, word(), CARD_FEED)) for shard in shards]
        answers = await self._client.attempt_scripts(calls)
        return [
            None if taken is None else Lease(shard, owner, taken[0], taken[1], taken[2].decode())
            for shard, taken in zip(shards, if_there(answers), strict=True)
        ]

    async def renew(self, leases: Sequence[Lease], ttl_ms: int) -> list[int | None]:
        """Hold leases longer, in one round trip. For each the shard's head, or None when it is lost.

        UNSEEN where its node of a cluster fails: the next commit will show.
        """
        calls: list[Call] = [(RENEW, self._keys(lease.shard), (lease.owner, lease.epoch, ttl_ms)) for lease in leases]
        return list(if_there(await self._client.attempt_scripts(calls), UNSEEN))

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
        """The lease of every shard, in order.

        One whose node of a cluster fails is shown as held, by nobody we know: it is not to be taken now.
        """
        rows = [("HMGET", keys.lease, "owner", "epoch", "until", "since") for keys in self._shards]
        metas = [("HMGET", keys.meta, "memory", "commits") for keys in self._shards]
        time, *answers = await self._client.attempt([("TIME",), *rows, *metas])
        raise_refusals([time])
        answers = if_there(answers)
        now = int(time[0]) * 1000 + int(time[1]) // 1000
        pairs = zip(answers[: len(rows)], answers[len(rows) :], strict=True)
        return [row_of(shard, lease, meta, now) for shard, (lease, meta) in enumerate(pairs)]


def row_of(shard: int, lease: list[bytes | None] | None, meta: list[bytes | None] | None, now: int) -> LeaseRow:
    """A row from the fields of two hashes; one or both are None when their node fails. `now`: Redis' time in ms."""
    if lease is None or meta is None:
        return LeaseRow(shard, owner="?", epoch=0, left_ms=1000)
    (owner, epoch, until, since), (memory, head) = lease, meta
    return LeaseRow(
        shard=shard,
        owner=(owner or b"").decode(),
        epoch=int(epoch or 0),
        left_ms=max(0, int(until or 0) - now),
        memory=(memory or b"").decode(),
        head=int(head or 0),
        since=int(since or 0),
    )


def word() -> str:
    """A new word for a memory."""
    return token_urlsafe(9)
