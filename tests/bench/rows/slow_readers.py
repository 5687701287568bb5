"""Some stop reading: what the others notice, what is kept for those who stopped, and what these see afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

from rooms.core.ids import RoomId
from rooms.protocol.closing import Close
from rooms.store import Store
from tests.bench.load.holdfast import Sight
from tests.bench.load.http import Asker
from tests.bench.load.readers import Peer, Reader, Room, read, read_colyseus
from tests.bench.load.window import run, until
from tests.bench.machine import Meter, memory_of
from tests.bench.peers.colyseus import Colyseus, colyseus
from tests.bench.peers.holdfast import Holdfast, holdfast
from tests.bench.percentiles import percentile
from tests.bench.row import Measure, Reach, Sample
from tests.bench.seating import open_rooms
from tests.bench.stage import Stage

ROOMS, SIZE = 10, 20
"""One in each room stops: 5 %."""
SHARDS = 16
QUIET, LONG, SHORT = 2, 20, 3
"""Times of the measured time of a sample: the quiet before, a stall in the first round, and in the others."""
KIB = 1024
POLL_S = 0.25
SILENT_S, SLICE_S = 2.0, 0.02
"""After so long a silence a client takes its connection for dead."""
CATCH_UP_S = 15.0
GAUGE = "holdfast_bytes_waiting_most "


class SlowReaders:
    """One case. The first round stops for the whole time, the others for a third."""

    name, title, about_s = "slow-readers", "Slow readers", 19.0
    load = (
        f"{ROOMS} rooms of {SIZE}, a state of 8 KiB 20 times a second; one in each room, 5 %, stops reading: in the "
        f"first round for {LONG} times the measured time (30 s as shipped), then for {SHORT} times, each after a quiet "
        "spell. "
        "The p99 is of the time between two states of a client that reads on. Kept: the most that waited for a socket "
        "in the web process, by its own gauge. Age: how many ticks older than the newest what a slow one is first "
        "shown again is."
    )
    cases: tuple[str, ...] = (f"{ROOMS} of {ROOMS * SIZE} stop",)
    measures = (
        Measure("others, quiet, p99", "ours", "quiet_p99", "ms"),
        Measure("Colyseus: others, quiet, p99", "colyseus", "quiet_p99", "ms"),
        Measure("others, meanwhile, p99", "ours", "stalled_p99", "ms"),
        Measure("Colyseus: others, meanwhile, p99", "colyseus", "stalled_p99", "ms"),
        Measure("kept for a slow one, at most", "ours", "kept_kb", "KiB"),
        Measure("web process grew by, for each slow one", "ours", "grown_kb", "KiB"),
        Measure("Colyseus grew by, for each slow one", "colyseus", "grown_kb", "KiB"),
        Measure("age of what it is shown first", "ours", "age", "ticks", 0),
        Measure("slow ones that were closed", "ours", "closed", "clients", 0),
        Measure("torn or stale states", "ours", "wrong", "states", 0),
    )
    reaches = (
        Reach("others, meanwhile, p99", at_most=1.1, of="others, quiet, p99"),
        Reach("kept for a slow one, at most", at_most=64.0),
        Reach("age of what it is shown first", at_most=2.0),
        Reach("torn or stale states", at_most=0.0),
    )
    beside: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._known: set[str] = set()

    def sides(self, case: str) -> tuple[str, ...]:
        return ("ours", "colyseus")

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        quiet_s, stall_s = QUIET * stage.seconds, stage.seconds * (SHORT if side in self._known else LONG)
        self._known.add(side)
        if side == "colyseus":
            return run(_measured_peer(stage.keep("colyseus", lambda: colyseus(stage)), quiet_s, stall_s))
        return run(_measured(stage.keep("ours", lambda: holdfast(stage)), quiet_s, stall_s))


async def _measured(server: Holdfast, quiet_s: float, stall_s: float) -> Sample:
    store = Store(server.redis_url, SHARDS)
    try:
        rooms = await open_rooms(store, "flood", ROOMS, 0, size=SIZE)
        known = [Room(Sight("flood")) for _ in rooms]
        places = list(enumerate(zip(rooms, known, strict=True)))
        slow = [await read(server.port, name, f"{at}-slow", room, small=True) for at, (name, room) in places]
        others = [
            await read(server.port, name, f"{at}-{number}", room)
            for at, (name, room) in places
            for number in range(SIZE - 1)
        ]
        meter = Meter(server.groups)
        (web,) = server.groups["web"]
        try:
            kept = [0.0]
            watching = asyncio.create_task(_watch(server.port, kept))
            figures = await _stalled(web, slow, others, quiet_s, stall_s)
            watching.cancel()
            figures["kept_kb"] = max(kept) / KIB
            figures |= await _recovered(server, list(zip(rooms, known, slow, strict=True)))
        finally:
            for reader in (*slow, *others):
                reader.leave()
        figures["wrong"] = float(sum(r.torn + r.tally.stale for r in (*slow, *others)))
        faults = [f"{sum(r.tally.lost for r in others)} others were lost"] if any(r.tally.lost for r in others) else []
        return Sample(figures, meter.seconds, meter.read(), meter.own_share, faults)
    finally:
        await store.aclose()


async def _measured_peer(server: Colyseus, quiet_s: float, stall_s: float) -> Sample:
    slow: list[Peer] = []
    others: list[Peer] = []
    for _ in range(ROOMS):
        slow.append(await read_colyseus(server.port, "flood", create=True, small=True))
        others += [await read_colyseus(server.port, "flood") for _ in range(SIZE - 1)]
    meter = Meter(server.groups)
    try:
        figures = await _stalled(server.groups["colyseus"][0], slow, others, quiet_s, stall_s)
    finally:
        for peer in (*slow, *others):
            peer.leave()
    return Sample(figures, meter.seconds, meter.read(), meter.own_share)


async def _stalled(
    pid: int, slow: Sequence[Reader | Peer], others: Sequence[Reader | Peer], quiet_s: float, stall_s: float
) -> dict[str, float]:
    """A quiet spell, then one in which the slow ones do not read. `pid`: who writes to them."""
    await until(lambda: all(len(reader.times) > 20 for reader in others), 20, lambda: "states for everybody")
    quiet = await _spell(others, quiet_s)
    before = memory_of(pid)
    for reader in slow:
        reader.stop_reading()
    stalled = await _spell(others, stall_s)
    return {
        "quiet_p99": 1000 * percentile(quiet, 99),
        "stalled_p99": 1000 * percentile(stalled, 99),
        "grown_kb": (memory_of(pid) - before) / len(slow) / KIB,
    }


async def _spell(readers: Sequence[Reader | Peer], seconds: float) -> list[float]:
    """All times between two states that each of them is shown meanwhile, in seconds."""
    begun = [len(reader.times) for reader in readers]
    await asyncio.sleep(seconds)
    return [
        later - former
        for reader, first in zip(readers, begun, strict=True)
        for former, later in pairwise(reader.times[first:])
    ]


async def _watch(port: int, kept: list[float]) -> None:
    """What the web process says is the most that waits for one of its sockets."""
    async with Asker(port, {}) as asker:
        while True:
            lines = (await asker.get("/metrics")).body.decode().splitlines()
            kept += [float(line.removeprefix(GAUGE)) for line in lines if line.startswith(GAUGE)]
            await asyncio.sleep(POLL_S)


async def _recovered(server: Holdfast, slow: list[tuple[RoomId, Room, Reader]]) -> dict[str, float]:
    """They read on, and those that were closed come again: the age of the first state after what they missed."""
    for _, _, reader in slow:
        reader.read_on()
    ages = await asyncio.gather(*(_age(server, at, *one) for at, one in enumerate(slow)))
    codes = [reader.code for _, _, reader in slow]
    return {
        "age": float(max(ages)),
        "closed": float(sum(reader.transport is None for _, _, reader in slow)),
        "told": float(codes.count(Close.TOO_SLOW)),
        "missed": float(sum(gap.missed for _, _, reader in slow for gap in reader.gaps)),
    }


async def _age(server: Holdfast, at: int, name: RoomId, room: Room, reader: Reader) -> int:
    """In ticks. One that missed nothing has been shown all in its order, and is as new as the rest.

    One that hears nothing, or was closed, comes again, as our own clients do.
    """
    if await _catches_up(room, reader):
        return reader.gaps[-1].age if reader.gaps else 0
    reader.leave()
    again = await read(server.port, name, f"{at}-slow", room, small=True)
    await until(lambda: again.n >= 0, CATCH_UP_S, lambda: "a state for who came again")
    again.leave()
    return again.first_age


async def _catches_up(room: Room, reader: Reader) -> bool:
    """Whether its connection leads to the newest state."""
    heard, silent = len(reader.times), 0.0
    while reader.transport is not None and silent < SILENT_S:
        if reader.n >= room.newest - 1:
            return True
        await asyncio.sleep(SLICE_S)
        silent = silent + SLICE_S if len(reader.times) == heard else 0.0
        heard = len(reader.times)
    return False
