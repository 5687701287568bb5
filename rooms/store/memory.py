"""The memory of a shard: a random word for as long as its data only goes on, and a new one once they went back.

    a replica without the last second is promoted: shard 7 is at commit 880, and an engine has had 901 acknowledged
    that engine renounces the memory: new word, and the head grows, so that whoever owns the shard loads it anew
    each room keeps the word under which it was opened: those of another word end with an honest event

Without that a room would silently jump back, and moves that were acknowledged would be gone without a word.
"""

from __future__ import annotations

from collections.abc import Sequence

from rooms.store.client import Client
from rooms.store.commit import Kept
from rooms.store.keys import CARD_FEED, META, ShardKeys
from rooms.store.leases import LeaseRow, word
from rooms.store.lua import read_script

RENOUNCE = read_script("renounce")


class Memory:
    """The words of all shards."""

    def __init__(self, client: Client, shards: Sequence[ShardKeys]) -> None:
        """`shards`: the keys of every shard, in order."""
        self._client = client
        self._shards = shards

    async def words(self) -> list[str]:
        """The word of each shard, in order; "" where none was made yet."""
        rows = await self._client.pipeline([("HGET", keys.meta, "memory") for keys in self._shards])
        return [(row or b"").decode() for row in rows]

    async def renounce(self, shard: int, memory: str) -> bool:
        """Say that the data of `shard` went back. False when its word is not `memory` any more: it was said already.

        Changes the incarnation too, so that everybody looks at the words, and has all cards read again: the rooms that
        Redis forgot altogether are closed by no commit.
        """
        fresh = word()
        said = bool(await self._client.script(RENOUNCE, [self._shards[shard].meta], [memory, fresh]))
        if said:
            await self._client.call("HSET", META, "incarnation", fresh)
            await self._client.call("PUBLISH", CARD_FEED, "")
        return said


def has_less(kept: Kept | None, memory: str, head: int) -> bool:
    """True when a shard has fewer commits than Redis had acknowledged, in one and the same memory."""
    return kept is not None and bool(memory) and kept.memory == memory and head < kept.head


def went_back(kept: Kept | None, row: LeaseRow) -> bool:
    """The same, seen from outside: the next owner may have made up for the number of commits by now."""
    if has_less(kept, row.memory, row.head):
        return True
    return kept is not None and row.epoch > kept.epoch and has_less(kept, row.memory, row.since)
