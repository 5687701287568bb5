"""What an engine is told at its start."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from rooms.core.bounds import Bounds
from rooms.pools import DEFAULT, Pools, name_in, read_pools


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Where Redis is, how shards are held, and the bounds of every room. Times in milliseconds."""

    redis_url: str
    shards: int = 16
    lease_ms: int = 1200
    """An engine that dies is replaced after at most this; a longer one forgives longer stalls of a living one."""
    web_ttl_ms: int = 5000
    max_rooms: int = 10_000
    bounds: Bounds = field(default_factory=Bounds)
    name: str = field(default_factory=lambda: secrets.token_hex(6))
    catch_up: int = 5
    """Ticks in a row that a late engine makes up for; what is behind that is skipped and counted."""
    step_ms: int = 250
    """The processor time one room may take in one pass before it is stopped and paused; 0 for no limit."""
    wait_replicas: int = 0
    """Replicas of Redis that must have a commit before anybody is told of it."""
    inbox: int = 50_000
    """Entries read from the log and not yet applied; reading waits above it."""
    pools: Pools | None = None
    """None: there is one, and it has all shards."""
    pool: str = DEFAULT
    """Whose shards it takes."""

    @property
    def mine(self) -> range:
        """The shards it may take."""
        return range(self.shards) if self.pools is None else self.pools.shards_of(self.pool)

    @property
    def rooms_per_shard(self) -> int:
        """The share of a shard in the rooms of the whole installation, with room for uneven hashing."""
        return max(8, 2 * self.max_rooms // self.shards)


def read_config(
    redis_url: str, ours: Mapping[str, int], life: str = "", pools: str = "", pool: str = DEFAULT
) -> EngineConfig:
    """The configuration from Django's settings: `ours` is settings.HOLDFAST, `pools` the text of HOLDFAST_POOLS.

    `life`: a word for this life of the engine, by which nobody else goes; "" for any. Raises WrongPools.
    """
    known = read_pools(pools, ours["SHARDS"])
    known.shards_of(pool)
    bounds = Bounds(
        idle_ms=ours["ROOM_IDLE_S"] * 1000,
        paused_idle_ms=ours["PAUSED_IDLE_S"] * 1000,
        events=ours["EVENTS_KEPT"],
    )
    return EngineConfig(
        redis_url=redis_url,
        name=name_in(pool, life or secrets.token_hex(6)),
        shards=ours["SHARDS"],
        lease_ms=ours["LEASE_MS"],
        web_ttl_ms=ours["WEB_TTL_MS"],
        max_rooms=ours["MAX_ROOMS"],
        step_ms=ours["STEP_MS"],
        wait_replicas=ours["WAIT_REPLICAS"],
        bounds=bounds,
        pools=known,
        pool=pool,
    )
