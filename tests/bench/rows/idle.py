"""What it costs to be there and do nothing: connections, and rooms in which somebody thinks."""

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
from tests.bench.stage import Stage

CROWD, SIZE, AT_ONCE = 2000, 8, 100
ROOMS, BATCH = 10_000, 1_000
SHARDS = 16
SETTLE_S = 2.0
"""Until what coming cost is over."""
CONNECTIONS, IN_ROOMS = f"{CROWD:,} connections", f"{ROOMS:,} rooms"
ENV = {"HOLDFAST_ROOM_IDLE_S": "3600"}


@dataclass(frozen=True, slots=True)
class Idle:
    """A crowd that is in, and what every process has grown by since nobody was."""

    groups: Mapping[str, list[int]]
    grown: Mapping[str, float]
    """Bytes by process."""
    faults: list[str]


class IdleRow:
    """One case for connections, one for rooms. Everybody comes once; the rounds are of the quiet that follows."""

    name, title = "idle", "Idle"
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
        idle = stage.keep(side, lambda: SIDES[side](stage))
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


@contextmanager
def _ours(stage: Stage) -> Iterator[Idle]:
    with holdfast(stage, env=ENV) as server, _in_background(partial(_guests, server)) as faults:
        yield Idle(server.groups, faults.grown, faults.told)


@contextmanager
def _colyseus(stage: Stage) -> Iterator[Idle]:
    with colyseus(stage) as server, _in_background(partial(_clients, server)) as faults:
        yield Idle(server.groups, faults.grown, faults.told)


@contextmanager
def _rooms(stage: Stage) -> Iterator[Idle]:
    with holdfast(stage, env=ENV) as server, _in_background(partial(_matches, server)) as faults:
        yield Idle(server.groups, faults.grown, faults.told)


SIDES = {"ours": _ours, "colyseus": _colyseus, "rooms": _rooms}


@dataclass(frozen=True, slots=True)
class _Came:
    """How it went to get everybody in."""

    grown: Mapping[str, float]
    told: list[str]


@contextmanager
def _in_background(crowd: Callable[[], AbstractAsyncContextManager[_Came]]) -> Iterator[_Came]:
    """The crowd lives on a loop of its own thread, so that it answers pings while others are measured."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="idle crowd", daemon=True)
    thread.start()

    def call(waited: Awaitable[Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(_awaited(waited), loop).result()

    there = crowd()
    try:
        yield call(there.__aenter__())
    finally:
        call(there.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


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
    before, gate = _memory(server), asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Visitor:
        async with gate:
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
