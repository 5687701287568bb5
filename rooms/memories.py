"""Whether Redis still remembers: the word of each shard's memory as this process knows it.

Redis -> weblife -> [memories] -> hub

A shard's word changes when its data were flushed or went back (rooms/store). A hint, one field that changes with any
of them, says when to read the words; so a heartbeat costs one small question more.
"""

from __future__ import annotations

from typing import Protocol


class Words(Protocol):
    """What is needed of the store."""

    async def hint(self) -> str:
        """A word that changes with any shard's; "" in a Redis that was never set up, or was flushed."""

    async def memories(self) -> list[str]:
        """The word of each shard; "" where there is none yet."""


class Memories:
    """Look with `look`, again and again; `word` is what was seen last."""

    def __init__(self, store: Words) -> None:
        """Nothing is known yet."""
        self._store = store
        self._settled = ""
        self._words: list[str] = []

    def word(self, shard: int) -> str:
        """The last word of a shard; "" while it has none."""
        return self._words[shard] if self._words else ""

    async def look(self) -> list[int]:
        """The shards that lost their memory since the last look. Raises StoreUnavailable."""
        hint = await self._store.hint()
        if hint and hint == self._settled:
            return []
        words = await self._store.memories()
        lost = [shard for shard, word in enumerate(self._words) if word and word != words[shard]]
        # Whoever changes a word changes the hint after it; but another word may have changed between our two questions,
        # or a shard may have none yet. So the hint is believed once a look under it has found nothing to learn.
        self._settled = hint if words == self._words and all(words) else ""
        self._words = words
        return lost
