"""Clients that count, and a crowd that keeps its schedule, against a real server of picows alone."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import pytest

from tests.bench.judging import per_input, per_state
from tests.bench.load import bare as bare_load
from tests.bench.load.client import Beat, Client, Tally
from tests.bench.load.raw import drain
from tests.bench.load.window import Window, measure, run
from tests.bench.machine import Cores, choose_cores
from tests.bench.peers import c_send
from tests.bench.peers.bare import bare
from tests.bench.stage import Absent, Stage

CLIENTS, HZ = 10, 20


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, tmp_path, choose_cores())


async def test_states_are_new_once_and_gaps_are_counted() -> None:
    tally = Tally()
    client = Client(tally)
    for n in (4, 5, 5, 3, 8):
        client.see(n, None, 10)
    assert (tally.frames, tally.bytes, tally.stale, tally.skipped) == (3, 30, 2, 4)


async def test_an_input_is_timed_from_when_it_was_due() -> None:
    tally = Tally()
    client = Client(tally)
    client.seat, client.beat = 1, Beat(first=asyncio.get_running_loop().time() - 10.0, every=1.0)
    client.see(1, (9, 0), 10)
    assert tally.answered == 0
    client.see(2, (9, 2), 10)
    client.see(3, (9, 2), 10)
    assert tally.answered == 2
    assert [round(seconds) for seconds in tally.latencies] == [9, 8]


async def test_a_crowd_sends_what_is_due_and_is_answered(stage: Stage) -> None:
    with bare(stage, HZ, 138) as server:
        async with await bare_load.enter(server, CLIENTS) as crowd:
            await crowd.warm(0.1)
            crowd.talk(HZ)
            window = await measure(1.0, server.groups, crowd.tally.counts)
            assert window.counts["frames"] > 0.5 * CLIENTS * HZ
            assert 0.5 * CLIENTS * HZ < window.counts["sent"] <= CLIENTS * HZ * window.seconds
            assert window.counts["answered"] > 0.5 * window.counts["sent"]
            assert crowd.overdue(20.0) == 0
            assert crowd.overdue(-20.0) >= 20 * CLIENTS * HZ
            # A stall of the sender is charged to all that was due meanwhile.
            before = len(crowd.tally.latencies)
            time.sleep(0.4)  # noqa: ASYNC251  (this is the stall)
            await asyncio.sleep(0.3)
            assert max(crowd.tally.latencies[before:]) > 0.3
            assert crowd.tally.lost == crowd.tally.stale == 0
        assert crowd.tally.lost == 0


async def test_a_connection_that_ends_by_itself_is_lost(stage: Stage) -> None:
    with bare(stage, HZ, 138) as server:
        crowd = await bare_load.enter(server, 2)
    async with crowd:
        async with asyncio.timeout(5):
            while crowd.tally.lost < 2:  # noqa: ASYNC110  (nothing tells it)
                await asyncio.sleep(0.01)


def test_the_floor_in_c_sends_every_frame(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    if any(map(shutil.which, c_send.COMPILERS)):
        with c_send.c_send(stage, CLIENTS, 100, 142) as server:
            window = run(drain(server.port, CLIENTS, 142, 0.5, server.groups))
        assert window.counts["frames"] > 0.3 * CLIENTS * 100
        assert window.counts["torn"] == 0
        assert window.cpu["send"] > 0
    monkeypatch.setenv("PATH", "")
    (stage.folder / "send").unlink(missing_ok=True)
    with pytest.raises(Absent, match="no C compiler"):
        c_send.compiled(stage)


def test_costs_are_divided_by_what_came_and_shortfalls_are_told() -> None:
    counts = {"frames": 1000.0, "bytes": 140_000.0, "skipped": 0.0, "stale": 0.0, "lost": 0.0, "refused": 0.0}
    counts |= {"sent": 500.0, "answered": 499.0, "overdue": 20.0}
    window = Window(2.0, {"web": 0.02, "redis": 0.01}, 0.3, 0.0, counts, latencies=[0.03] * 98 + [0.2] * 2)
    fine = per_state(window, 500)
    assert fine.faults == []
    wanted = {"us": 30.0, "web_us": 20.0, "redis_us": 10.0, "bytes": 140.0, "core": 1.5, "p50": 30.0, "p99": 200.0}
    assert {name: fine.figures[name] for name in wanted} == pytest.approx(wanted)
    assert per_input(window).figures["us"] == pytest.approx(60.0)
    assert per_input(window).figures["share"] == pytest.approx(0.96)
    assert per_state(window, 1000).faults == ["only 50.0% of what was due came"]
    bad = Window(2.0, {}, 0.95, 0.2, {**counts, "skipped": 9.0, "lost": 1.0})
    assert len(per_state(bad, 500).faults) == 4


def test_a_machine_with_one_core_is_known() -> None:
    assert not Cores(0, 0).apart
