"""System checks of the Redis that holds the rooms: what would show only when a node of it dies.

`manage.py check --deploy` runs them.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from rooms.games import find_games
from rooms.pools import DEFAULT, WrongPools, read_pools
from rooms.store import StoreUnavailable
from rooms.store.addresses import EXAMPLES, WrongAddress, parse_address
from rooms.store.client import Client

FULL_COVERAGE = "cluster-require-full-coverage"


@register()
def check_rooms_address(**_: Any) -> list[CheckMessage]:
    """E007: the address of the rooms is not understood."""
    try:
        parse_address(settings.ROOMS_URL)
    except WrongAddress as error:
        return [Error(f"The rooms' address is not understood: {error}.", hint=f"Write {EXAMPLES}.", id="holdfast.E007")]
    return []


@register()
def check_pools(**_: Any) -> list[CheckMessage]:
    """E008: the pools are not understood. W010: one is for a game that is not installed here."""
    try:
        pools = read_pools(settings.HOLDFAST_POOLS, settings.HOLDFAST["SHARDS"])
        pools.shards_of(settings.HOLDFAST_POOL or DEFAULT)
    except WrongPools as error:
        hint = 'Write HOLDFAST_POOLS="name:shards=game,game", the same for every process.'
        return [Error(f"The pools are not understood: {error}", hint=hint, id="holdfast.E008")]
    unknown = sorted(pools.games.keys() - find_games().keys())
    return [
        Warning(f"HOLDFAST_POOLS names a game that is not here: {game}.", hint="Install it.", id="holdfast.W010")
        for game in unknown
    ]


@register("redis", deploy=True)
def check_rooms_servers(**_: Any) -> list[CheckMessage]:
    """W007: one dead primary would stop all. W008: too few replicas to play. W009: rooms may be evicted."""
    if check_rooms_address():
        return []
    try:
        nodes = asyncio.run(_ask_all())
    except StoreUnavailable:
        return []  # check_shards says so
    on_cluster = parse_address(settings.ROOMS_URL).kind == "cluster"
    return [message for said in nodes for message in judge(*said, on_cluster)]


def judge(settled: dict[str, str], replicas: int, on_cluster: bool) -> list[CheckMessage]:
    """What is wrong with one primary: its settings, and how many replicas it has."""
    found: list[CheckMessage] = []
    if on_cluster and settled.get(FULL_COVERAGE) == "yes":
        hint = f"CONFIG SET {FULL_COVERAGE} no, on every node."
        found.append(Warning("One dead primary of the Redis Cluster would stop all.", hint=hint, id="holdfast.W007"))
    wanted = settings.HOLDFAST["WAIT_REPLICAS"]
    if replicas < wanted:
        text = f"A primary has {replicas} replicas, and HOLDFAST_WAIT_REPLICAS is {wanted}: its rooms stand still."
        found.append(Warning(text, hint="Start more replicas, or set a smaller number.", id="holdfast.W008"))
    if settled.get("maxmemory-policy", "noeviction") != "noeviction":
        hint = "CONFIG SET maxmemory-policy noeviction; a cache that may be evicted belongs into another Redis."
        found.append(Warning("Redis may evict rooms when memory is short.", hint=hint, id="holdfast.W009"))
    return found


async def _ask_all() -> list[tuple[dict[str, str], int]]:
    """Of every primary its settings and how many replicas it has. Raises StoreUnavailable."""
    client = Client(settings.ROOMS_URL)
    try:
        answers = await client.ask_every_node(
            [("CONFIG", "GET", FULL_COVERAGE), ("CONFIG", "GET", "maxmemory-policy"), ("INFO", "replication")]
        )
    finally:
        await client.aclose()
    return [read_answers(*three) for three in answers]


def read_answers(coverage: Any, policy: Any, info: Any) -> tuple[dict[str, str], int]:
    """Answers to CONFIG GET (a hosted Redis may refuse them) and INFO, read."""
    settled: dict[str, str] = {}
    for pair in (coverage, policy):
        if isinstance(pair, list) and pair:
            settled[pair[0].decode()] = pair[1].decode()
    found = re.search(rb"connected_slaves:(\d+)", info) if isinstance(info, bytes) else None
    return settled, int(found[1]) if found else 0
