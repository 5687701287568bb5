"""One application under two servers and with everything in one process: nothing but speed may depend on which."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from gameserver.transport.roads import ROADS
from rooms.store import Store
from tests.support.fleet import Fleet, Web
from tests.support.processes import Process, wait_for
from tests.support.sockets import browser, connect, ended, enter, hang_up_all, hear, open_room, player, say

SHARDS = 16


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """Valkey, tables and an engine; each test starts its web process."""
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))) as ours:
        yield ours.start(web=0, engines=1, lobby=0)


@pytest.fixture
async def store(fleet: Fleet) -> AsyncIterator[Store]:
    ours = Store(fleet.valkey.url, SHARDS)
    yield ours
    await hang_up_all()
    await ours.aclose()


def serve(fleet: Fleet, *words: str, **env: str) -> Web:
    """A web process with these options, answering."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    number, port = listening.fileno(), listening.getsockname()[1]
    process = Process.manage(
        "web", "runweb", "--fd", str(number), *words, env={**fleet.env, **env}, inherited=(number,)
    )
    listening.close()
    web = Web(process, "127.0.0.1", port)
    wait_for(lambda: web.answers() or not process.running, 30, f"it answers: {process.output}")
    assert process.running, process.output
    return web


@pytest.fixture(params=["picows", "daphne", "uvicorn"], scope="module")
def web(request: pytest.FixtureRequest, fleet: Fleet) -> Iterator[Web]:
    """The same process under each server, and Daphne on both roads."""
    if request.param == "uvicorn":
        ours = serve(fleet, "--server", "uvicorn")
    else:
        ours = serve(fleet, HOLDFAST_WEBSOCKETS=request.param)
    yield ours
    ours.process.kill()


async def test_a_room_is_played_and_closes_as_it_should_everywhere(web: Web, store: Store) -> None:
    ann, bob = player("Ann"), player("Bob")
    room = await open_room(store, "tictactoe", ann, first="first")
    one, welcome = await enter(web, room, ann)
    two, _ = await enter(web, room, bob)
    await say(two, "ready", seq=1)
    await hear(one, "frame", acks=[0, 1])
    await say(one, "start", seq=1)
    await say(one, "move", seq=2, move={"cell": 4})
    await hear(two, "frame", acks=[2, 1])
    await say(one, "relay", kind="emote", body={"emote": "gg"})
    await hear(two, "relay")
    await say(two, "ping", n=1)
    await hear(two, "pong", n=1)
    await two.send("nonsense")
    goodbye, code, reason = await ended(two)
    assert goodbye is not None
    assert (code, goodbye["reason"]) == (4500, reason)
    await hear(one, "event", kind="away")
    await one.close()
    _, again = await enter(web, room, ann, incarnation=welcome["incarnation"], offset=welcome["offset"])
    assert (again["seq"], again["recovered"]) == (2, True)


async def test_too_big_is_1009_everywhere(web: Web, store: Store) -> None:
    ann = player("Ann")
    one, _ = await enter(web, await open_room(store, "tictactoe", ann), ann)
    await one.send("x" * 5000)
    assert (await ended(one))[1] == 1009


async def test_the_door_is_the_same_everywhere(web: Web, store: Store) -> None:
    ann = player("Ann")
    room = await open_room(store, "tictactoe", ann)
    for path, origin, status in (
        (f"/ws/rooms/{room}/", "http://evil.example", 403),
        ("/ws/nowhere/", web.url("").rstrip("/"), 404),
    ):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(web.url(path, "ws"), **{**browser(web, ann), "origin": origin})
        assert refused.value.response.status_code == status
    assert (await ended(await connect(web, room, None)))[1] == 4508
    assert "Traceback" not in web.process.output


@pytest.mark.parametrize("road", ROADS)
async def test_an_address_from_a_proxy_counts_only_where_the_operator_says_so(
    fleet: Fleet, store: Store, road: str
) -> None:
    ann = player("Ann")
    room = await open_room(store, "tictactoe", ann)
    trusting = {
        "HOLDFAST_ADDRESS_HEADER": "X-Real-IP",
        "HOLDFAST_MAX_SOCKETS_PER_ADDRESS": "1",
        "HOLDFAST_WEBSOCKETS": road,
    }
    web = await asyncio.to_thread(serve, fleet, **trusting)

    async def arrive(address: str) -> ClientConnection:
        headers = {**browser(web, ann)["additional_headers"], "X-Real-IP": address}
        return await connect(web, room, ann, additional_headers=headers)

    first = await arrive("10.0.0.1")
    await say(await arrive("10.0.0.2"), "hello")
    assert (await ended(await arrive("10.0.0.1")))[1] == 4413
    await first.close()
    await say(again := await arrive("10.0.0.1"), "hello")
    await hear(again, "welcome")
    web.process.kill()


async def test_uvicorn_too_ends_with_1012_a_goodbye_and_exit_code_0(fleet: Fleet, store: Store) -> None:
    web = await asyncio.to_thread(serve, fleet, "--server", "uvicorn")
    ann = player("Ann")
    one, _ = await enter(web, await open_room(store, "tictactoe", ann), ann)
    web.process.send(signal.SIGTERM)
    goodbye, code, _ = await ended(one, 10)
    assert goodbye is not None
    assert (goodbye["code"], code) == (1012, 1012)
    assert await asyncio.to_thread(web.process.wait, 15) == 0
    assert "Traceback" not in web.process.output
    web.process.kill()  # it has ended: only its pipe is still open


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
async def test_one_process_runs_everything_over_the_memory_layer(server: str) -> None:
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])), {"HOLDFAST_CHANNEL_LAYER": "memory"}) as fleet:
        await asyncio.to_thread(fleet.start, web=0, engines=0, lobby=0)
        web = await asyncio.to_thread(serve, fleet, "--single", "--server", server)
        store = Store(fleet.valkey.url, SHARDS)
        ann, bob = player("Ann"), player("Bob")
        room = await open_room(store, "tictactoe", ann, first="first")
        one, _ = await enter(web, room, ann)
        two, _ = await enter(web, room, bob, want="watch")
        await say(one, "bot", seq=1, strength="easy")
        await hear(one, "event", kind="joined")
        await say(one, "relay", kind="emote", body={"emote": "gg"})
        await hear(two, "relay")
        await say(one, "start", seq=2)
        await hear(one, "event", kind="started")
        await say(one, "move", seq=3, move={"cell": 4})
        async with asyncio.timeout(20):  # the bot, a WebSocket like any other, answers the move
            while (await hear(one, "frame", 20)).get("acks", [0, 0])[1] < 1:
                pass
        assert await asyncio.to_thread(web.process.stop, 20) == 0, web.process.output
        assert (await ended(one))[1] == 1012
        assert "Traceback" not in web.process.output
        await hang_up_all()
        await store.aclose()
        web.process.kill()
