"""A socket's fault is its own: what bad clients do is answered as documented, and the good ones hardly notice."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from rooms.store import Store
from tests.support.fleet import Fleet
from tests.support.pests import Pests, intervals, memory_mb, p99
from tests.support.sockets import hang_up_all, open_room, player
from tests.support.waiting import until
from tests.support.witness import Witness

MOST_ROUNDS = 12
WORSE = 1.1
ROUND_S = 1.5
SPECTATORS = 6
DOCUMENTED = {"malformed": {4500}, "oversized": {1009}, "flooding": {4408}}


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """One web process for the good and the bad."""
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))) as ours:
        yield ours.start(web=1, engines=1, lobby=0)


@pytest.fixture
async def good(fleet: Fleet) -> AsyncIterator[tuple[str, list[Witness]]]:
    """An arena of two and those who watch; its room."""
    store = Store(fleet.valkey.url, 16)
    ann, bob = player("Ann"), player("Bob")
    room = await open_room(store, "arena", ann, 2, score=50, seconds=900)
    await store.aclose()
    web = fleet.web[0]
    players = [await Witness.enter(web, room, who) for who in (ann, bob)]
    watching = [await Witness.enter(web, room, player(f"Eve{n}"), want="watch") for n in range(SPECTATORS)]
    await players[1].say("ready", ready=True)
    await players[1].answered()
    await players[0].say("ready", ready=True)
    await players[0].say("start")
    for who in players:
        who.play({"thrust": 1}, {"thrust": 0})
    await until(lambda: len(watching[0].ticks) > 5)
    yield room, [*players, *watching]
    for who in (*players, *watching):
        await who.leave()
    await hang_up_all()


async def test_bad_clients_get_their_answer_and_the_good_ones_their_frames(
    fleet: Fleet, good: tuple[str, list[Witness]]
) -> None:
    """Rounds with and without 24 pests in turn, in one run: the p99 of the time between frames, the best of each.

    The best are compared because anything else on this machine makes a round worse and nothing makes it better: that
    they do not get near each other in MOST_ROUNDS is the pests' doing. So this shows that their cost need not be felt,
    not that it never is. Intervals, of 50 ms each, and not the latency itself, of one or two, which on two busy cores
    is mostly the scheduler's.
    """
    room, witnesses = good
    pid = fleet.web[0].process.pid
    before = memory_mb(pid)
    quiet: list[float] = []
    hurt: list[float] = []
    with Pests(fleet.web[0], room) as pests:
        while len(quiet) < 2 or (min(hurt) > WORSE * min(quiet) and len(quiet) < MOST_ROUNDS):
            quiet.append(p99(await intervals(witnesses, ROUND_S)))
            pests.loose()
            hurt.append(p99(await intervals(witnesses, ROUND_S)))
            await asyncio.to_thread(pests.call_off)
        assert min(hurt) <= WORSE * min(quiet), (quiet, hurt)
        pests.loose()
        await until(lambda: pests.ends.keys() >= DOCUMENTED.keys(), 20, "each is ended")
        await asyncio.to_thread(pests.call_off)
    assert {kind: codes for kind, codes in pests.ends.items() if kind in DOCUMENTED} == DOCUMENTED
    assert memory_mb(pid) - before < 30
    for who in witnesses:
        assert who.closed is None
        assert who.ticks == sorted(set(who.ticks))
