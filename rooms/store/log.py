"""The log of each shard: the only way into a room.

consumer -> append -> [hf:{s07}:in] -> read -> engine

Entries have ids that only grow; a commit that holds their effect removes them (commit.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rooms.core.ids import RoomId
from rooms.core.inputs import Act, Entry, dump_entry
from rooms.store.client import Client
from rooms.store.errors import LogFull, TooLarge
from rooms.store.keys import ShardKeys, shard_of
from rooms.store.limits import COMMAND_S, Limits
from rooms.store.lua import Call, read_script

FIELD: Final = "e"
START: Final = "0-0"
"""The id before every entry: where a shard that was never committed is read from."""

APPEND = read_script("append")


class Log:
    """Appending to the logs and reading them."""

    def __init__(self, client: Client, shards: Sequence[ShardKeys], limits: Limits) -> None:
        """`shards`: the keys of every shard, in order."""
        self._client = client
        self._shards = shards
        self._limits = limits

    async def append(self, entries: Sequence[tuple[int, Entry]]) -> list[str]:
        """Append (shard, entry) pairs in one round trip; the order within a shard is kept. The ids, in order.

        Raises TooLarge before anything is sent; LogFull when some did not fit, after all others were
        appended; StoreUnavailable when it is not known which were appended (whoever asks again may append
        twice: a player's seq and a socket's id make that harmless).
        """
        raws: dict[int, list[bytes]] = {}
        places: dict[int, list[int]] = {}
        for place, (shard, entry) in enumerate(entries):
            raws.setdefault(shard, []).append(self._dump(entry))
            places.setdefault(shard, []).append(place)
        limit = self._limits.log_entries
        calls: list[Call] = [
            (APPEND, (self._shards[shard].log,), (limit, FIELD, *several)) for shard, several in raws.items()
        ]
        ids: list[str | None] = [None] * len(entries)
        for shard, answer in zip(raws, await self._client.scripts(calls), strict=True):
            for place, id_ in zip(places[shard], answer, strict=True):
                ids[place] = id_.decode() if id_ is not None else None
        return self._all(ids, entries)

    def _dump(self, entry: Entry) -> bytes:
        raw = dump_entry(entry)
        if len(raw) > self._limits.entry_bytes:
            raise TooLarge(f"An entry of {len(raw)} bytes; the log takes {self._limits.entry_bytes}.")
        return raw

    def _all(self, ids: list[str | None], entries: Sequence[tuple[int, Entry]]) -> list[str]:
        appended = [id_ for id_ in ids if id_ is not None]
        if len(appended) < len(ids):
            refused = [place for place, id_ in enumerate(ids) if id_ is None]
            raise LogFull(sorted({entries[place][0] for place in refused}), refused)
        return appended

    async def append_to(self, room: RoomId, act: Act, reply: str = "") -> str:
        """Append one act for one room. `reply`: the token under which the caller awaits an answer, or ""."""
        shard = shard_of(room, len(self._shards))
        return (await self.append([(shard, Entry(room, act, reply))]))[0]

    async def read(
        self, cursors: Mapping[int, str], *, block_ms: int, count: int
    ) -> list[tuple[int, list[tuple[str, bytes]]]]:
        """What came after each shard's id in `cursors`: (shard, [(id, bytes)]) for shards with something new.

        At most `count` entries of each shard. Waits up to `block_ms` for the first; 0 does not wait.
        """
        if not cursors:
            return []
        keys = [self._shards[shard].log for shard in cursors]
        block = ("BLOCK", block_ms) if block_ms > 0 else ()
        answer = await self._client.wait(
            *("XREAD", "COUNT", count, *block, "STREAMS", *keys, *cursors.values()),
            limit_s=COMMAND_S + block_ms / 1000,
        )
        shards = dict(zip((key.encode() for key in keys), cursors, strict=True))
        return [(shards[key], [(id_.decode(), fields[1]) for id_, fields in rows]) for key, rows in answer or ()]


LAST_SEQ: Final = 2**64 - 1
"""The greatest second half of a stream id."""


def after(id_: str) -> str:
    """The smallest id greater than `id_`."""
    ms, _, seq = id_.partition("-")
    if int(seq or 0) == LAST_SEQ:
        return f"{int(ms) + 1}-0"
    return f"{ms}-{int(seq or 0) + 1}"
