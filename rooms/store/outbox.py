"""The facts that leave a room: finished matches for the lobby worker, calls for bots. Each at least once.

engine -> commit -> [hf:{s07}:outbox | bots] -> facts -> worker -> done

A consumer group per stream hands every fact to one reader. What a reader took and did not mark as done goes
to another after a time, so whoever records facts must recognise one it has seen.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from redis.exceptions import ResponseError

from rooms.store.client import Client
from rooms.store.connections import Command, raise_refusals, refusal
from rooms.store.keys import ShardKeys, Stream
from rooms.store.limits import COMMAND_S
from rooms.store.lua import Call, read_script

BATCH: Final = 64
"""Facts of each shard handed out at once."""
POLL_S: Final = 0.1
"""On a cluster no command waits for several shards: their streams are looked at this often instead."""
OVERDUE_MS: Final = 10_000
"""A fact that was handed out this long ago and is not done goes to whoever asks next."""
CLAIM_S: Final = 2.0
"""How often a reader looks for overdue facts."""
SWEEP_S: Final = 300.0
"""How often a reader has the group's dead consumers removed."""
SILENT_MS: Final = 3_600_000
"""A consumer that owes nothing and was silent for this long is dead."""

SWEEP = read_script("sweep")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact, encoded as the engine wrote it, and where it stands."""

    shard: int
    id: str
    raw: bytes


class Outbox:
    """Reading facts in a consumer group, and marking them as done."""

    def __init__(self, client: Client, shards: Sequence[ShardKeys], overdue_ms: int = OVERDUE_MS) -> None:
        """`shards`: the keys of every shard, in order."""
        self._client = client
        self._shards = shards
        self._overdue_ms = overdue_ms
        self._claimed: dict[tuple[Stream, str, str], float] = {}
        self._swept: dict[tuple[Stream, str], float] = {}

    async def facts(self, stream: Stream, group: str, consumer: str, block_ms: int) -> list[Fact]:
        """Facts for `consumer`: those overdue at others first, else new ones. Waits up to `block_ms` for new.

        Mark them with `done` once they are dealt with for good. Each stream has one group.
        """
        for _ in range(2):
            try:
                overdue = await self._overdue(stream, group, consumer)
                return overdue or await self._new(stream, group, consumer, block_ms)
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
            await self._create(stream, group)  # the first time, or Redis lost its memory, even while we waited
        return []

    async def done(self, stream: Stream, group: str, facts: Iterable[Fact]) -> None:
        """These facts are dealt with: nobody gets them again, and they leave the stream."""
        ids: dict[int, list[str]] = defaultdict(list)
        for fact in facts:
            ids[fact.shard].append(fact.id)
        commands: list[tuple[str, ...]] = []
        for shard, several in ids.items():
            key = self._shards[shard].stream(stream)
            commands += [("XACK", key, group, *several), ("XDEL", key, *several)]
        await self._client.pipeline(commands)

    async def _new(self, stream: Stream, group: str, consumer: str, block_ms: int) -> list[Fact]:
        if self._client.nodes.spread:
            return await self._poll(stream, group, consumer, block_ms)
        keys = [keys.stream(stream) for keys in self._shards]
        block = ("BLOCK", block_ms) if block_ms > 0 else ()
        answer = await self._client.wait(
            *("XREADGROUP", "GROUP", group, consumer, "COUNT", BATCH, *block, "STREAMS", *keys),
            *(">" for _ in keys),
            limit_s=COMMAND_S + block_ms / 1000,
        )
        shards = {key.encode(): shard for shard, key in enumerate(keys)}
        return [fact for key, rows in answer or () for fact in read_rows(shards[key], rows)]

    async def _poll(self, stream: Stream, group: str, consumer: str, block_ms: int) -> list[Fact]:
        """The same with a command for each shard, again and again."""
        read = ("XREADGROUP", "GROUP", group, consumer, "COUNT", BATCH, "STREAMS")
        commands = [(*read, keys.stream(stream), ">") for keys in self._shards]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + block_ms / 1000
        while True:
            answers = await self._those_there(commands)
            found = [fact for shard, answer in answers for fact in read_rows(shard, answer[0][1] if answer else ())]
            if found or loop.time() >= deadline:
                return found
            await asyncio.sleep(POLL_S)

    async def _those_there(self, commands: Sequence[Command]) -> list[tuple[int, Any]]:
        """A command for each shard; the answers of those whose node answers. Raises other errors."""
        answers = await self._client.attempt(commands)
        raise_refusals(answer for answer in answers if refusal(answer) is None)
        return [(shard, answer) for shard, answer in enumerate(answers) if refusal(answer) is None]

    async def _overdue(self, stream: Stream, group: str, consumer: str) -> list[Fact]:
        who, now = (stream, group, consumer), monotonic()
        if now - self._claimed.get(who, -CLAIM_S) < CLAIM_S:
            return []
        answers = await self._those_there(
            [
                ("XAUTOCLAIM", keys.stream(stream), group, consumer, self._overdue_ms, "0-0", "COUNT", BATCH)
                for keys in self._shards
            ]
        )
        found = [fact for shard, answer in answers for fact in read_rows(shard, answer[1])]
        if found:
            logger.info("%d facts of %s were overdue and are handed out again", len(found), stream)
            return found
        await self._sweep(stream, group, now)
        self._claimed[who] = now
        return []

    async def _sweep(self, stream: Stream, group: str, now: float) -> None:
        if now - self._swept.get((stream, group), -SWEEP_S) < SWEEP_S:
            return
        calls: list[Call] = [(SWEEP, (keys.stream(stream),), (group, SILENT_MS)) for keys in self._shards]
        raise_refusals(answer for answer in await self._client.attempt_scripts(calls) if refusal(answer) is None)
        self._swept[(stream, group)] = now

    async def _create(self, stream: Stream, group: str) -> None:
        commands = [("XGROUP", "CREATE", keys.stream(stream), group, "0", "MKSTREAM") for keys in self._shards]
        answers = await self._client.attempt(commands)
        raise_refusals(answer for answer in answers if not str(answer).startswith("BUSYGROUP"))


def read_rows(shard: int, rows: Sequence[Any]) -> list[Fact]:
    """Entries of a stream as facts."""
    return [Fact(shard, id_.decode(), fields[1]) for id_, fields in rows]
