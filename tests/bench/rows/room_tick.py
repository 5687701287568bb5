"""What a tick of a room costs the engine, committed: the whole road but the sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from rooms.core.ids import RoomId
from rooms.store import Store
from tests.bench.load.window import run
from tests.bench.machine import Meter
from tests.bench.peers.holdfast import Holdfast, holdfast
from tests.bench.row import Measure, Reach, Sample
from tests.bench.seating import audience, open_rooms
from tests.bench.stage import Stage

PLAYERS, HZ, BYTES = 8, 20, 470
ENV: Mapping[str, str] = {"HOLDFAST_ROOM_IDLE_S": "3600"}
TOLD_S = 10.0
"""An engine tells its counts once a second."""
WRITING_S = 0.1
"""What it counted before may be on its way to us."""


@dataclass
class Ticking:
    """A server without web processes, and the rooms that tick in it."""

    server: Holdfast
    rooms: list[RoomId] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """What the engine has counted between two of its words, with its own CPU time at the same instants."""

    counts: dict[str, float]
    redis_s: float
    seconds: float


class RoomTick:
    """Cases: how many rooms. They stay from case to case, and more are opened."""

    name, title, about_s = "room-tick", "A room's tick", 4.5
    load = (
        f"Matches of {PLAYERS} players ticking at {HZ} Hz in one engine; a state of about {BYTES} bytes, changed and "
        "committed on each tick by a step that adds 1. Without sockets, and with a socket for each player, whose "
        "parcels are published and thrown away. CPU of the engine and of Redis, divided by the ticks of all rooms."
    )
    cases: tuple[str, ...] = ("100 rooms", "300 rooms", "1,000 rooms")
    measures = (
        Measure("engine, empty step", "ours", "us", "µs/room-tick"),
        Measure("Redis, empty step", "ours", "redis_us", "µs/room-tick"),
        Measure("engine, 8 sockets", "ours", "sockets_us", "µs/room-tick"),
        Measure("Redis, 8 sockets", "ours", "sockets_redis_us", "µs/room-tick"),
        Measure("ticks skipped, empty step", "ours", "skipped", "%"),
        Measure("ticks skipped, 8 sockets", "ours", "sockets_skipped", "%"),
    )
    reaches = (Reach("engine, empty step", at_most=12.0, cases=("300 rooms",)),)
    beside: tuple[str, ...] = ()

    def sides(self, case: str) -> tuple[str, ...]:
        return ("ours",)

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        ticking = stage.keep("ticking", lambda: _ticking(stage))
        count = int(case.partition(" ")[0].replace(",", ""))
        alone, watched = run(_both(ticking, count, stage.seconds))
        figures = {**_figures(alone, ""), **_figures(watched, "sockets_")}
        cpu = {"engine": alone.counts["cpu_seconds_total"], "redis": alone.redis_s}
        return Sample(figures, alone.seconds, cpu)


@contextmanager
def _ticking(stage: Stage) -> Iterator[Ticking]:
    with holdfast(stage, web=0, env=ENV) as server:
        yield Ticking(server)


async def _both(ticking: Ticking, count: int, seconds: float) -> tuple[Told, Told]:
    """Open what is missing, then measure without sockets and with them."""
    store = Store(ticking.server.redis_url, 16)
    try:
        missing = count - len(ticking.rooms)
        if missing:
            ticking.rooms += await open_rooms(store, "pulse", missing, PLAYERS)
        alone = await _told(store, ticking.server, seconds)
        async with audience(store, ticking.rooms, PLAYERS):
            watched = await _told(store, ticking.server, seconds)
        return alone, watched
    finally:
        await store.aclose()


async def _told(store: Store, server: Holdfast, seconds: float) -> Told:
    """From one word of the engine to another one that is at least so many seconds later."""
    await asyncio.sleep(WRITING_S)
    first = await _next_word(store, await _word(store))
    meter = Meter(server.groups)
    await asyncio.sleep(max(0.0, seconds - 1.0))
    last = await _next_word(store, await _word(store))
    counts = {name: last[name] - first.get(name, 0.0) for name in last}
    return Told(counts, meter.read()["redis"], meter.seconds)


async def _next_word(store: Store, after: Mapping[str, float]) -> dict[str, float]:
    """The first that differs."""
    async with asyncio.timeout(TOLD_S):
        while True:
            word = await _word(store)
            if word and word["passes_total"] != after.get("passes_total"):
                return word
            await asyncio.sleep(0.02)


async def _word(store: Store) -> dict[str, float]:
    counts = await store.counts()
    return next(iter(counts.values()), {})


def _figures(told: Told, prefix: str) -> dict[str, float]:
    ticks, skipped = told.counts["rooms_advanced_total"], told.counts["ticks_skipped_total"]
    return {
        f"{prefix}us": told.counts["cpu_seconds_total"] / ticks * 1e6,
        f"{prefix}redis_us": told.redis_s / ticks * 1e6,
        f"{prefix}skipped": 100 * skipped / (skipped + told.counts["passes_total"]),
        f"{prefix}ticks": ticks,
    }
