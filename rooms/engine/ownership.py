"""Which shards this engine owns: an even share of all, taken over from the dead and handed on to the living.

t 0    engines a and b own 8 shards each; c starts and registers
t 0.3  a and b see three engines: each releases what is above its share, at a tick boundary
t 0.6  c takes what is free; nobody else does, because everybody else has a full share
t 5    b dies; its registration and its leases lapse after one lease time; a and c take 8 and 8
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

logger = logging.getLogger(__name__)


class LeaseRow(Protocol):
    """What is known of one shard's lease: who holds it and for how much longer, in milliseconds."""

    @property
    def shard(self) -> int: ...
    @property
    def owner(self) -> str: ...
    @property
    def left_ms(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What an engine should do about shards now."""

    take: list[int]
    release: list[int]


def share(engines: Sequence[str], me: str, shards: int) -> int:
    """How many shards are this engine's: an even part, the first engines by name having one more where it is uneven."""
    if me not in engines:
        return 0
    ranked = sorted(engines)
    even, over = divmod(shards, len(ranked))
    return even + (1 if ranked.index(me) < over else 0)


def plan(rows: Iterable[LeaseRow], owned: Iterable[int], engines: Sequence[str], me: str) -> Plan:
    """What to take and what to release. Takes only what is free or lapsed, so that two engines never pull at one."""
    table = list(rows)
    mine = sorted(owned)
    fair = share(engines, me, len(table))
    if len(mine) > fair:
        return Plan([], mine[fair:])
    free = [row.shard for row in table if row.shard not in mine and (row.left_ms <= 0 or row.owner in ("", me))]
    start = sorted(engines).index(me) if me in engines else 0
    # Engines that start together begin at different places, so that they seldom race for the same shard.
    turned = sorted(free, key=lambda shard: (shard - start * len(table) // max(1, len(engines))) % len(table))
    return Plan(turned[: fair - len(mine)], [])
