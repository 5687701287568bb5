"""Engines that come, end, die, freeze and lose Redis, seen by players over real sockets.

Every player checks each frame it gets: ticks only grow, acknowledgements only grow and never run ahead of its inputs.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from rooms.store import Store
from tests.rooms.store.making import until as until_asked
from tests.support.fleet import Fleet
from tests.support.processes import Process
from tests.support.proxy import Proxy
from tests.support.pursuer import Pursuer, pursue
from tests.support.sockets import hang_up_all, open_room, player
from tests.support.waiting import until

Second = Callable[..., Awaitable[Process]]
SHARDS = 16
ROOMS = 8
LEASE_S = 1.2
QUIET_MS = 250
"""The longest a player may wait for a frame while an engine comes or is told to end, where a machine is not busy with
other things: there it is three times what they wait while nothing happens, and always less than a lease."""
TAKEN_MS = 2000
"""The same when one dies."""


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """One web process and one engine; each test adds the engine that it hurts. Valkey listens on a port too."""
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))) as ours:
        port = free_port()
        ours.valkey.options = ("--port", str(port), "--bind", "127.0.0.1")
        ours.env["VALKEY_PORT"] = str(port)
        yield ours.start(web=1, engines=1, lobby=0)


@pytest.fixture
async def store(fleet: Fleet) -> AsyncIterator[Store]:
    ours = Store(fleet.valkey.url, SHARDS)
    yield ours
    await hang_up_all()
    await ours.aclose()


async def shared(store: Store, *shares: int) -> None:
    """Until so many engines have so many of the shards each."""

    async def done() -> bool:
        owners = [row.owner for row in await store.leases() if row.left_ms > 0]
        return sorted(map(owners.count, set(owners))) == [*shares]

    await until_asked(done, 20)


class Crowd:
    """A player in each of some rooms, which lie on both engines."""

    def __init__(self, players: list[Pursuer]) -> None:
        self.players = players
        self.since = asyncio.get_running_loop().time()
        self.counts = [len(one.others) for one in players]

    async def on(self, seconds: float = 1.0) -> None:
        """Play on until every player has had frames for some time, and what they sent until then is acknowledged."""
        await asyncio.sleep(seconds)
        sent = [one.sent for one in self.players]
        ticks = [one.tick for one in self.players]
        await until(
            lambda: all(
                one.acked >= seq and one.tick > tick + 5
                for one, seq, tick in zip(self.players, sent, ticks, strict=True)
            ),
            10,
            "every room plays, and every input is acknowledged",
        )

    def longest_ms(self) -> float:
        """The longest time without a frame since this was asked last."""
        since, self.since = self.since, asyncio.get_running_loop().time()
        return max(one.longest_ms(since) for one in self.players)

    async def end(self) -> tuple[float, list[str]]:
        """The longest time without a frame, in ms, and what else the players heard. Raises what was out of order."""
        longest = self.longest_ms()
        heard = [kind for one, count in zip(self.players, self.counts, strict=True) for kind in one.heard_since(count)]
        await asyncio.gather(*(one.leave() for one in self.players))
        return longest, heard


async def crowd(fleet: Fleet, store: Store) -> Crowd:
    """Eight rooms that tick twenty times a second."""

    async def one(number: int) -> Pursuer:
        host = player(f"P{number}")
        room = await open_room(store, "arena", host, seconds=900)
        return await pursue(fleet.web[0], room, host)

    players = list(await asyncio.gather(*(one(number) for number in range(ROOMS))))
    await until(lambda: all(one.acked and len(one.frames) > 10 for one in players), 15, "every match runs")
    return Crowd(players)


@pytest.fixture
async def second(fleet: Fleet, store: Store) -> AsyncIterator[Second]:
    """Starts the engine to be hurt, beside one that has everything; gone after the test."""
    started: list[Process] = []

    async def start(**env: str) -> Process:
        await shared(store, SHARDS)
        started.append(fleet._start("engine", 1, "runengine", env=env))
        await shared(store, SHARDS // 2, SHARDS // 2)
        return started[-1]

    yield start
    for process in started:
        if process.running:
            process.send(signal.SIGCONT)
        process.kill()


async def test_an_engine_that_comes_or_is_told_to_end_is_not_noticed(
    fleet: Fleet, store: Store, second: Second
) -> None:
    here = await crowd(fleet, store)
    await here.on()
    usual = here.longest_ms()
    engine = await second()
    await here.on()
    joined = here.longest_ms()
    assert await asyncio.to_thread(engine.stop) == 0
    await here.on()
    drained, heard = await here.end()
    print(f"longest time without a frame: {usual:.0f} ms, {joined:.0f} at the join, {drained:.0f} at the drain")
    assert max(joined, drained) <= min(max(QUIET_MS, 3 * usual), LEASE_S * 1000 * 0.8)
    assert heard == [], "no welcome, no status, no event: nothing has happened"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
async def test_an_engine_that_dies_is_replaced(fleet: Fleet, store: Store, second: Second, how: signal.Signals) -> None:
    """SIGKILL is also how the kernel ends a process when memory runs out."""
    engine = await second()
    here = await crowd(fleet, store)
    engine.send(how)
    await here.on(LEASE_S)
    longest, heard = await here.end()
    print(f"longest time without a frame: {longest:.0f} ms")
    assert longest <= TAKEN_MS
    assert heard == []


async def test_a_frozen_engine_wakes_up_to_nothing(fleet: Fleet, store: Store, second: Second) -> None:
    engine = await second()
    here = await crowd(fleet, store)
    engine.send(signal.SIGSTOP)
    await here.on(2 * LEASE_S)
    engine.send(signal.SIGCONT)
    await shared(store, SHARDS // 2, SHARDS // 2)
    await here.on()
    longest, heard = await here.end()
    print(f"longest time without a frame: {longest:.0f} ms")
    assert longest <= TAKEN_MS
    assert heard == []
    assert "is not ours any more" in engine.output or "our commit was refused" in engine.output


async def test_an_engine_without_redis_writes_nothing_late(fleet: Fleet, store: Store, second: Second) -> None:
    """Its line hangs for longer than a lease; then all that it had sent comes through."""
    with Proxy(int(fleet.env["VALKEY_PORT"])) as line:
        engine = await second(REDIS_URL=line.url(scheme="redis"))
        here = await crowd(fleet, store)
        # Beside rooms by turns the logs are read apart from the passes, so it is a commit that hangs, and comes late.
        await asyncio.gather(*(open_room(store, "tictactoe", player(f"T{number}")) for number in range(2 * SHARDS)))
        line.lag(3600)
        await here.on(2 * LEASE_S)
        line.lag(0)
        await shared(store, SHARDS // 2, SHARDS // 2)
        await here.on()
        longest, heard = await here.end()
        print(f"longest time without a frame: {longest:.0f} ms")
        assert longest <= TAKEN_MS
        assert heard == []
        assert "is dropped until it can be loaded again" in engine.output
        engine.kill()
