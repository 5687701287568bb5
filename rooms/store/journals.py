"""The journals of matches that are not in the database yet.

engine -> commit -> [hf:{s07}:jr:<room>:<match>] -> lobby worker -> database

A commit adds lines; when the match has ended its fact goes to the outbox in the same commit, and the journal waits
for whoever records it. A journal that nobody fetches goes by itself (Limits.journal_ms).
"""

from __future__ import annotations

from collections.abc import Sequence

from rooms.core.ids import RoomId
from rooms.store.client import Client
from rooms.store.keys import ShardKeys, shard_of
from rooms.store.limits import LOAD_S


class Journals:
    """Reading journals, and removing those that are recorded."""

    def __init__(self, client: Client, shards: Sequence[ShardKeys]) -> None:
        """`shards`: the keys of every shard, in order."""
        self._client = client
        self._shards = shards

    def _key(self, room: RoomId, match: int) -> str:
        return self._shards[shard_of(room, len(self._shards))].journal(room, match)

    async def journal(self, room: RoomId, match: int) -> list[bytes]:
        """The items of a journal so far, oldest first, each as `rooms.core.journal.dump_lines` made it."""
        (items,) = await self._client.pipeline([("LRANGE", self._key(room, match), 0, -1)], LOAD_S)
        return list(items)

    async def forget_journal(self, room: RoomId, match: int) -> None:
        """The journal is kept elsewhere now."""
        await self._client.call("DEL", self._key(room, match))
