"""The whole fleet behind Sentinels: the primary is killed under load, and nothing that was acknowledged is lost."""

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
from tests.support.busy import busy_rooms
from tests.support.fleet import Fleet
from tests.support.sentinel import Watched

SHARDS = 16
FAIL_OVER_S = 5.0
"""What the Sentinels take: 1 s until the primary counts as down, a vote, a promotion, with every core busy."""
OURS_S = 5.0
"""What we may add."""


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    with Watched(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])), replicas=2) as ours:
        yield ours


@pytest.fixture(scope="module")
def fleet(watched: Watched) -> Iterator[Fleet]:
    """One web process, two engines; every commit waits for one of the two replicas."""
    env = {"HOLDFAST_ROOMS_URL": watched.url, "HOLDFAST_WAIT_REPLICAS": "1"}
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])), env) as ours:
        yield ours.start(web=1, engines=2, lobby=0)
        sys.stderr.write(ours.output())


async def test_the_primary_is_killed_under_load(watched: Watched, fleet: Fleet) -> None:
    store = Store(watched.url, SHARDS)
    async with busy_rooms(store, fleet.web[0], 4) as rooms:
        await asyncio.sleep(1)
        killed = time.monotonic()
        watched.primary().kill()
        async with asyncio.timeout(FAIL_OVER_S + OURS_S):
            await asyncio.gather(*(each.played_after(killed) for each in rooms))
        print(f"\nback after {time.monotonic() - killed:.2f} s")  # shown by -s
        await asyncio.sleep(1)
        await asyncio.gather(*(each.finish() for each in rooms))
        for each in rooms:
            await each.check(store)
    await store.aclose()
