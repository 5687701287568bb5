"""The cards of all rooms: the lobby's picture, and the feed of its changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from rooms.core.ids import RoomId
from rooms.store.client import Client
from rooms.store.keys import CARD_FEED, ShardKeys, shard_of
from rooms.store.limits import LOAD_S
from rooms.store.subscription import Subscription

Changes: TypeAlias = "list[tuple[RoomId, bytes | None]]"
"""New cards by room; None for a room that closed."""

_decoder = msgspec.msgpack.Decoder(list[tuple[str, bytes | None]])


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

    async def room(self, room: RoomId) -> bytes | None:
        """One room as the last commit left it, or None: for showing it, never for changing it."""
        keys = self._shards[shard_of(room, len(self._shards))]
        raw: bytes | None = await self._client.call("HGET", keys.rooms, room)
        return raw

    async def cards(self) -> dict[RoomId, bytes]:
        """Every room's card."""
        answers = await self._client.pipeline([("HGETALL", keys.cards) for keys in self._shards], LOAD_S)
        return {RoomId(pairs[at].decode()): pairs[at + 1] for pairs in answers for at in range(0, len(pairs), 2)}

    def feed(self) -> CardFeed:
        """The changes from now on."""
        return CardFeed(Subscription(self._client, [CARD_FEED]))


class CardFeed:
    """`async for changes in feed`: changes as they are committed; None says "read all cards (again) now".

    None comes first, when the subscription stands, after every reconnect (what was published in between is
    lost), and when a shard says that changes were not told. A change may repeat what was read; it is never older
    than that, as long as None was obeyed. End it with `aclose`.
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
        if message is None or not message[1]:
            return None
        return [(RoomId(room), card) for room, card in _decoder.decode(message[1])]

    async def aclose(self) -> None:
        """Unsubscribe."""
        await self._subscription.aclose()
