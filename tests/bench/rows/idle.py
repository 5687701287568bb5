"""What it costs to be there and do nothing: connections, and rooms in which somebody thinks.

All crowds come at the same time, each to its own servers on the one core, and then are idle beside each other.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from rooms.store import Store
from tests.bench.load.visitors import Visitor, visit, visit_colyseus
from tests.bench.machine import Meter, memory_of
from tests.bench.peers.colyseus import colyseus
from tests.bench.peers.holdfast import holdfast
from tests.bench.row import Measure, Reach, Sample
from tests.bench.seating import audience, open_rooms
from tests.bench.stage import Absent, Stage

CROWD, SIZE = 2000, 8
COMING_S = 20.0
"""The crowd comes evenly in so long, which is how often ours are pinged: so no spell has more pings than another."""
ROOMS, BATCH = 10_000, 1_000
SHARDS = 16
SETTLE_S = 2.0
"""Until what coming cost is over."""
CONNECTIONS, IN_ROOMS = f"{CROWD:,} connections", f"{ROOMS:,} rooms"
ENV = {"HOLDFAST_ROOM_IDLE_S": "3600"}


@dataclass(frozen=True, slots=True)
class _Came:
    """How it went to get everybody in."""

    grown: Mapping[str, float]
    told: list[str]


@dataclass(frozen=True, slots=True)
class Idle:
    """A crowd that is in, and what every process has grown by since nobody was."""

    groups: Mapping[str, list[int]]
    grown: Mapping[str, float]
    """Bytes by process."""
    faults: list[str]


class IdleRow:
    """One case for connections, one for rooms. Everybody comes once; the rounds are of the quiet that follows."""

    name, title, about_s = "idle", "Idle", 8.0
    load = (
        f"{CROWD:,} clients, {SIZE} to a room, of a game in which nothing happens; pings as shipped. And {ROOMS:,} "
        "matches of noughts and crosses, two players each (their sockets at a web process that takes no part), nobody "
        "moves. Memory is what processes have grown by, resident; CPU that of all our processes together, of one core."
    )
    cases: tuple[str, ...] = (CONNECTIONS, IN_ROOMS)
    measures = (
        Measure("ours, whole: memory of a connection", "ours", "connection_kb", "KiB"),
        Measure("ours, web alone: memory of a connection", "ours", "web_kb", "KiB"),
        Measure("Colyseus: memory of a connection", "colyseus", "connection_kb", "KiB"),
        Measure("ours, whole: CPU", "ours", "cpu", "% of a core", 2),
        Measure("Colyseus: CPU", "colyseus", "cpu", "% of a core", 2),
        Measure("engine: memory of a room", "rooms", "room_kb", "KiB"),
        Measure("Redis: memory of a room", "rooms", "redis_kb", "KiB"),
        Measure("engine: CPU", "rooms", "engine_cpu", "% of a core", 2),
        Measure("Redis: CPU", "rooms", "redis_cpu", "% of a core", 2),
    )
    reaches = (
        Reach("ours, whole: memory of a connection", at_most=1.0, of="Colyseus: memory of a connection", strict=False),
        Reach("ours, whole: CPU", at_most=1.0, of="Colyseus: CPU", strict=False),
    )
    beside: tuple[str, ...] = ()

    def sides(self, case: str) -> tuple[str, ...]:
        return ("ours", "colyseus") if case == CONNECTIONS else ("rooms",)

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        crowds = _crowds(stage, side)
        there = {name: crowd.settled() for name, crowd in crowds.items()}  # whoever still comes disturbs the others
        idle = there[side]
        meter = Meter(idle.groups)
        time.sleep(2 * stage.seconds)
        seconds, cpu = meter.seconds, meter.read()
        shares = {name: 100 * used / seconds for name, used in cpu.items()}
        return Sample(_figures(side, idle, shares), seconds, cpu, meter.own_share, idle.faults)


def _figures(side: str, idle: Idle, shares: Mapping[str, float]) -> dict[str, float]:
    if side == "rooms":
        return {
            "room_kb": idle.grown["engine"] / ROOMS / 1024,
            "redis_kb": idle.grown["redis"] / ROOMS / 1024,
            "engine_cpu": shares["engine"],
            "redis_cpu": shares["redis"],
        }
    figures = {"connection_kb": sum(idle.grown.values()) / CROWD / 1024, "cpu": sum(shares.values())}
    return figures | ({"web_kb": idle.grown["web"] / CROWD / 1024} if side == "ours" else {})


class Coming:
    """A crowd on its way, on a loop of its own thread: there it answers pings while others are measured."""

    def __init__(self, groups: Mapping[str, list[int]], crowd: AbstractAsyncContextManager[_Came]) -> None:
        """It sets out at once."""
        self._groups, self._crowd = groups, crowd
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="idle crowd", daemon=True)
        self._thread.start()
        self._came = asyncio.run_coroutine_threadsafe(_awaited(crowd.__aenter__()), self._loop)

    def settled(self) -> Idle:
        """Once all are in. Raises what kept them away."""
        came: _Came = self._came.result()
        return Idle(self._groups, came.grown, came.told)

    def end(self) -> None:
        """All leave."""
        if self._came.exception() is None:
            asyncio.run_coroutine_threadsafe(_awaited(self._crowd.__aexit__(None, None, None)), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _crowds(stage: Stage, side: str) -> dict[str, Coming]:
    """Those of all sides, so that they come at the same time. Raises Absent when this one's cannot."""
    there = {}
    for name, start in SIDES.items():
        if name == side or not stage.sides or name in stage.sides:
            try:
                there[name] = stage.keep(f"idle {name}", partial(start, stage))
            except Absent:
                if name == side:
                    raise
    return there


