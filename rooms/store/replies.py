"""Answers to entries whose appender waits: the engine's commit leaves each on a list of its own."""

from __future__ import annotations

from collections.abc import Sequence

from rooms.store.client import Client
from rooms.store.keys import ShardKeys
from rooms.store.limits import COMMAND_S


class Replies:
    """Waiting for answers."""

    def __init__(self, client: Client, shards: Sequence[ShardKeys]) -> None:
        """`shards`: the keys of every shard, in order."""
        self._client = client
        self._shards = shards

    async def reply(self, shard: int, token: str, timeout_s: float) -> bytes | None:
        """The answer to the entry that was appended to `shard` with `reply=token`; None when none came in
        time.

        It can be fetched once, up to 30 s after it was given. Wait at most that long.
        """
        key = self._shards[shard].reply(token)
        wait_s = max(timeout_s, 0.01)  # to Redis, 0 means for ever
        answer = await self._client.wait("BLPOP", key, wait_s, limit_s=wait_s + COMMAND_S)
        return None if answer is None else answer[1]
