"""`manage.py play` under players: its only engine is killed, and all of its processes are replaced by new ones."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rooms.bots.client import RoomClient
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Player
from rooms.store import Store
from tests.support.fleet import Web
from tests.support.player import guest
from tests.support.processes import Process
from tests.support.pursuer import pursue
from tests.support.sockets import hang_up_all, open_room, player
from tests.support.waiting import until

SHARDS = 16
TAKEN_MS = 2000
"""The longest a player may wait for a frame when the only engine dies."""
PLAYERS = 6


@pytest.fixture
def folder() -> Path:
    """Not pytest's own: its path is too long for a unix socket on some machines."""
    return Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))


def started(folder: Path, *words: str) -> Process:
    """`play`, once it says that it is ready."""
    unset = {"REDIS_URL": "", "DATABASE_URL": "", "HOLDFAST_CHANNEL_LAYER": "", "HOLDFAST_VAR": str(folder)}
    process = Process.manage("play", "play", "--port", free_port(), "--bots", "0", *words, env=unset)
    process.wait_for_output("Holdfast is ready: http://", seconds=180)
    return process


def free_port() -> str:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as found:
        return str(found.getsockname()[1])


def site_of(play: Process) -> str:
    return re.findall(r"ready: (\S+)", play.output)[0]


def children(play: Process, word: str) -> set[int]:
    """Its living processes with this word in their command line."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == play.pid and word in (folder / "cmdline").read_text():
                found.add(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


@pytest.fixture
def play(folder: Path, request: pytest.FixtureRequest) -> Iterator[Process]:
    process = started(folder, *request.param)
    yield process
    if process.running:
        process.stop(30)
    process.kill()


@pytest.fixture
async def store(play: Process, folder: Path) -> AsyncIterator[Store]:
    ours = Store(f"unix://{folder / 'valkey' / 'valkey.sock'}", SHARDS)
    yield ours
    await hang_up_all()
    await ours.aclose()


@pytest.mark.parametrize("play", [()], indirect=True)
async def test_the_only_engine_is_killed_and_play_goes_on(play: Process, store: Store) -> None:
    """Its successor is not held up by the leases of the dead one."""
    url = urlsplit(site_of(play))
    ann = player("Ann")
    room = await open_room(store, "arena", ann, seconds=900)
    pursuer = await pursue(Web(play, "127.0.0.1", url.port or 0), room, ann)
    longest = []
    for _ in range(2):
        await until(lambda: pursuer.acked > 1 and len(pursuer.frames) > 10, 10, "the match runs")
        since, tick = asyncio.get_running_loop().time(), pursuer.tick
        (engine,) = children(play, "runengine")
        os.kill(engine, signal.SIGKILL)
        sent = pursuer.sent
        await until(lambda tick=tick, sent=sent: pursuer.tick > tick + 30 and pursuer.acked >= sent, 15)  # type: ignore[misc]
        longest.append(round(pursuer.longest_ms(since)))
    print(f"longest times without a frame: {longest} ms")
    await pursuer.leave()
    assert max(longest) <= TAKEN_MS


@pytest.mark.parametrize("play", [("--web", "2", "--engines", "2")], indirect=True)
async def test_every_process_is_replaced_while_people_play(play: Process, store: Store) -> None:
    """No room is dropped, no seat is lost, every input counts once, and there is no hole in what is told."""
    old = children(play, "manage.py")
    site = site_of(play)
    over = asyncio.Event()
    hosts = [Player(PlayerId(f"g-{n}"), f"{n}") for n in range(PLAYERS)]
    rooms = [await open_room(store, "arena", host, seconds=900) for host in hosts]
    clients = [guest(site, room, host.name) for host, room in zip(hosts, rooms, strict=True)]
    playing = [asyncio.create_task(steer(client, over)) for client in clients]
    await asyncio.sleep(1)
    play.send(signal.SIGHUP)
    await asyncio.to_thread(play.wait_for_output, "all processes are replaced", 90)
    await asyncio.sleep(1)
    over.set()
    moved = await asyncio.wait_for(asyncio.gather(*playing), 30)
    print(f"moves: {moved}, connections: {[client.connects for client in clients]}")
    assert not old & children(play, "manage.py")
    assert len(children(play, "manage.py")) == len(old)
    assert min(moved) > 30
    assert [client.holes for client in clients] == [0] * PLAYERS
    assert {client.connects for client in clients} <= {2, 3}, "each web process said goodbye once"
    assert all([await store.card(RoomId(room)) is not None for room in rooms])
    assert "Traceback" not in play.output


async def steer(client: RoomClient, over: asyncio.Event) -> int:
    """Play until it is over; how many moves counted. Each must, or this raises."""
    moves = 0
    async with client:
        await client.start()
        while not over.is_set():
            await client.move({"thrust": 1, "turn": moves % 2, "fire": 0})
            moves += 1
            await asyncio.sleep(0.1)
    return moves
