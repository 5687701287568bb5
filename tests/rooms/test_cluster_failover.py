"""The whole fleet on a Redis Cluster: a primary is killed under load, and nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rooms.store import Store
from rooms.store.keys import shard_keys
from tests.support.busy import busy_rooms
from tests.support.cluster import ValkeyCluster
from tests.support.fleet import Fleet

SHARDS = 16
ROOMS = 8
FAIL_OVER_S = 3.0
"""What this cluster takes by itself: node timeout 1 s, an election, and the news of it, with every core busy."""
OURS_S = 5.0
"""What we may add: the shards are taken, loaded and told."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[ValkeyCluster]:
    with ValkeyCluster(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])), spare=True) as ours:
        yield ours


@pytest.fixture(scope="module")
def fleet(cluster: ValkeyCluster) -> Iterator[Fleet]:
    """One web process, two engines; every commit waits for the replica of its shard."""
    env = {"HOLDFAST_ROOMS_URL": cluster.url, "HOLDFAST_WAIT_REPLICAS": "1"}
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])), env) as ours:
        yield ours.start(web=1, engines=2, lobby=0)
        sys.stderr.write(ours.output())


async def test_a_primary_is_killed_under_load(cluster: ValkeyCluster, fleet: Fleet) -> None:
    """The one with the registers of engines, which then cannot even say that they live."""
    store = Store(cluster.url, SHARDS)
    async with busy_rooms(store, fleet.web[0], ROOMS) as rooms:
        homes = {each.room: cluster.primary_of(shard_keys(store.shard_of(each.room)).log) for each in rooms}
        victim = cluster.primary_of("hf:meta")
        hurt = [each for each in rooms if homes[each.room] is victim]
        sound = [each for each in rooms if homes[each.room] is not victim]
        assert hurt
        assert sound
        await asyncio.sleep(1.5)
        killed = time.monotonic()
        victim.kill()
        async with asyncio.timeout(FAIL_OVER_S + OURS_S):
            await asyncio.gather(*(each.played_after(killed) for each in hurt))
        back = time.monotonic()
        await asyncio.sleep(1.5)
        await asyncio.gather(*(each.finish() for each in rooms))
        gaps = [[each.largest_gap(killed - 1, back + 1) for each in some] for some in (hurt, sound)]
        print(f"\nback after {back - killed:.2f} s; largest gaps of frames: {gaps}")  # shown by -s
        after = Store(cluster.url, SHARDS)
        for each in rooms:
            await each.check(after)
        await after.aclose()
        assert max(gaps[1]) < 1.0  # the rooms of the others go on
    await store.aclose()
