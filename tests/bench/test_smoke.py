"""Every row at a tiny load, for its shape; and what the counters prove of a frame's and a commit's road. No figures."""

from __future__ import annotations

import asyncio
import math
import os
import re
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rooms.engine.report import TELL_S
from rooms.store import Store
from tests.bench import page, rows
from tests.bench.load.visitors import Visitor, visit
from tests.bench.load.window import until
from tests.bench.machine import choose_cores
from tests.bench.peers.holdfast import Holdfast, holdfast
from tests.bench.row import Row
from tests.bench.runner import run_row
from tests.bench.seating import open_rooms
from tests.bench.stage import Stage
from tests.bench.table import as_json

SIDES = ("ours", "rooms")
"""No peers: they come from the network."""
CASES = {"fan-out": "2x3", "game": "1 rooms", "room-tick": "5 rooms", "bytes": "50 of 100"}
"""Smaller ones than those of the table."""
TINY: dict[str, Any] = {
    "sides.WARM_S": 0.1,
    "sides._warm": lambda stage, start, enter: start,
    "rows.inputs.ROOMS": 2,
    "rows.latency.ROOMS": 1,
    "rows.capacity.FIRST": 1,
    "rows.capacity.MOST": 2,
    "rows.idle.CROWD": 16,
    "rows.idle.ROOMS": 20,
    "rows.idle.BATCH": 20,
    "rows.idle.SETTLE_S": 0.1,
    "rows.idle.COMING_S": 0.1,
    "rows.join_storm.CROWD": 24,
    "rows.join_storm.RACERS": 20,
    "rows.join_storm.SEATS": 10,
    "rows.slow_readers.ROOMS": 2,
    "rows.slow_readers.SIZE": 4,
    "rows.slow_readers.LONG": 4,
    "rows.lobby.ROOMS": (("tictactoe", 20, 2), ("snake", 20, 4)),
    "rows.lobby.ASKED": 15,
    "rows.lobby.SEATED": 5,
    "rows.lobby.TOKENS": 3,
}
STARTING = ("sides", "rows.bytes", "rows.idle", "rows.join_storm", "rows.lobby", "rows.room_tick", "rows.slow_readers")
"""Modules that start a server of ours: here all of them play on one."""
SHARDS = 16
COMING = 48
ABOUT = {
    "made": "2026-01-31T12:00:00+00:00",
    "machine": {"cpu": "any", "cores": 2, "memory_mb": 1, "system": "any"},
    "versions": {},
    "notes": {},
    "settings": {"rounds": 1, "seconds": 0.3, "took_s": 1},
}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    folder = Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))
    with Stage(folder, folder, choose_cores(), seconds=0.3, rounds=1, sides=SIDES) as stage:
        yield stage


@pytest.fixture(scope="module")
def server(stage: Stage) -> Iterator[Holdfast]:
    from tests.bench.rows import idle, lobby

    with holdfast(stage, env={**idle.ENV, **lobby.ENV}) as server:
        yield server


@pytest.fixture
def tiny(server: Holdfast, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def there(stage: Stage, **_: Any) -> Iterator[Holdfast]:
        yield server

    for name, value in TINY.items():
        monkeypatch.setattr(f"tests.bench.{name}", value)
    for module in STARTING:
        monkeypatch.setattr(f"tests.bench.{module}.holdfast", there)


async def test_a_frame_is_encoded_once_and_a_pass_is_one_message_to_each_web_process(server: Holdfast) -> None:
    webs = [server.fleet.web[0], server.fleet.add_web()]
    server.fleet.wait_until_ready()
    ports = [web.port for web in webs]
    before = await _quiet(server, ports)
    seen = await _watched(server, ports, rooms=6, each=COMING // 6 // len(ports))
    after = await _quiet(server, ports)
    told = {name: after[name] - before[name] for name in after}
    assert seen > 200
    assert told["frames_written"] >= seen
    assert told["engine_frames_encoded"] <= told["engine_rooms_advanced"], "of one view and wire format one a tick"
    assert 6 < told["frames_written"] / told["engine_frames_encoded"] <= 8, "eight sockets get each"
    assert told["engine_parcels"] == told["parcels_received"]
    assert told["engine_parcels"] <= len(webs) * told["engine_commits"]
    assert told["parcel_messages"] <= len(webs) * told["engine_commit_passes"], "one has the parcels of all shards"
    assert told["parcel_messages"] < told["engine_parcels"]
    cards = told["publish"] - told["parcel_messages"]
    assert cards <= 2 * COMING, "all else that was published are cards: one changes when somebody comes or goes"
    assert told["engine_commit_passes"] < told["engine_commits"], "rooms of several shards had one pass"
    assert told["engine_commit_trips"] - told["engine_commit_passes"] in (0, 1), "a script is told to Redis once"


@pytest.mark.parametrize("row", rows.ROWS, ids=lambda row: row.name)
def test_a_row_gives_all_its_figures(row: Row, stage: Stage, tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    if row.name in CASES:
        monkeypatch.setattr(row, "cases", (CASES[row.name],))
    if row.name not in rows.TOGETHER:
        stage.let_go()
    taken = run_row(row, stage)
    assert taken.absent == {}
    results = as_json([taken], ABOUT)
    (shown,) = results["rows"]
    mine = {measure.name for measure in row.measures if measure.side in SIDES}
    assert {line["measure"] for line in shown["lines"]} == mine
    for line in shown["lines"]:
        assert all(math.isfinite(line[key]) and line[key] >= 0 for key in ("least", "median", "most")), line
    assert len(page.pictures(results)) == len({line["unit"] for line in shown["lines"]})
    assert page.page(results, {}).count(f"## {row.title}\n") == 1


async def _watched(server: Holdfast, ports: list[int], rooms: int, each: int) -> int:
    """So many sockets of each room at each web process, until all have seen some frames; how many they saw in all."""
    store = Store(server.redis_url, SHARDS)
    names = await open_rooms(store, "board", rooms, 0, size=each * len(ports))
    visitors: list[Visitor] = []
    for room in names:
        visitors += [await visit(port, room, f"{port}-{at}") for port in ports for at in range(each)]
    for visitor in visitors:
        visitor.keeping = True
    await until(lambda: all(len(visitor.frames) > 20 for visitor in visitors), 20, lambda: "frames for everybody")
    for visitor in visitors:
        visitor.leave()
    await store.aclose()
    return sum(len(visitor.frames) for visitor in visitors)


async def _quiet(server: Holdfast, ports: list[int]) -> Counter[str]:
    """All totals, once parcels come no more and the engine, which tells its own once a second, has told that too."""
    last: Counter[str] = Counter()
    for _ in range(20):
        now = _totals(server, ports)
        if last and all(now[name] == last[name] for name in ("engine_parcels", "parcels_received")):
            return now
        last = now
        await asyncio.sleep(1.2 * TELL_S)
    raise AssertionError(f"parcels are still on their way: {last}")


def _totals(server: Holdfast, ports: list[int]) -> Counter[str]:
    """By name: those of the web processes added up, and the engine's, as the first of them shows them; PUBLISHes."""
    totals: Counter[str] = Counter()
    for number, port in enumerate(ports):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            shown = answer.read().decode()
        for name, engine, value in re.findall(r"^holdfast_(\w+)_total(\{.*?\})? ([\d.]+)$", shown, re.MULTILINE):
            if number == 0 or not engine:
                totals[name] += round(float(value))
    with server.fleet.valkey.client() as client:
        stats: Any = client.info("commandstats")
        totals["publish"] = stats.get("cmdstat_publish", {}).get("calls", 0)
    return totals
