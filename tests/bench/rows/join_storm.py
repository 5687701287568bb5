"""Everybody comes at once: how long until all are in, and whether seats are given away once."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from rooms.core.ids import RoomId
from rooms.core.inputs import Operate
from rooms.protocol.closing import Close
from rooms.store import Store
from tests.bench.load.visitors import Visitor, visit, visit_colyseus
from tests.bench.load.window import run
from tests.bench.machine import Meter
from tests.bench.peers.colyseus import Colyseus, colyseus
from tests.bench.peers.holdfast import Holdfast, holdfast
from tests.bench.percentiles import percentile
from tests.bench.row import Measure, Reach, Sample
from tests.bench.seating import append, open_rooms, until_gone
from tests.bench.stage import Stage

CROWD, SIZE = 1000, 8
RACERS, SEATS = 200, 100
SHARDS = 16
STORM, RACE = f"{CROWD:,} at once", f"{RACERS} for {SEATS} seats"


class JoinStorm:
    """One case for the time, one for the seats."""

    name, title, about_s = "join-storm", "Join storm", 3.0
    load = (
        f"{CROWD:,} clients connect at the same moment, {SIZE} to a room: ours to rooms that wait, Colyseus' by its "
        f"matchmaker. And {RACERS} clients at the same moment to one room with {SEATS} seats, all of whom want to play."
    )
    cases: tuple[str, ...] = (STORM, RACE)
    measures = (
        Measure("ours, all in", "ours", "all_in", "s", 2),
        Measure("Colyseus, all in", "colyseus", "all_in", "s", 2),
        Measure("ours, p50", "ours", "p50", "s", 2),
        Measure("Colyseus, p50", "colyseus", "p50", "s", 2),
        Measure("seats given away", "ours", "seats", "seats", 0),
        Measure("sent away", "ours", "refused", "clients", 0),
    )
    reaches = (
        Reach("ours, all in", at_most=5.0, cases=(STORM,)),
        Reach("seats given away", at_most=SEATS, at_least=SEATS, cases=(RACE,)),
    )
    beside = ("Colyseus, all in",)

    def sides(self, case: str) -> tuple[str, ...]:
        return ("ours", "colyseus") if case == STORM else ("ours",)

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        if side == "colyseus":
            return _sampled(stage.keep("colyseus", lambda: colyseus(stage)), _storm_colyseus)
        return _sampled(stage.keep("ours", lambda: holdfast(stage)), _storm if case == STORM else _race)


def _sampled(server: Any, load: Callable[[Any], Awaitable[dict[str, float]]]) -> Sample:
    async def measured() -> Sample:
        meter = Meter(server.groups)
        figures = await load(server)
        faults = [f"{figures['lost']:.0f} clients did not get in"] if figures.get("lost") else []
        return Sample(figures, meter.seconds, meter.read(), meter.own_share, faults)

    return run(measured())


async def _storm(server: Holdfast) -> dict[str, float]:
    store = Store(server.redis_url, SHARDS)
    try:
        rooms = await open_rooms(store, "still", CROWD // SIZE, 0, size=SIZE)
        word = secrets.token_hex(4)
        figures, came = await _all_at_once(
            visit(server.port, rooms[number // SIZE], f"{word}-{number}") for number in range(CROWD)
        )
        await _end(store, rooms, came)
        return figures
    finally:
        await store.aclose()


async def _storm_colyseus(server: Colyseus) -> dict[str, float]:
    figures, came = await _all_at_once(visit_colyseus(server.port, "still") for _ in range(CROWD))
    for visitor in came:
        visitor.leave()
    await asyncio.sleep(1.0)  # its empty rooms dispose of themselves
    return figures


async def _race(server: Holdfast) -> dict[str, float]:
    store = Store(server.redis_url, SHARDS)
    try:
        (room,) = await open_rooms(store, "still", 1, 0, size=SEATS)
        word = secrets.token_hex(4)
        _, came = await _all_at_once(visit(server.port, room, f"{word}-{number}") for number in range(RACERS))
        seats = [visitor.seat for visitor in came if visitor.seat is not None]
        await asyncio.sleep(0.2)  # the goodbyes of those who were sent away
        refused = sum(visitor.code == Close.ROOM_FULL for visitor in came)
        await _end(store, [room], came)
        return {"seats": len(set(seats)), "doubled": len(seats) - len(set(seats)), "refused": refused}
    finally:
        await store.aclose()


async def _all_at_once(coming: Iterable[Awaitable[Visitor]]) -> tuple[dict[str, float], list[Visitor]]:
    """All in: seconds from the first step of the first to the last answer; and each one's own time."""
    begun = time.perf_counter()
    took: list[float] = []

    async def timed(one: Awaitable[Visitor]) -> Visitor | None:
        try:
            visitor = await one
        except (OSError, TimeoutError, RuntimeError):
            return None
        took.append(time.perf_counter() - begun)
        return visitor

    came = await asyncio.gather(*map(timed, coming))
    there = [visitor for visitor in came if visitor is not None]
    figures = {"all_in": max(took), "p50": percentile(took, 50), "lost": float(len(came) - len(there))}
    return figures, there


async def _end(store: Store, rooms: list[RoomId], came: list[Visitor]) -> None:
    """Nobody and nothing is left."""
    for visitor in came:
        visitor.leave()
    await append(store, [(room, Operate("close")) for room in rooms])
    await until_gone(store, rooms)
