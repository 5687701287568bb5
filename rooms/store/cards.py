"""The cards of all rooms: each shard's by itself, and the numbered feed of their changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from rooms.core.ids import RoomId
from rooms.store.client import Client
from rooms.store.commit import read_paces
from rooms.store.connections import if_there
from rooms.store.keys import CARD_FEED, ShardKeys, shard_of
from rooms.store.limits import LOAD_S
from rooms.store.subscription import Subscription

CardChange: TypeAlias = "tuple[RoomId, bytes | None]"
"""A room and its new card; None for a room that closed."""

NOTHING: Final = b""
"""A message of the feed that says only: something changed that nobody was told of."""

_decoder = msgspec.msgpack.Decoder(tuple[int, list[tuple[str, bytes | None]]])


@dataclass(frozen=True, slots=True)
class Edition:
    """How far the cards of a shard are: `fed` messages of its feed, in one memory. The same edition, the same cards."""

    memory: str
    fed: int


@dataclass(frozen=True, slots=True)
class Changes:
    """One message of the feed: the `number`-th of its shard."""

    shard: int
    number: int
    cards: list[CardChange]


class Cards:
    """Reading cards."""

    def __init__(self, client: Client, shards: Sequence[ShardKeys]) -> None:
        """`shards`: the keys of every shard, in order."""
        self._client = client
        self._shards = shards

    async def card(self, room: RoomId) -> bytes | None:
        """One room's card, or None when there is no such room."""
        keys = self._shards[shard_of(room, len(self._shards))]
        card: bytes | None = await self._client.call("HGET", keys.cards, room)
        return card

    async def room(self, room: RoomId) -> tuple[bytes, bytes] | None:
        """One room as a late commit left it, and its pace or b"", or None: for showing it, never for changing it."""
        keys = self._shards[shard_of(room, len(self._shards))]
        # The paces first: should a commit come in between, one that is too early does no harm.
        groups, raw = await self._client.pipeline([("HVALS", keys.paces), ("HGET", keys.rooms, room)])
        return None if raw is None else (raw, read_paces(groups).get(room, b""))

    async def cards(self, shard: int) -> tuple[Edition, dict[RoomId, bytes]]:
        """Every card of a shard, and their edition. They may be newer than it says, by what it does not tell yet."""
        keys = self._shards[shard]
        edition, pairs = await self._client.pipeline([_ask(keys), ("HGETALL", keys.cards)], LOAD_S)
        rooms = {RoomId(pairs[at].decode()): pairs[at + 1] for at in range(0, len(pairs), 2)}
        return _edition(edition), rooms

    async def editions(self) -> list[Edition | None]:
        """The edition of each shard, in order; None for those whose node of a cluster failed."""
        answers = if_there(await self._client.attempt([_ask(keys) for keys in self._shards]))
        return [None if answer is None else _edition(answer) for answer in answers]

    def feed(self) -> CardFeed:
        """The changes from now on."""
        return CardFeed(Subscription(self._client, [CARD_FEED]))


class CardFeed:
    """`async for changes in feed`: changes as they are committed; None says "something may have been missed: look".

    None comes first, when the subscription stands, after every reconnect (what was published in between is lost), and
    when changes were made that nobody was told of. Whoever reads sees by the numbers, and by `Cards.editions`, what
    they lack. A change may repeat what was read, and the next ones make that good. End it with `aclose`.
    """

    def __init__(self, subscription: Subscription) -> None:
        """Subscribes when iteration begins."""
        self._subscription = subscription

    def __aiter__(self) -> CardFeed:
        """Itself."""
        return self

    async def __anext__(self) -> Changes | None:
        """The next changes, or None."""
        message = await self._subscription.next()
        if message is None or message[1] == NOTHING:
            return None
        number, _, body = message[1].partition(b":")
        shard, cards = _decoder.decode(body)
        return Changes(shard, int(number), [(RoomId(room), card) for room, card in cards])

    async def aclose(self) -> None:
        """Unsubscribe."""
        await self._subscription.aclose()


def _ask(keys: ShardKeys) -> tuple[str, ...]:
    return ("HMGET", keys.meta, "memory", "fed")


def _edition(answer: Sequence[bytes | None]) -> Edition:
    memory, fed = answer
    return Edition((memory or b"").decode(), int(fed or 0))
