"""Two web processes and two engines: one room's players sit on different web processes, rooms lie on both engines."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from collections import Counter
from typing import Any

from rooms.bots.api import Api
from rooms.bots.client import RoomClient
from rooms.core.ids import RoomId
from rooms.store import Store
from tests.e2e.conftest import apart
from tests.e2e.people import Meet, begin
from tests.support.fleet import Fleet, Web
from tests.support.player import play_match, program, token_of
from tests.support.processes import wait_for

SHARDS = 16
ENOUGH = 30
"""Rooms of which not all lie on one engine of two, but for one chance in 2**29."""


def metric(web: Web, name: str) -> float:
    """A number that a web process tells of itself."""
    with urllib.request.urlopen(web.url("/metrics"), timeout=5) as answer:
        found = re.search(rf"^holdfast_{name} (\S+)$", answer.read().decode(), re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_the_players_of_one_room_sit_on_different_web_processes(meet: Meet, fleet: Fleet) -> None:
    first, second = fleet.web  # bots play through the first, so only the second is without sockets before
    wait_for(lambda: metric(second, "sockets") == 0, 20, "windows of before are closed")
    ann, bob = meet("Ann", web=0), meet("Bob", web=1)
    ann.open("tictactoe")
    assert metric(second, "rooms_with_sockets") == 0
    bob.come(ann.invite)
    assert metric(first, "rooms_with_sockets") >= 1
    assert [metric(second, name) for name in ("sockets", "rooms_with_sockets")] == [1, 1]
    begin(ann, bob)


def test_rooms_lie_on_both_engines_and_both_play(fleet: Fleet) -> None:
    owners = apart(play_on_each_engine(fleet.valkey.url, fleet.web[0].url(""), token_of(fleet)))
    assert len(owners) == 2
    for engine in fleet.engines:
        assert any(f"engine {owner} starts" in engine.output for owner in owners)


async def play_on_each_engine(redis_url: str, site: str, token: str) -> set[str]:
    """Open rooms until one lies on each engine, and play those two to the end; returns the engines' names."""
    store = Store(redis_url, SHARDS)
    leases = await store.leases()
    shares = Counter(lease.owner for lease in leases)
    assert sorted(shares.values()) == [SHARDS // 2, SHARDS // 2]
    rooms: dict[str, str] = {}
    for _ in range(ENOUGH):
        room = (await Api(site, token).open("tictactoe"))["room"]
        rooms.setdefault(leases[store.shard_of(RoomId(room))].owner, room)
        if len(rooms) == 2:
            break
    await store.aclose()
    outcomes = await asyncio.gather(*(against_a_bot(program(site, room, token)) for room in rooms.values()))
    assert all(len(outcome["places"]) == 2 for outcome in outcomes)
    return set(rooms)


async def against_a_bot(client: RoomClient) -> dict[str, Any]:
    """A match of the room's host and a bot; its outcome."""
    async with client as host:
        await host.add_bot("hard")
        await host.start()
        return await play_match(host)
