"""The log of each shard: the only way into a room.

consumer -> append -> [hf:{s07}:in] -> read -> engine

What stands in the log under one id is a pack: one entry, or several of one web process that go in together and take
effect together. Ids only grow; some commits after the one that holds the effect of a pack it is removed (commit.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from rooms.core.ids import RoomId
from rooms.core.inputs import Act, Entry, dump_entry, dump_pack
from rooms.store.client import Client
from rooms.store.connections import raise_refusals, refusal
from rooms.store.errors import LogFull, NotAppended, StoreUnavailable, TooLarge
from rooms.store.keys import ShardKeys, shard_of
from rooms.store.limits import COMMAND_S, Limits
from rooms.store.lua import Call, read_script

FIELD: Final = "e"
START: Final = "0-0"
"""The id before every entry: where a shard that was never committed is read from."""

POLL_S: Final = 0.01
"""On a cluster no command waits for several shards: their logs are looked at this often instead."""

APPEND = read_script("append")

Readings: TypeAlias = "list[tuple[int, list[tuple[str, bytes]]]]"
"""For each shard with something new: its packs, (id, bytes)."""


class Log:
    """Appending to the logs and reading them."""

    def __init__(self, client: Client, shards: Sequence[ShardKeys], limits: Limits) -> None:
        """`shards`: the keys of every shard, in order."""
        self._client = client
        self._shards = shards
        self._limits = limits

    async def append(self, entries: Sequence[tuple[int, Entry]]) -> list[str]:
        """Append (shard, entry) pairs in one round trip; the order within a shard is kept. The ids, in order.

        Raises TooLarge before anything is sent, else like `append_packs`.
        """
        ids = await self.append_packs([(shard, dump_pack([self._dump(entry)])) for shard, entry in entries])
        return [id_.decode() for id_ in ids]

    async def append_packs(self, packs: Sequence[tuple[int, bytes]]) -> list[bytes]:
        """The same for packs (see rooms.core.inputs.dump_pack), each under an id of its own.

        Raises LogFull when some did not fit, after all others were appended; NotAppended when of some it is not
        known, because Redis refused them or a node of its cluster failed; StoreUnavailable when it is known of none
        (whoever asks again may append twice: a player's seq and a socket's id make that harmless).
        """
        if not packs:
            return []
        groups: list[Sequence[int]] = [range(len(packs))]
        if self._client.nodes.spread:  # there no call may name two shards; elsewhere one for all costs a third
            groups = [
                [at for at, pack in enumerate(packs) if pack[0] == shard] for shard in {pack[0] for pack in packs}
            ]
        answers = await self._client.attempt_scripts([self._call([packs[at] for at in places]) for places in groups])
        ids: list[bytes | None] = [None] * len(packs)
        away: StoreUnavailable | None = None
        for places, answer in zip(groups, answers, strict=True):
            failed = refusal(answer)
            if failed is None:
                raise_refusals([answer])
                for place, id_ in zip(places, answer, strict=True):
                    ids[place] = id_
            away = away or failed
        if None in ids:
            raise self._refused([place for place, id_ in enumerate(ids) if id_ is None], packs, away)
        return cast("list[bytes]", ids)

    def _call(self, packs: Sequence[tuple[int, bytes]]) -> Call:
        """One script for these, whose shards are on one server: neighbours share the mention of theirs."""
        keys: list[str] = []
        counts: list[int] = []
        last = -1
        for shard, _ in packs:
            if shard == last:
                counts[-1] += 1
            else:
                last = shard
                keys.append(self._shards[shard].log)
                counts.append(1)
        return APPEND, keys, (self._limits.log_entries, FIELD, " ".join(map(str, counts)), *[raw for _, raw in packs])

    def _dump(self, entry: Entry) -> bytes:
        raw = dump_entry(entry)
        if len(raw) > self._limits.entry_bytes:
            raise TooLarge(f"An entry of {len(raw)} bytes; the log takes {self._limits.entry_bytes}.")
        return raw

    def _refused(
        self, refused: list[int], packs: Sequence[tuple[int, bytes]], away: StoreUnavailable | None
    ) -> NotAppended:
        if away is not None:
            return NotAppended(away.reason, refused)
        return LogFull(sorted({packs[place][0] for place in refused}), refused)

    async def append_to(self, room: RoomId, act: Act, reply: str = "") -> str:
        """Append one act for one room. `reply`: the token under which the caller awaits an answer, or ""."""
        shard = shard_of(room, len(self._shards))
        return (await self.append([(shard, Entry(room, act, reply))]))[0]

    async def read(self, cursors: Mapping[int, str], *, block_ms: int, count: int) -> Readings:
        """What came after each shard's id in `cursors`, for shards with something new.

        At most `count` packs of each shard. Waits up to `block_ms` for the first; 0 does not wait.
        """
        if not cursors:
            return []
        if self._client.nodes.spread:
            return await self._poll(cursors, block_ms, count)
        keys = [self._shards[shard].log for shard in cursors]
        block = ("BLOCK", block_ms) if block_ms > 0 else ()
        answer = await self._client.wait(
            *("XREAD", "COUNT", count, *block, "STREAMS", *keys, *cursors.values()),
            limit_s=COMMAND_S + block_ms / 1000,
        )
        shards = dict(zip((key.encode() for key in keys), cursors, strict=True))
        return [(shards[key], read_entries(rows)) for key, rows in answer or ()]

    async def _poll(self, cursors: Mapping[int, str], block_ms: int, count: int) -> Readings:
        """The same with a command for each shard, again and again: shards of a node that fails have nothing new."""
        commands = [
            ("XREAD", "COUNT", count, "STREAMS", self._shards[shard].log, cursor) for shard, cursor in cursors.items()
        ]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + block_ms / 1000
        while True:
            answers = await self._client.attempt(commands)
            raise_refusals(answer for answer in answers if refusal(answer) is None)
            found = [
                (shard, read_entries(answer[0][1]))
                for shard, answer in zip(cursors, answers, strict=True)
                if isinstance(answer, list)
            ]
            if found or loop.time() >= deadline:
                return found
            await asyncio.sleep(POLL_S)


def read_entries(rows: Sequence[Any]) -> list[tuple[str, bytes]]:
    """Entries of a stream as (id, bytes): of a log, its packs."""
    return [(id_.decode(), fields[1]) for id_, fields in rows]


LAST_SEQ: Final = 2**64 - 1
"""The greatest second half of a stream id."""


def after(id_: str) -> str:
    """The smallest id greater than `id_`."""
    ms, _, seq = id_.partition("-")
    if int(seq or 0) == LAST_SEQ:
        return f"{int(ms) + 1}-0"
    return f"{ms}-{int(seq or 0) + 1}"
