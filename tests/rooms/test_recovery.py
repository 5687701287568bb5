"""A reader that stalls and comes back, over the real server: old frames are few, and the next is the newest."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import socket
import tempfile
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rooms.store import Store
from tests.support.fleet import Fleet, Web
from tests.support.sockets import connect, hang_up_all, hear, open_room, player, say
from tests.support.waiting import until
from tests.support.witness import Witness

STALLED_TICKS = 20
OLD = 2
"""Ticks by which the first frame after a stall may be old."""


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    """One web process, one engine."""
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))) as ours:
        yield await asyncio.to_thread(ours.start, web=1, engines=1, lobby=0)
        await hang_up_all()


def total(web: Web, name: str) -> int:
    """A count of the web process."""
    with urllib.request.urlopen(web.url("/metrics"), timeout=5) as response:
        found = re.search(rf"^holdfast_{name}_total (\d+)", response.read().decode(), re.MULTILINE)
    return int(found[1]) if found else 0


async def match(fleet: Fleet) -> tuple[str, list[Witness]]:
    """An arena of two in which something moves at every tick."""
    store = Store(fleet.valkey.url, 16)
    ann, bob = player("Ann"), player("Bob")
    room = await open_room(store, "arena", ann, 2, score=50, seconds=900)
    await store.aclose()
    players = [await Witness.enter(fleet.web[0], room, who) for who in (ann, bob)]
    await players[1].say("ready", ready=True)
    await players[1].answered()
    await players[0].say("ready", ready=True)
    await players[0].say("start")
    for who in players:
        who.play({"thrust": 1, "turn": 1}, {"thrust": 1, "turn": -1})
    await until(lambda: len(players[0].ticks) > 5)
    return room, players


async def stalled(web: Web, room: str) -> Witness:
    """A spectator who asked for more than it reads, until the server took it for slow."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    raw.connect((web.host, web.port))
    raw.setblocking(False)
    eve = Witness(await connect(web, room, player("Eve"), sock=raw, max_queue=1, ping_interval=None), None)
    await say(eve.socket, "hello", want="watch")
    await hear(eve.socket, "welcome")

    for _ in range(300):
        await say(eve.socket, "resync")
        if await asyncio.to_thread(total, web, "sockets_slow"):
            return eve
        await asyncio.sleep(0.03)
    raise AssertionError("it never was slow")


async def test_the_first_frame_after_a_stall_is_at_most_two_ticks_old(fleet: Fleet) -> None:
    web = fleet.web[0]
    room, (ann, bob) = await match(fleet)
    eve = await stalled(web, room)
    began = ann.ticks[-1]
    await until(lambda: ann.ticks[-1] >= began + STALLED_TICKS)
    resumed = ann.ticks[-1]
    eve.listen()
    await until(lambda: bool(eve.ticks) and eve.ticks[-1] > resumed + 10)
    told = [message["tick"] for _, message in eve.heard if "tick" in message]
    gaps = [(later - earlier, later) for earlier, later in itertools.pairwise(told)]
    width, first = max(gaps)
    assert width > STALLED_TICKS / 2, "of the stall it was kept nothing but the newest"
    assert first >= resumed - OLD
    assert told == sorted(told)
    after = [tick for tick in told if tick >= first]
    assert after == list(range(first, after[-1] + 1)), "from then on it has every one"
    assert eve.closed is None
    assert total(web, "frames_skipped") >= STALLED_TICKS / 2
    for who in (ann, bob, eve):
        await who.leave()
