"""What engines have counted since their start, told to Redis every few seconds: /metrics of the web shows it.

engine -> [hf:counts:<engine>] -> web -> /metrics

Nobody decides anything by it. What a dead engine told goes by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

import msgspec

from rooms.store.client import Client
from rooms.store.connections import if_there
from rooms.store.keys import counts_key
from rooms.store.presence import Presence

KEPT_MS: Final = 10_000
"""How long the last word of an engine is shown."""

logger = logging.getLogger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(dict[str, float])


class Counts:
    """Telling, and reading what the living have told."""

    def __init__(self, client: Client, presence: Presence) -> None:
        """`presence` knows who lives."""
        self._client = client
        self._presence = presence

    async def tell_counts(self, engine: str, counts: Mapping[str, float]) -> None:
        """Replace what an engine told before."""
        await self._client.call("SET", counts_key(engine), _encode(counts), "PX", KEPT_MS)

    async def counts(self) -> dict[str, dict[str, float]]:
        """What each living engine told last; those that have told nothing yet are left out."""
        engines = await self._presence.living_engines()
        if not engines:
            return {}
        answers = if_there(await self._client.attempt([("GET", counts_key(engine)) for engine in engines]))
        return {engine: _read(engine, raw) for engine, raw in zip(engines, answers, strict=True) if raw is not None}


def _read(engine: str, raw: bytes) -> dict[str, float]:
    try:
        return _decoder.decode(raw)
    except msgspec.DecodeError as error:
        logger.warning("what engine %s has counted is not readable: %s", engine, error)
        return {}
