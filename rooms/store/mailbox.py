"""The mailbox of a web process: every parcel the engines commit for it, and every hole in them.

engine -> commit -> [hf:to:<web>] -> mailbox -> hub

One message has the parcels of all shards that a pass of an engine changed. On a cluster each shard has a channel of its
own, heard on the node that has the shard; what is lost there is a Gap of each of its shards.

Parcels are published inside the commit, numbered for each shard and web process. Nothing keeps them: a web
process that lost some learns of it here and asks the rooms concerned to welcome its sockets again (Resync).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rooms import meters
from rooms.core.ids import WebId
from rooms.store.client import Client
from rooms.store.keys import PARCELS, ShardKeys
from rooms.store.scattered import Scattered
from rooms.store.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Parcelled:
    """A parcel, as `rooms.protocol.bus.dump_parcel` made it, with its number."""

    shard: int
    n: int
    raw: bytes
    at: float = field(default=0.0, compare=False)
    """When its message came, by the loop's clock in seconds."""


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
        self._shards = {keys.parcels(web): shard for shard, keys in enumerate(shards)}
        """On a cluster, by channel."""
        self._subscription: Scattered | Subscription
        if client.nodes.spread:
            self._subscription = Scattered(client, list(self._shards), trouble)
        else:
            self._subscription = Subscription(client, [PARCELS + web], trouble)
        self._next: dict[int, int] = {}
        self._held: deque[Post] = deque()
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
        while not self._held:
            message = await self._subscription.next()
            if message is None:
                self._next.clear()
                return Reconnected()
            if isinstance(message, list):
                self._held.extend(self._forget(self._shards[name]) for name in message)
            else:
                self._open(message[1])
        return self._held.popleft()

    def _forget(self, shard: int) -> Gap:
        self._next.pop(shard, None)
        return Gap(shard)

    def _open(self, message: bytes) -> None:
        """Hold what is in a message, each parcel behind the Gap before it if there is one."""
        meters.counts["parcel_messages"] += 1
        for parcelled in split(message, asyncio.get_running_loop().time()):
            if parcelled.n != self._next.get(parcelled.shard, parcelled.n):
                self._held.append(Gap(parcelled.shard))
            self._next[parcelled.shard] = parcelled.n + 1
            self._held.append(parcelled)

    async def aclose(self) -> None:
        """Unsubscribe."""
        await self._subscription.aclose()


def split(message: bytes, at: float = 0.0) -> list[Parcelled]:
    """The parcels in a message that came `at`: `<shard>:<n>:<bytes>`, by spaces, a line feed, and the parcels one after
    the other.
    """
    labels = message[: message.index(b"\n")]
    begin = len(labels) + 1
    parcels = []
    for label in labels.split(b" "):
        shard, n, size = map(int, label.split(b":"))
        parcels.append(Parcelled(shard, n, message[begin : begin + size], at))
        begin += size
    return parcels
