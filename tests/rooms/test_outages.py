"""Redis fails under people who play: they keep their sockets, are told, and play on when it is back.

One fleet for all of these tests, and a match of its own for each. Ann makes moves all the time, so her web process
finds an outage out by writing; Bob only watches his ship, so his must find it out by itself.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rooms.core.ending import LOST_WORDS
from rooms.store import Store
from tests.support.fleet import Fleet
from tests.support.player import token_of
from tests.support.proxy import Proxy
from tests.support.sockets import hang_up_all, open_room, player
from tests.support.waiting import until
from tests.support.witness import Witness

TOLD_S = 2.0
BACK_S = 5.0
OUT_S = 2.5
"""How long most outages here last: long enough to be told of."""
WELL = [200, 404, 200]
Pair = tuple[Witness, Witness]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


VALKEY = free_port()


@pytest.fixture(scope="module")
def line() -> Iterator[Proxy]:
    """The line between every process of the fleet and its Valkey, which listens at VALKEY."""
    with Proxy(VALKEY) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def hurt_fleet(line: Proxy) -> Iterator[Fleet]:
    folder = Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))
    with Fleet(folder, {"REDIS_URL": f"redis://127.0.0.1:{line.port}"}) as ours:
        ours.valkey.options = ("--port", str(VALKEY))
        yield ours.start(web=2, engines=2, lobby=1, bots=1)


@pytest.fixture
def fleet(hurt_fleet: Fleet) -> Iterator[Fleet]:
    """Every process of ours outlives what is done to its Redis."""
    yield hurt_fleet
    sys.stderr.write(hurt_fleet.output())  # pytest shows it only if the test failed
    ours = [*hurt_fleet.engines, *hurt_fleet.lobby, *hurt_fleet.bots, *(web.process for web in hurt_fleet.web)]
    assert [process.name for process in ours if not process.running] == []


@pytest.fixture
async def pair(fleet: Fleet) -> AsyncIterator[Pair]:
    """Ann and Bob, each at a web process of their own, in a match that runs; they keep their first sockets."""
    store = Store(fleet.valkey.url, 16)
    ann, bob = player("Ann"), player("Bob")
    room = await open_room(store, "arena", ann, 2, score=50, seconds=900)
    await store.aclose()
    both = await Witness.enter(fleet.web[0], room, ann), await Witness.enter(fleet.web[1], room, bob)
    for who in both:
        await who.say("ready", ready=True)
    await both[0].answered()
    await both[1].answered()
    await both[0].say("start")
    await until(lambda: all(len(who.ticks) > 5 for who in both))
    both[0].play({"thrust": 1}, {"thrust": 0})
    yield both
    for who in both:
        await who.leave()
    await hang_up_all()


# -- the faults: each returns when Redis is as it was


async def restart(fleet: Fleet, _line: Proxy) -> None:
    await asyncio.to_thread(fleet.valkey.stop, signal.SIGTERM)
    await asyncio.sleep(OUT_S)
    await asyncio.to_thread(fleet.valkey.start)


async def crash(fleet: Fleet, _line: Proxy) -> None:
    await asyncio.to_thread(fleet.valkey.kill)
    await asyncio.sleep(OUT_S)
    await asyncio.to_thread(fleet.valkey.start)


async def freeze(fleet: Fleet, _line: Proxy) -> None:
    fleet.valkey.pause()
    await asyncio.sleep(5)
    fleet.valkey.resume()


async def cut(_fleet: Fleet, line: Proxy) -> None:
    await asyncio.to_thread(line.cut)
    await asyncio.sleep(OUT_S)
    await asyncio.to_thread(line.mend)


async def fill(fleet: Fleet, _line: Proxy) -> None:
    with fleet.valkey.client() as client:
        client.config_set("maxmemory", "1")
        await asyncio.sleep(OUT_S)
        client.config_set("maxmemory", "0")


Fault = Callable[[Fleet, Proxy], Awaitable[None]]


@pytest.fixture(scope="module")
def token(hurt_fleet: Fleet) -> str:
    return token_of(hurt_fleet)


def pages(fleet: Fleet, token: str) -> list[int]:
    """What the lobby, the page of a room that is not there, and the API answer now."""
    found = []
    for path in ("/", f"/rooms/{'r' * 22}/", "/api/v1/rooms"):
        asked = urllib.request.Request(fleet.web[1].url(path), headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(asked, timeout=10) as response:
                found.append(response.status)
        except urllib.error.HTTPError as error:
            found.append(error.code)
            error.close()
    return found


@dataclass
class Told:
    """Seconds until each of these, by name; for the failing test to show."""

    degraded: float
    ok: float
    shown: float


async def live_through(fault: Fault, fleet: Fleet, line: Proxy, pair: Pair) -> list[Told]:
    """Do it, and wait until all is well again."""
    began = time.monotonic()
    await fault(fleet, line)
    back = time.monotonic()
    await pair[0].counted(back)
    return [Told(await who.told("degraded", began), await who.told("ok", back), await who.shown(back)) for who in pair]


@pytest.mark.parametrize("fault", [restart, crash, freeze, cut, fill])
async def test_players_are_told_in_time_and_play_on(
    fault: Fault, fleet: Fleet, line: Proxy, pair: Pair, token: str
) -> None:
    began = time.monotonic()
    for told in await live_through(fault, fleet, line, pair):
        assert told.degraded <= TOLD_S, told
        assert max(told.ok, told.shown) <= BACK_S, told
    for who in pair:
        assert who.statuses(began) == ["degraded", "ok"], "told once each"
        assert who.closed is None
        assert who.ticks == sorted(set(who.ticks)), "the room went back"
    ann = pair[0]
    await until(lambda: ann.unanswered <= 3, why="what was sent while Redis was away counts too")
    assert await asyncio.to_thread(pages, fleet, token) == WELL


async def test_connections_that_are_reset_cost_nothing_but_a_moment(fleet: Fleet, line: Proxy, pair: Pair) -> None:
    """They are open again before there is anything to tell."""
    began = time.monotonic()
    await asyncio.to_thread(line.cut)
    await asyncio.to_thread(line.mend)
    back = time.monotonic()
    for who in pair:
        assert await who.shown(back) <= BACK_S
        assert who.closed is None
        assert who.ticks == sorted(set(who.ticks))
    assert await pair[0].counted(back) <= BACK_S
    for who in pair:  # whoever was told of it is told that it is over
        await until(lambda who=who: who.statuses(began) in ([], ["degraded", "ok"]), BACK_S)  # type: ignore[misc]


async def test_a_redis_that_takes_200_ms_for_everything_is_playable_and_does_not_flap(
    fleet: Fleet, line: Proxy, pair: Pair
) -> None:
    began = time.monotonic()
    line.lag(0.1)
    try:
        await asyncio.sleep(6)
        slow = time.monotonic()
    finally:
        line.lag(0)
    for who in pair:
        assert who.statuses(began) == []
        assert who.closed is None
        frames = [at for at, message in who.heard if began <= at <= slow and message["t"] == "frame"]
        assert len(frames) >= 2 * (slow - began), "about one frame for each exchange with Redis, or one for two"
    ann = pair[0]
    waits = [ann.acked[seq] - at for seq, at in ann.sent.items() if began < at < slow - 2]
    assert max(waits) <= 2.0


async def test_while_redis_is_away_pages_and_api_say_so(fleet: Fleet, token: str) -> None:
    assert await asyncio.to_thread(pages, fleet, token) == WELL
    fleet.valkey.pause()
    try:
        began = time.monotonic()
        assert await asyncio.to_thread(pages, fleet, token) == [200, 503, 503], (
            "the lobby offers what needs no list of rooms"
        )
        assert time.monotonic() - began < 10
    finally:
        fleet.valkey.resume()
    assert await asyncio.to_thread(pages, fleet, token) == WELL


async def test_a_flush_ends_rooms_with_an_honest_word_and_new_ones_open(fleet: Fleet, pair: Pair) -> None:
    with fleet.valkey.client() as client:
        client.flushall()
    for who in pair:
        await until(lambda who=who: who.closed is not None)  # type: ignore[misc]
        assert who.closed == (4511, LOST_WORDS)
        assert who.messages("goodbye")[-1]["reconnect"] is False
        assert who.ticks == sorted(set(who.ticks))
    store = Store(fleet.valkey.url, 16)
    ann = player("Ann")
    room = await open_room(store, "tictactoe", ann)
    await store.aclose()
    again = await Witness.enter(fleet.web[0], room, ann)
    await again.say("ready", ready=True)
    await again.answered()
    await asyncio.sleep(1.5)  # two heartbeats: nobody takes the new room for one that was lost
    assert again.closed is None
    await again.leave()


async def test_an_older_file_ends_rooms_with_an_honest_word_and_never_a_step_back(fleet: Fleet, pair: Pair) -> None:
    files = fleet.valkey.folder / "appendonlydir"
    older = fleet.folder / "older"
    await asyncio.to_thread(shutil.copytree, files, older)
    seen = len(pair[0].ticks)
    await until(lambda: len(pair[0].ticks) > seen + 10)
    await asyncio.to_thread(fleet.valkey.kill)
    shutil.rmtree(files)
    shutil.move(older, files)
    await asyncio.to_thread(fleet.valkey.start)
    for who in pair:
        await until(lambda who=who: who.closed is not None, BACK_S)  # type: ignore[misc]
        assert who.closed == (4511, LOST_WORDS)
        assert who.ticks == sorted(set(who.ticks)), "the room went back"


async def test_the_log_tells_of_an_outage_in_lines_and_not_in_tracebacks(fleet: Fleet) -> None:
    """Of all the outages before."""
    assert "the channel layer lost Redis" in fleet.output()
    assert [process.name for process in fleet.processes if "Traceback" in process.output] == []