@contextmanager
def _ours(stage: Stage) -> Iterator[Coming]:
    with holdfast(stage, env=ENV) as server, _coming(server.groups, _guests(server)) as crowd:
        yield crowd


@contextmanager
def _colyseus(stage: Stage) -> Iterator[Coming]:
    with colyseus(stage) as server, _coming(server.groups, _clients(server)) as crowd:
        yield crowd


@contextmanager
def _rooms(stage: Stage) -> Iterator[Coming]:
    with holdfast(stage, env=ENV) as server, _coming(server.groups, _matches(server)) as crowd:
        yield crowd


SIDES = {"ours": _ours, "colyseus": _colyseus, "rooms": _rooms}


@contextmanager
def _coming(groups: Mapping[str, list[int]], crowd: AbstractAsyncContextManager[_Came]) -> Iterator[Coming]:
    coming = Coming(groups, crowd)
    try:
        yield coming
    finally:
        coming.end()


async def _awaited(what: Awaitable[Any]) -> Any:
    return await what


@asynccontextmanager
async def _guests(server: Any) -> Any:
    store = Store(server.redis_url, SHARDS)
    rooms = await open_rooms(store, "still", CROWD // SIZE, 0, size=SIZE)
    async with _there(server, lambda number: visit(server.port, rooms[number // SIZE], f"{number}")) as came:
        yield came
    await store.aclose()


@asynccontextmanager
async def _clients(server: Any) -> Any:
    async with _there(server, lambda number: visit_colyseus(server.port, "still")) as came:
        yield came


@asynccontextmanager
async def _there(server: Any, come: Callable[[int], Awaitable[Visitor]]) -> Any:
    before = _memory(server)

    async def one(number: int) -> Visitor:
        await asyncio.sleep(COMING_S * number / CROWD)
        return await come(number)

    visitors = await asyncio.gather(*map(one, range(CROWD)))
    await asyncio.sleep(SETTLE_S)
    missing = sum(visitor.seat is None for visitor in visitors)
    yield _Came(_grown(server, before), [f"{missing} clients have no seat"] if missing else [])
    for visitor in visitors:
        visitor.leave()


@asynccontextmanager
async def _matches(server: Any) -> Any:
    store = Store(server.redis_url, SHARDS)
    before = _memory(server)
    async with AsyncExitStack() as stack:
        for _ in range(0, ROOMS, BATCH):  # a seat that nobody comes to is given up after a while
            rooms = await open_rooms(store, "tictactoe", BATCH, 2)
            await stack.enter_async_context(audience(store, rooms, 2))
        await asyncio.sleep(SETTLE_S)
        yield _Came(_grown(server, before), [])
    await store.aclose()


def _memory(server: Any) -> dict[str, float]:
    return {name: float(sum(map(memory_of, pids))) for name, pids in server.groups.items()}


def _grown(server: Any, before: Mapping[str, float]) -> dict[str, float]:
    return {name: now - before[name] for name, now in _memory(server).items()}
