"""The same road however it is served: by Daphne with picows or without, by plain uvicorn, by one process alone.

No browser: what is shown is that the protocol, and with it every client, does not notice which of them it is.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import redis

from rooms.bots.api import Api
from rooms.bots.client import RoomClient
from rooms.protocol.server import Relayed
from tests.e2e.conftest import apart
from tests.support.fleet import Fleet
from tests.support.player import guest, play_match, program, token_of, until_view
from tests.support.proxy import Proxy


class Road(NamedTuple):
    """How the web process is started, what it calls itself, where group messages pass, what carries WebSockets."""

    words: tuple[str, ...]
    server: str
    single: bool = False
    websockets: str = "picows"


ROADS = {
    "picows": Road((), "holdfast"),
    "daphne": Road((), "holdfast", websockets="daphne"),
    "uvicorn": Road(("--server", "uvicorn"), "uvicorn"),
    "single": Road(("--single",), "holdfast", single=True),
    "single-uvicorn": Road(("--single", "--server", "uvicorn"), "uvicorn", single=True),
}


@pytest.fixture(scope="module", params=list(ROADS.values()), ids=list(ROADS))
def road(request: pytest.FixtureRequest) -> Iterator[tuple[Road, Fleet]]:
    """The processes of one road: one web process does everything, or it has an engine, a worker and bots beside it."""
    chosen: Road = request.param
    layer = "memory" if chosen.single else "redis"
    env = {"HOLDFAST_CHANNEL_LAYER": layer, "HOLDFAST_WEBSOCKETS": chosen.websockets}
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])), env) as fleet:
        others = 0 if chosen.single else 1
        fleet.start(web=0, engines=others, lobby=others)
        fleet.add_web(*chosen.words)
        fleet.wait_until_ready()
        if not chosen.single:
            fleet.add_bots()
        yield chosen, fleet


def test_the_whole_road(road: tuple[Road, Fleet]) -> None:
    chosen, fleet = road
    with urllib.request.urlopen(fleet.web[0].url("/"), timeout=10) as page:
        assert page.headers["Server"] == chosen.server
        assert "Noughts and crosses" in page.read().decode()
    with Proxy(fleet.web[0].port) as proxy:
        channels = apart(from_opening_to_result(fleet, proxy))
    assert bool(channels) is not chosen.single
    assert "Traceback" not in fleet.output()


def layer_channels(fleet: Fleet) -> list[bytes]:
    """What the channel layer is subscribed to in Redis: nothing, where it is one process's memory."""
    with redis.Redis.from_url(fleet.valkey.url) as client:
        return [name for name in client.pubsub_channels() if b"hf-layer" in name]


async def from_opening_to_result(fleet: Fleet, proxy: Proxy) -> list[bytes]:
    """Ann opens a room, Cleo watches; they talk; Ann's line is cut in the match, and she plays on.

    Returns the channels of the layer at the end.
    """
    site = fleet.web[0].url("")
    token = await asyncio.to_thread(token_of, fleet, "Ann")
    room = (await Api(site, token).open("tictactoe"))["room"]
    async with (
        program(proxy.url(), room, token, wire="msgpack") as ann,
        guest(site, room, "Cleo", want="watch") as cleo,
    ):
        assert (ann.seat, cleo.seat) == (0, None)
        await ann.add_bot("hard")
        await ann.chat("hello")
        assert await heard(cleo, "hello") == "Ann"
        assert await emote_of(ann, cleo) == Relayed(0, "emote", {"emote": "wave"})
        await ann.start()
        await until_view(cleo, lambda view: view.phase == "playing")
        await asyncio.to_thread(proxy.cut)
        await until_view(cleo, lambda view: not view.room["seats"][0]["here"])
        await asyncio.to_thread(proxy.mend)
        outcome = await play_match(ann)
        assert (ann.connects, ann.holes, ann.seat) == (2, 0, 0)
        assert len(outcome["places"]) == 2
        assert (await until_view(cleo, lambda view: view.phase == "finished")).room["outcome"] == outcome
        return layer_channels(fleet)


async def heard(client: RoomClient, text: str) -> str:
    """Who said it."""
    async with asyncio.timeout(10):
        async for event in client.events():
            body: Any = event.body
            if event.kind == "chat" and body["text"] == text:
                return str(body["name"])
    raise AssertionError(f"nobody said {text!r}")


async def emote_of(sender: RoomClient, hearer: RoomClient) -> Relayed:
    """Send one until it is heard: a group's members come to stand a moment after the welcome."""
    relays = hearer.relays()
    for _ in range(40):
        sender.relay("emote", {"emote": "wave"})
        try:
            async with asyncio.timeout(0.5):
                return await anext(relays)
        except TimeoutError:
            relays = hearer.relays()
    raise AssertionError("no emote arrived")
