"""rooms/bots/client.py against a server played by hand, over real sockets and both wires."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from rooms.bots.client import RoomClient
from rooms.bots.errors import Ended, Forgotten, OutboxFull, Refused
from rooms.bots.link import Means
from rooms.bots.outbox import LIMIT
from rooms.protocol import client as say
from rooms.protocol.closing import Close
from rooms.protocol.codec import parse_part
from rooms.protocol.server import Ack, Delta, Goodbye, Pong, Reject, Relayed, Status
from tests.rooms.bots.script import ScriptedServer, Visit, delta, event, frame, until, welcome, whole

AT_ONCE = Means(random=lambda: 0.0)
Wire = Literal["json", "msgpack"]
TOP = Path(__file__).resolve().parents[3]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with asyncio.timeout(20), ScriptedServer() as server:
        yield server


def client_of(server: ScriptedServer, **options: Any) -> RoomClient:
    return RoomClient(server.url, means=AT_ONCE, **options)


async def enter(room: RoomClient, server: ScriptedServer, **changes: Any) -> Visit:
    """Let the client in; the test leaves it with `close`."""
    entering = asyncio.ensure_future(room.__aenter__())
    visit = await server.welcome(**changes)
    await entering
    return visit


def moved(message: say.Move, visit: Visit) -> Any:
    return parse_part(message.move, Any, visit.wire)


# -- coming in


@pytest.mark.parametrize("wire", ["json", "msgpack"])
async def test_hello_welcome_frame_and_move_on_both_wires(server: ScriptedServer, wire: Wire) -> None:
    room = client_of(server, wire=wire, want="play")
    entering = asyncio.ensure_future(room.__aenter__())
    visit = await server.visit()
    assert await visit.hear(say.Hello) == say.Hello("play")
    await visit.tell(welcome())
    await entering
    assert (room.seat, room.view.game, room.state) == (0, {"n": 0}, "live")

    moving = asyncio.create_task(room.move({"cell": 4}))
    message = await visit.hear(say.Move)
    assert (message.seq, moved(message, visit)) == (1, {"cell": 4})
    assert not moving.done()
    await visit.tell(frame(2, ack=1))
    await moving
    assert room.view.game == {"n": 2}
    await room.close()


async def test_a_struct_is_a_move_too(server: ScriptedServer) -> None:
    class Cell(msgspec.Struct):
        cell: int

    room = client_of(server)
    visit = await enter(room, server)
    assert room.send(Cell(3)) == 1
    assert moved(await visit.hear(say.Move), visit) == {"cell": 3}
    await room.close()


async def test_the_token_goes_with_each_connection_and_may_be_a_fresh_one(server: ScriptedServer) -> None:
    tokens = iter(["one", "two"])
    room = client_of(server, token=lambda: next(tokens), headers={"X-Why": "test"})
    first = await enter(room, server)
    assert (first.headers["Authorization"], first.headers["X-Why"]) == ("Bearer one", "test")

    await first.cut()
    assert (await server.welcome()).headers["Authorization"] == "Bearer two"
    await room.close()


async def test_a_refusal_for_good_is_raised_on_entering(server: ScriptedServer) -> None:
    room = client_of(server)
    entering = asyncio.ensure_future(room.__aenter__())
    visit = await server.visit()
    await visit.hear(say.Hello)
    await visit.tell(Goodbye(Close.ROOM_FULL, "All seats are taken.", False))

    with pytest.raises(Ended) as caught:
        await entering
    assert (caught.value.code, caught.value.reason) == (Close.ROOM_FULL, "All seats are taken.")
    assert room.state == "ended"


@pytest.mark.parametrize(("status", "code"), [(403, Close.FORBIDDEN), (404, Close.NOT_FOUND)])
async def test_a_refused_handshake_is_final(status: int, code: int) -> None:
    async with ScriptedServer(status=status) as server:
        with pytest.raises(Ended) as caught:
            async with asyncio.timeout(5), client_of(server):
                pass
    assert caught.value.code == code


async def test_a_busy_server_is_tried_again() -> None:
    async with ScriptedServer(status=503) as server:
        room = client_of(server)
        entering = asyncio.ensure_future(room.__aenter__())
        await asyncio.sleep(0.05)
        assert not entering.done()
        server.status = None
        await server.welcome()
        await asyncio.wait_for(entering, 5)
        await room.close()


async def test_giving_up_while_entering_leaves_nothing_behind(server: ScriptedServer) -> None:
    room = client_of(server)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), room:
            pass
    assert room.ended is not None
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "room client"]


async def test_a_mistake_of_the_clients_own_ends_it_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def no_token() -> str:
        raise ZeroDivisionError

    with pytest.raises(Ended, match="ZeroDivisionError"):
        async with RoomClient("ws://127.0.0.1:1/", token=no_token):
            pass
    assert "mistake of its own" in caplog.text


# -- answers


async def test_a_refused_move_says_why_and_what_would_do(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    moving = asyncio.create_task(room.move({"cell": 4}))
    await visit.hear(say.Move)
    await visit.tell(Reject(1, "taken", "That cell is taken.", ({"cell": 5},)))

    with pytest.raises(Refused) as caught:
        await moving
    no = caught.value
    assert (no.code, no.message, no.legal) == ("taken", "That cell is taken.", ({"cell": 5},))
    await room.close()


async def test_a_frames_ack_does_not_count_what_was_refused_before_it(server: ScriptedServer) -> None:
    """A frame's ack covers refused inputs too; the refusals come first (docs/protocol.md)."""
    room = client_of(server)
    visit = await enter(room, server)
    first = asyncio.create_task(room.move({"cell": 4}))
    second = asyncio.create_task(room.move({"cell": 5}))
    await visit.hear(say.Move)
    await visit.hear(say.Move)
    await visit.tell(Reject(1, "taken", "That cell is taken."), Reject(2, "not_your_turn", "Wait."))
    await visit.tell(frame(2, ack=2))

    for moving, code in ((first, "taken"), (second, "not_your_turn")):
        with pytest.raises(Refused) as caught:
            await moving
        assert caught.value.code == code
    await room.close()


