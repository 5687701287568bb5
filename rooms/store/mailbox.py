"""The mailbox of a web process: every parcel the engines commit for it, and every hole in them.

engine -> commit -> [hf:{s07}:to:<web>] -> mailbox -> hub

On a cluster a shard's parcels are heard on the node that has the shard; what is lost there is a Gap of each of its
shards.

Parcels are published inside the commit, numbered for each shard and web process. Nothing keeps them: a web
process that lost some learns of it here and asks the rooms concerned to welcome its sockets again (Resync).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rooms.core.ids import WebId
from rooms.store.client import Client
from rooms.store.keys import ShardKeys
from rooms.store.scattered import Scattered
from rooms.store.subscription import Message, Subscription


@dataclass(frozen=True, slots=True)
class Parcelled:
    """A parcel, as `rooms.protocol.bus.dump_parcel` made it, with its number."""

    shard: int
    n: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """Parcels of this shard were lost, before what comes next. Resync the sockets of its rooms."""

    shard: int


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The connection was lost and stands again: parcels of any shard may be lost. Resync every socket."""


Post: TypeAlias = "Parcelled | Gap | Reconnected"


class Mailbox:
    """`await mailbox.opened()`, then `async for post in mailbox`, by one task; end it with `aclose`."""

    def __init__(
        self,
        client: Client,
        shards: Sequence[ShardKeys],
        web: WebId,
        trouble: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        """Nothing is connected yet. `trouble` is told why no parcel can come, and "" when they can again."""
        names = [keys.parcels(web) for keys in shards]
        kind = Scattered if client.nodes.spread else Subscription
        self._subscription = kind(client, names, trouble)
        self._shards = {name.encode(): shard for shard, name in enumerate(names)}
        self._next: dict[int, int] = {}
        self._held: list[Post] = []
        self._opened = False

    async def opened(self) -> None:
        """Return when Redis has confirmed the subscription to every shard. Raises StoreUnavailable; ask
        again.

        Only after that may sockets attach: what is committed for them from then on arrives, or its loss is
        told.
        """
        await self._subscription.open()
        self._opened = True

    def __aiter__(self) -> Mailbox:
        """Itself."""
        return self

    async def __anext__(self) -> Post:
        """The next parcel, or the news that some were lost. Waits for ever, over losses of the connection."""
        if not self._opened:
            raise RuntimeError("await opened() first")
        if self._held:
            return self._held.pop(0)
        message = await self._subscription.next()
        if message is None:
            self._next.clear()
            return Reconnected()
        if isinstance(message, list):
            self._held = [self._forget(self._shards[name.encode()]) for name in message]
            return self._held.pop(0)
        return self._check(message)

    def _forget(self, shard: int) -> Gap:
        self._next.pop(shard, None)
        return Gap(shard)

    def _check(self, message: Message) -> Post:
        shard = self._shards[message[0]]
        number, _, raw = message[1].partition(b":")
        parcelled = Parcelled(shard, int(number), raw)
        wanted = self._next.get(shard, parcelled.n)
        self._next[shard] = parcelled.n + 1
        if parcelled.n != wanted:
            self._held.append(parcelled)
            return Gap(shard)
        return parcelled

    async def aclose(self) -> None:
        """Unsubscribe."""
        await self._subscription.aclose()
