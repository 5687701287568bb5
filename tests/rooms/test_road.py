"""The whole road with real processes: two web processes, an engine, a real Valkey, and players who are real sockets."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Origin

from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Player
from rooms.passes import sign_bot_pass
from rooms.protocol import codec
from rooms.store import Store
from tests.support.fleet import Fleet
from tests.support.sockets import (
    MSGPACK_NAME,
    browser,
    connect,
    ended,
    enter,
    hang_up_all,
    hear,
    open_room,
    opened,
    player,
    say,
)

SHARDS = 16


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """One for all tests here; a test that hurts a process adds one of its own."""
    env = {"HOLDFAST_WEB_TTL_MS": "1500", "HOLDFAST_MAX_SOCKETS_PER_ADDRESS": "100"}
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])), env) as ours:
        yield ours.start(web=2, engines=1, lobby=0)


@pytest.fixture
async def store(fleet: Fleet) -> AsyncIterator[Store]:
    ours = Store(fleet.valkey.url, SHARDS)
    yield ours
    fleet.valkey.resume()
    await hang_up_all()
    await ours.aclose()


async def table(fleet: Fleet, store: Store) -> tuple[RoomId, Any, Any, dict[str, Any]]:
    """Noughts and crosses between Ann on the first web process and Bob on the second, just begun."""
    ann, bob = player("Ann"), player("Bob")
    room = await open_room(store, "tictactoe", ann, first="first")
    one, _ = await enter(fleet.web[0], room, ann)
    two, _ = await enter(fleet.web[1], room, bob)
    await say(two, "ready", seq=1)
    await hear(one, "frame", acks=[0, 1])
    await say(one, "start", seq=1)
    await hear(one, "event", kind="started")
    started = await hear(two, "event", kind="started")
    return room, one, two, started


# -- the road


async def test_two_players_on_two_web_processes_play_to_the_end(fleet: Fleet, store: Store) -> None:
    _, one, two, _ = await table(fleet, store)
    for seq, cell in ((2, 0), (3, 1)):
        await say(one, "move", seq=seq, move={"cell": cell})
        await hear(two, "frame", acks=[seq, seq - 1])
        await say(two, "move", seq=seq, move={"cell": cell + 3})
        await hear(one, "frame", acks=[seq, seq])
    await say(one, "move", seq=4, move={"cell": 2})
    over = await hear(two, "event", kind="over")
    assert [place["name"] for place in over["body"]["places"]] == ["Ann", "Bob"]


async def test_the_same_move_sent_twice_counts_once(fleet: Fleet, store: Store) -> None:
    _, one, two, _ = await table(fleet, store)
    for _ in range(3):
        await say(one, "move", seq=2, move={"cell": 0})
    frame = await hear(one, "frame", acks=[2, 1])
    assert frame
    await say(one, "ping", n=1)
    await hear(one, "pong")
    await say(two, "move", seq=2, move={"cell": 4})
    await hear(one, "frame", acks=[2, 2])


async def test_a_client_that_returns_gets_exactly_what_it_missed(fleet: Fleet, store: Store) -> None:
    ann, bob = player("Ann"), player("Bob")
    room = await open_room(store, "tictactoe", ann)
    one, welcome = await enter(fleet.web[0], room, ann)
    two, _ = await enter(fleet.web[1], room, bob)
    joined = await hear(one, "event", kind="joined")
    await one.close()
    for seq, text in enumerate(("one", "two", "three"), start=1):
        await say(two, "chat", seq=seq, text=text)
    await hear(two, "event", kind="chat", body={**{"player": bob.id, "name": "Bob", "seat": 1}, "text": "three"})
    where = {"incarnation": welcome["incarnation"], "offset": joined["offset"]}
    one, again = await enter(fleet.web[1], room, ann, **where)
    assert again["recovered"] is True
    assert [e["body"]["text"] for e in again["events"] if e["kind"] == "chat"] == ["one", "two", "three"]
    assert [e["offset"] for e in again["events"]] == sorted({e["offset"] for e in again["events"]})
    assert again["events"][0]["offset"] > joined["offset"]
    assert again["you"]["seat"] == 0
    await one.close()
    one, other = await enter(fleet.web[0], room, ann, incarnation="another", offset=1)
    assert other["recovered"] is False


async def test_emotes_cross_web_processes_and_skip_the_sender(fleet: Fleet, store: Store) -> None:
    _, one, two, _ = await table(fleet, store)
    for _ in range(20):  # memberships of the group come to stand a moment after the welcome
        await say(one, "relay", kind="emote", body={"emote": "wave"})
        try:
            relay = await hear(two, "relay", 0.3)
            break
        except TimeoutError:
            continue
    else:
        pytest.fail("no relay arrived")
    assert relay == {"t": "relay", "seat": 0, "kind": "emote", "body": {"emote": "wave"}}
    await say(one, "ping", n=9)
    async with asyncio.timeout(5):
        while b'"pong"' not in (raw := await one.recv(decode=False)):
            assert b'"relay"' not in raw


async def test_msgpack_says_the_same(fleet: Fleet, store: Store) -> None:
    ann = player("Ann")
    room = await open_room(store, "tictactoe", ann)
    one = await connect(fleet.web[0], room, ann, subprotocols=[MSGPACK_NAME])
    await one.send(codec.dump({"t": "hello"}, 1))
    welcome = codec.parse_server(await one.recv(), 1)
    _, same = await enter(fleet.web[1], room, player("Bob"))
    assert getattr(welcome, "room", None) == same["room"] == room


async def test_the_same_player_elsewhere_replaces_the_first(fleet: Fleet, store: Store) -> None:
    ann = player("Ann")
    room = await open_room(store, "tictactoe", ann)
    one, _ = await enter(fleet.web[0], room, ann)
    await enter(fleet.web[1], room, ann)
    goodbye, code, _ = await ended(one)
    assert code == 4501
    assert goodbye == {"t": "goodbye", "code": 4501, "reason": goodbye and goodbye["reason"], "reconnect": False}


async def test_a_frame_stream_of_a_ticking_game_is_whole_and_in_order(fleet: Fleet, store: Store) -> None:
    ann = player("Ann")
    room = await open_room(store, "arena", ann, size=1)
    one, welcome = await enter(fleet.web[0], room, ann)
    await say(one, "start", seq=1)
    last = welcome["tick"]
    ticks: list[int] = []
    async with asyncio.timeout(20):
        while len(ticks) < 60:
            message = await hear(one, "frame")
            assert message["tick"] > last
            assert message["whole"]["room"]["phase"] in ("waiting", "playing")
            last = message["tick"]
            ticks.append(last)


async def test_the_live_list_comes_over_our_sockets(fleet: Fleet, store: Store) -> None:
    web = fleet.web[0]
    room = await open_room(store, "tictactoe", player("Ann"))
    socket = await opened(web.url("/ws/lobby/", "ws"), **browser(web, player("Bob")))
    listed = await hear(socket, "rooms")
    assert room in [row["room"] for row in listed["rooms"]]
    await socket.send("x")
    assert (await ended(socket))[1] == 4500


# -- the door


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://evil.example", 403),
        ("null", 403),
        (None, 403),
        ("http://127.0.0.1:1", 403),
        ("https://{host}", 403),
        ("http://{host}/", 101),
        ("http://{host}", 101),
    ],
)
async def test_only_our_own_pages_may_open_a_socket(
    fleet: Fleet, store: Store, origin: str | None, status: int
) -> None:
    ann = player("Ann")
    room = await open_room(store, "tictactoe", ann)
    web = fleet.web[0]
    named = origin.format(host=f"{web.host}:{web.port}") if origin else None
    options = {**browser(web, ann), "origin": named}
    url = web.url(f"/ws/rooms/{room}/", "ws")
    if named is not None and status == 101 and named.endswith("/"):
        status = 403  # an origin has no path: what has one was not made by a browser
    if status == 101:
        async with websockets.connect(url, **options):
            return
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(url, **options)
    assert refused.value.response.status_code == status


async def test_a_foreign_host_name_that_leads_here_is_not_ours(fleet: Fleet) -> None:
    web = fleet.web[0]
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(
            f"ws://rebound.example:{web.port}/ws/lobby/",
            host="127.0.0.1",
            origin=Origin(f"http://rebound.example:{web.port}"),
        )
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("path", ["/ws/", "/ws/nowhere/", "/ws/token/nowhere/", "/ws/rooms/x/y/", "/elsewhere"])
async def test_unknown_paths_are_404(fleet: Fleet, path: str) -> None:
    web = fleet.web[0]
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(web.url(path, "ws"), **browser(web, player("Ann")))
    assert refused.value.response.status_code == 404
    assert "Traceback" not in web.process.output


async def test_strangers_and_unknown_rooms_are_told_so(fleet: Fleet, store: Store) -> None:
    room = await open_room(store, "tictactoe", player("Host"))
    goodbye, code, _ = await ended(await connect(fleet.web[0], room, None))
    assert goodbye is not None
    assert (code, goodbye["reconnect"]) == (4508, False)
    nowhere = await connect(fleet.web[0], "A" * 22, player("Ann"))
    await say(nowhere, "hello")
    goodbye, code, reason = await ended(nowhere)
    assert goodbye is not None
    assert (code, goodbye["reason"]) == (4504, reason)


async def test_programs_come_by_token_without_an_origin(fleet: Fleet, store: Store) -> None:
    host = player("Ann")
    room = await open_room(store, "tictactoe", host)
    one, _ = await enter(fleet.web[0], room, host)
    await say(one, "bot", seq=1, strength="easy")
    joined = await hear(one, "event", kind="joined")
    seat = joined["body"]["seat"]
    frame = await hear(one, "frame")
    seats = frame["whole"]["room"]["seats"]
    if not seats or not seats[seat]:
        await say(one, "resync", offset=0)
        seats = (await hear(one, "welcome"))["whole"]["room"]["seats"]
    bot = Player(PlayerId(seats[seat]["player"]), seats[seat]["name"], "bot")
    url = fleet.web[1].url(f"/ws/token/rooms/{room}/", "ws")
    headers = {"Authorization": f"Bearer {sign_bot_pass(bot, room)}"}
    two = await opened(url, additional_headers=headers)
    await say(two, "hello", want="play")
    assert (await hear(two, "welcome"))["you"]["seat"] == seat
    forged = await opened(url, additional_headers={"Authorization": "Bearer hfbot-forged"})
    assert (await ended(forged))[1] == 4508


async def test_one_address_has_only_so_many_sockets(fleet: Fleet, store: Store) -> None:
    host = player("Ann")
    room = await open_room(store, "tictactoe", host)
    sockets = [await connect(fleet.web[0], room, host) for _ in range(100)]
    goodbye, code, _ = await ended(await connect(fleet.web[0], room, host))
    assert goodbye is not None
    assert (code, goodbye["reconnect"]) == (4413, True)
    await asyncio.gather(*(socket.close() for socket in sockets))
    await enter(fleet.web[0], room, host)


# -- on the wire


@pytest.mark.parametrize("message", ["x" * 5000, b"x" * 5000, ["x" * 3000] * 2])
async def test_too_big_is_1009(fleet: Fleet, store: Store, message: Any) -> None:
    ann = player("Ann")
    one, _ = await enter(fleet.web[0], await open_room(store, "tictactoe", ann), ann)
    await one.send(message)
    assert (await ended(one))[1] == 1009


async def test_a_flood_is_ended_with_a_goodbye(fleet: Fleet, store: Store) -> None:
    ann = player("Ann")
    one, _ = await enter(fleet.web[0], await open_room(store, "tictactoe", ann), ann)
    for n in range(1000):
        try:
            await say(one, "ping", n=n)
        except websockets.ConnectionClosed:
            break
    goodbye, code, _ = await ended(one)
    assert goodbye is not None
    assert (code, goodbye["code"], goodbye["reconnect"]) == (4408, 4408, True)


# -- processes that stop, die, freeze


async def test_a_web_process_that_is_told_to_end_says_1012_and_leaves_nobody_behind(fleet: Fleet, store: Store) -> None:
    web = fleet.add_web()
    await asyncio.to_thread(fleet.wait_until_ready)
    ann, bob = player("Ann"), player("Bob")
    room = await open_room(store, "tictactoe", ann)
    one, welcome = await enter(web, room, ann)
    two, _ = await enter(fleet.web[0], room, bob)
    watchers = [player(f"Cat {n}") for n in range(10)]
    watching = [(await enter(web, room, who, want="watch"))[0] for who in watchers]

    async def move_on(old: ClientConnection, who: Player) -> float:
        assert (await ended(old))[1] == 1012
        await asyncio.sleep(0.25)  # the longest that a client waits before it connects again
        await enter(fleet.web[0], room, who, want="watch")
        return time.monotonic() - told

    told = time.monotonic()
    web.process.send(signal.SIGTERM)
    times = await asyncio.gather(*map(move_on, watching, watchers))
    assert max(times) <= 1.0, times
    goodbye, code, _ = await ended(one)
    assert goodbye is not None
    assert (code, goodbye["code"], goodbye["reconnect"]) == (1012, 1012, True)
    assert await asyncio.to_thread(web.process.wait, 15) == 0
    fleet.web.remove(web)
    await hear(two, "event", kind="away")
    one, again = await enter(fleet.web[0], room, ann, incarnation=welcome["incarnation"], offset=welcome["offset"])
    assert (again["you"]["seat"], again["recovered"]) == (0, True)


async def test_a_web_process_that_froze_brings_its_sockets_back(fleet: Fleet, store: Store) -> None:
    web = fleet.add_web()
    await asyncio.to_thread(fleet.wait_until_ready)
    ann, bob = player("Ann"), player("Bob")
    room = await open_room(store, "tictactoe", ann)
    one, _ = await enter(web, room, ann)
    two, _ = await enter(fleet.web[0], room, bob)
    web.process.send(signal.SIGSTOP)
    await hear(two, "event", 15, kind="away")
    web.process.send(signal.SIGCONT)
    await hear(two, "event", 15, kind="back")
    assert (await hear(one, "welcome", 15))["you"]["seat"] == 0
    await say(one, "chat", seq=1, text="here again")
    chat = await hear(two, "event", kind="chat")
    assert chat["body"]["text"] == "here again"
    web.process.kill()
    fleet.web.remove(web)


async def test_a_frozen_redis_costs_no_socket_and_no_move(fleet: Fleet, store: Store) -> None:
    _, one, two, _ = await table(fleet, store)
    fleet.valkey.pause()
    await say(one, "move", seq=2, move={"cell": 8})
    await hear(one, "status", 15, state="degraded")
    fleet.valkey.resume()
    await hear(one, "status", 15, state="ok")
    await hear(two, "frame", 15)
    await say(two, "resync", offset=0)
    whole = (await hear(two, "welcome", 15))["whole"]
    assert whole["game"]["cells"][8] == 0
    await say(two, "move", seq=2, move={"cell": 4})
    await say(one, "resync", offset=0)
    assert (await hear(one, "welcome", 15))["seq"] == 2