async def test_a_spectators_input_is_answered_by_an_ack(server: ScriptedServer) -> None:
    room = client_of(server, want="watch")
    visit = await enter(room, server, whole=whole(seats=[None, None]))
    assert room.seat is None
    chatting = asyncio.create_task(room.chat("hello"))
    assert await visit.hear(say.Chat) == say.Chat(1, "hello")
    await visit.tell(Ack(1))
    await chatting
    await room.close()


async def test_every_command_is_said_in_its_own_words(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    commands = [
        (room.ready(), say.Ready(1)), (room.start(), say.Start(2)), (room.rematch(), say.Rematch(3)),
        (room.sit(1), say.Sit(4, 1)), (room.stand(), say.Stand(5)), (room.kick(1), say.Kick(6, 1)),
        (room.hand_over(1), say.Host(7, 1)), (room.add_bot("easy"), say.Bot(8, "easy")),
    ]  # fmt: skip
    for seq, (asking, expected) in enumerate(commands, start=1):
        asked = asyncio.ensure_future(asking)
        assert await visit.hear(type(expected)) == expected
        await visit.tell(frame(seq + 1, ack=seq))
        await asked
    await room.close()


@pytest.mark.parametrize(("ready", "code", "raised"), [
    (True, "not_waiting", False), (False, "not_waiting", True), (True, "not_seated", True),
])  # fmt: skip
async def test_being_ready_for_a_match_that_began_meanwhile_is_no_trouble(
    server: ScriptedServer, ready: bool, code: str, raised: bool
) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    asking = asyncio.create_task(room.ready(ready))
    await visit.hear(say.Ready)
    await visit.tell(Reject(1, code, "No."))
    await asyncio.wait([asking])
    assert isinstance(asking.exception(), Refused) is raised
    await room.close()


async def test_the_outbox_is_bounded(server: ScriptedServer) -> None:
    room = client_of(server)
    await enter(room, server)
    for _ in range(LIMIT):
        room.send({"cell": 1})
    with pytest.raises(OutboxFull):
        room.send({"cell": 1})
    await room.close()


# -- losing the connection


async def test_it_comes_back_resumes_and_sends_again_what_was_not_answered(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    moves = [asyncio.create_task(room.move({"cell": n})) for n in range(3)]
    for _ in moves:
        await visit.hear(say.Move)
    await visit.tell(event(9), frame(2, ack=1))
    await moves[0]
    await visit.cut()

    again = await server.visit()
    assert await again.hear(say.Hello) == say.Hello("auto", "first", 9)
    waiting = asyncio.create_task(room.move({"cell": 3}))  # sent while nobody listens
    await asyncio.sleep(0)
    await again.tell(welcome(seq=2, tick=3, recovered=True, offset=9))
    await moves[1]
    resent = [await again.hear(say.Move), await again.hear(say.Move)]
    assert [(one.seq, moved(one, again)) for one in resent] == [(3, {"cell": 2}), (4, {"cell": 3})]
    await again.tell(frame(4, ack=4))
    await moves[2]
    await waiting
    assert (room.connects, room.holes, room.state) == (2, 0, "live")
    await room.close()


async def test_nothing_is_said_between_hello_and_welcome(server: ScriptedServer) -> None:
    room = client_of(server)
    first = await enter(room, server)
    await first.cut()
    again = await server.visit()
    await again.hear(say.Hello)
    room.send({"cell": 1})
    room.relay("emote", {"emote": "wave"})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await again.socket.recv()
    await room.close()


async def test_a_server_that_stops_and_starts_is_found_again(server: ScriptedServer) -> None:
    room = client_of(server)
    await enter(room, server)
    await server.stop()
    await until(lambda: room.state == "reconnecting")
    await server.start()
    await server.welcome(tick=8)
    await until(lambda: room.state == "live")
    assert room.view.tick == 8
    await room.close()


@pytest.mark.parametrize("code", [1001, 1012, Close.TOO_SLOW, Close.SERVER_BUSY])
async def test_codes_below_4500_mean_come_back(server: ScriptedServer, code: int) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    await visit.close(code)
    await server.welcome()
    await room.close()


@pytest.mark.parametrize("code", [Close.REPLACED, Close.KICKED, Close.ROOM_CLOSED])
async def test_codes_from_4500_on_end_everything(server: ScriptedServer, code: int) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    moving = asyncio.create_task(room.move({"cell": 1}))
    await visit.hear(say.Move)
    await visit.close(code, "that is all")

    seen = [view.tick async for view in room.views()]
    assert seen[-1] == 1
    assert [one async for one in room.events()] == []
    with pytest.raises(Ended) as caught:
        await moving
    assert (caught.value.code, caught.value.reason) == (code, "that is all")
    with pytest.raises(Ended):
        room.send({"cell": 1})


async def test_the_goodbye_decides_and_not_the_code_behind_it(server: ScriptedServer) -> None:
    """Some servers cannot close with a code of their own."""
    room = client_of(server)
    visit = await enter(room, server)
    await visit.tell(Goodbye(Close.ROOM_CLOSED, "Nobody was here any more.", False))
    await visit.close(1000)
    await until(lambda: room.ended is not None)
    assert room.ended is not None
    assert room.ended.code == Close.ROOM_CLOSED


async def test_leaving_waits_for_the_room_to_let_go(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    leaving = asyncio.create_task(room.leave())
    await visit.hear(say.Leave)
    await visit.tell(Goodbye(Close.LEFT, "You left the room.", False))
    await leaving
    assert room.ended is not None
    assert room.ended.code == Close.LEFT


async def test_a_room_opened_anew_forgets_and_says_so(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server, seq=7)
    moving = asyncio.create_task(room.move({"cell": 1}))
    assert (await visit.hear(say.Move)).seq == 8
    await visit.cut()
    again = await server.welcome(incarnation="second", seq=0)
    with pytest.raises(Forgotten):
        await moving
    assert room.send({"cell": 2}) == 1
    assert (await again.hear(say.Move)).seq == 1
    assert room.holes == 1
    await room.close()


async def test_who_stood_up_does_not_sit_down_again_by_coming_back(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    standing = asyncio.create_task(room.stand())
    await visit.hear(say.Stand)
    await visit.tell(welcome(seq=1, whole=whole(seats=[None, None])))
    await standing
    await visit.cut()
    again = await server.visit()
    assert (await again.hear(say.Hello)).want == "watch"
    await room.close()


# -- what is seen


async def test_a_delta_that_does_not_fit_is_asked_about_once(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    room.send({"cell": 1})
    await visit.hear(say.Move)
    await visit.tell(Delta(30, [3, [7]]), Delta(31, [3, [7]]), event(4))
    assert await visit.hear(say.Resync) == say.Resync(0)
    await visit.tell(welcome(tick=32, recovered=True, offset=4, events=(event(4),)))
    await until(lambda: room.view.tick == 32)
    room.send({"cell": 2})
    said = [(await visit.hear(say.Move)).seq for _ in range(2)]
    assert said == [1, 2], "the first may be lost: a welcome that does not cover it has it sent again"
    await visit.tell(delta(1, {"n": 0}, {"n": 5}))
    await until(lambda: room.view.game == {"n": 5})
    await room.close()


async def test_a_slow_reader_gets_the_newest_view(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    views = room.views()
    assert (await anext(views)).tick == 1
    await visit.tell(*(frame(tick) for tick in range(2, 30)))
    await until(lambda: room.view.tick == 29)
    assert (await anext(views)).tick == 29
    await visit.tell(frame(30))
    assert (await anext(views)).tick == 30
    await room.close()


async def test_events_come_once_over_reconnects(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server, offset=2, events=(event(1), event(2)))
    await visit.tell(event(2), event(3), event(5))
    await until(lambda: room.connects == 1)
    await visit.tell(frame(2))
    await until(lambda: room.view.tick == 2)
    await visit.cut()
    await server.welcome(recovered=True, offset=7, events=(event(5), event(6), event(7)), tick=3)
    await until(lambda: room.view.tick == 3)
    await room.close()
    assert [one.offset async for one in room.events()] == [1, 2, 3, 5, 6, 7]


async def test_a_hole_in_the_events_is_counted(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    await visit.cut()
    await server.welcome(recovered=False, offset=900, events=(event(900),))
    await until(lambda: room.holes == 1)
    await room.close()


async def test_relays_go_both_ways(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    room.relay("emote", {"emote": "gg"})
    sent = await visit.hear(say.Relay)
    assert (sent.kind, parse_part(sent.body, dict, visit.wire)) == ("emote", {"emote": "gg"})
    await visit.tell(Relayed(1, "emote", {"emote": "wow"}))
    assert await anext(room.relays()) == Relayed(1, "emote", {"emote": "wow"})
    await room.close()


async def test_a_refused_relay_is_logged_and_answers_no_input(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    moving = asyncio.create_task(room.move({"cell": 1}))
    await visit.hear(say.Move)
    await visit.tell(Reject(0, "slow_down", "Too many of these."))
    await until(lambda: "Too many of these." in caplog.text)
    assert not moving.done()
    await visit.tell(frame(2, ack=1))
    await moving
    await room.close()


async def test_a_malformed_message_ends_the_connection_and_not_the_client(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    await visit.socket.send('{"t": "nonsense"}')
    await server.welcome()
    await until(lambda: room.connects == 2)
    await room.close()


async def test_a_status_is_no_trouble(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    await visit.tell(Status("degraded", "Redis is away"), Status("ok"), frame(2))
    await until(lambda: room.view.tick == 2)
    await room.close()


async def test_a_pong_measures_the_way(server: ScriptedServer) -> None:
    room = client_of(server)
    visit = await enter(room, server)
    room._talk.ping()
    ping = parse_client_ping(await visit.socket.recv())
    await visit.tell(Pong(ping.n, ping.time, 0.0))
    await until(lambda: room.latency_s is not None and 0 <= room.latency_s < 5)
    await room.close()


def parse_client_ping(raw: bytes | str) -> say.Ping:
    return msgspec.json.decode(raw, type=say.Ping)


async def test_closing_ends_the_loops(server: ScriptedServer) -> None:
    room = client_of(server)
    await enter(room, server)

    async def look() -> list[int]:
        return [view.tick async for view in room.views()]

    looking = asyncio.create_task(look())
    await asyncio.sleep(0)
    await room.close()
    assert await asyncio.wait_for(looking, 5) == [1]


def test_the_client_needs_neither_django_nor_redis() -> None:
    """It is meant to be used elsewhere, so importing it must not pull in the server."""
    look = "import sys, rooms.bots.client, rooms.bots.api; print([n for n in ('django', 'redis') if n in sys.modules])"
    said = subprocess.run([sys.executable, "-c", look], cwd=TOP, capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
