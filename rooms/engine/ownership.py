"""Which shards this engine owns: an even share of all, taken over from the dead and handed on to the living.

t 0     engines a and b own 8 shards each; c starts, registers and rings the bell
t 0.01  a and b see three engines: each releases what is above its share, some at a time, at a tick boundary, and rings
t 0.02  c takes what is free, and rings; nobody else does, because everybody else has a full share
t 5     b dies; its registration and then its leases lapse, after one lease time at most; a and c take 8 and 8
t 9     c is told to end: it leaves the register first, so that a wants all, and hands over as above while it plays on
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

AT_ONCE: Final = 4
"""Shards that are on their way from one engine to another at the same time, or a sixteenth of all if that is more:
rooms on the way miss ticks, and a few are loaded well within one."""
NEVER_MS: Final = 3_600_000

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
        return Plan([], hand_over(table, mine, fair))
    free = [row.shard for row in table if row.shard not in mine and (row.left_ms <= 0 or row.owner in ("", me))]
    start = sorted(engines).index(me) if me in engines else 0
    # Engines that start together begin at different places, so that they seldom race for the same shard.
    turned = sorted(free, key=lambda shard: (shard - start * len(table) // max(1, len(engines))) % len(table))
    return Plan(turned[: fair - len(mine)], [])


def hand_over(rows: Iterable[LeaseRow], owned: Iterable[int], keep: int) -> list[int]:
    """What to release now of the shards `owned`, of which `keep` stay: some at a time, and only when the ones before
    have been taken.
    """
    table, mine = list(rows), sorted(owned)
    free = sum(1 for row in table if row.shard not in mine and (row.left_ms <= 0 or not row.owner))
    return mine[keep:][: max(0, at_once(len(table)) - free)]


def at_once(shards: int) -> int:
    """How many of so many shards are handed over, or taken, in one round."""
    return max(AT_ONCE, shards // 16)


def soonest_lapse_ms(rows: Iterable[LeaseRow], me: str) -> int:
    """In how many milliseconds the next lease of another engine lapses, if that engine does not renew it."""
    return min((row.left_ms for row in rows if row.owner not in ("", me) and row.left_ms > 0), default=NEVER_MS)
