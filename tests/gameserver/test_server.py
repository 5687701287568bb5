"""Our Daphne over real sockets, with picows and with its own protocol: limits, pings, flow control, closes, the end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from gameserver.transport.roads import ROADS
from tests.support.seam_server import PING, PONG, TEXT, Peer, Server, closed, frame, narrow, stands_still
from tests.support.seams import BLOCK


@pytest.fixture(scope="module", params=ROADS)
def road(request: pytest.FixtureRequest) -> str:
    """What carries the WebSockets: each test here runs on every road."""
    return str(request.param)


@pytest.fixture(scope="module")
def server(road: str) -> Iterator[Server]:
    """One for all tests that leave it as it was."""
    ours = Server(HOLDFAST_PING_S="600", HOLDFAST_WEBSOCKETS=road)
    yield ours
    ours.process.kill()


@pytest.fixture
def own_server(road: str) -> Iterator[Callable[..., Server]]:
    """Servers of a test's own, with its environment."""
    ours: list[Server] = []

    def start(**env: str) -> Server:
        ours.append(Server(HOLDFAST_WEBSOCKETS=road, **env))
        return ours[-1]

    yield start
    for one in ours:
        one.process.kill()


# -- messages


@pytest.mark.parametrize("message", ["", b"", "é" * 100, b"\x00" * 125, b"\x00" * 126, b"\x00" * 4096])
async def test_messages_of_every_length_come_back_empty_ones_too(server: Server, message: Any) -> None:
    async with server.connect("/echo") as ws:
        await ws.send(message)
        assert await ws.recv() == message


async def test_accept_headers_and_the_subprotocol_arrive(server: Server) -> None:
    async with server.connect("/headers", subprotocols=["a", "b"]) as ws:
        assert ws.subprotocol == "b"
        assert ws.response is not None
        assert (ws.response.headers["x-one"], ws.response.headers["x-two"]) == ("1", "2")


@pytest.mark.parametrize("way", ["asgi", "wire"])
@pytest.mark.parametrize("code", [1000, 1001, 1008, 1012, 3000, 4409, 4999])
async def test_any_close_code_arrives_with_its_reason(server: Server, way: str, code: int) -> None:
    async with server.connect(f"/close?{way},{code},because") as ws:
        assert await closed(ws) == (code, "because")


async def test_a_refusal_has_its_status(server: Server) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await server.connect("/deny")
    assert refused.value.response.status_code == 404


async def test_a_fault_before_the_handshake_is_500_and_after_it_1011(server: Server) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await server.connect("/early")
    assert refused.value.response.status_code == 500
    async with server.connect("/late") as ws:
        assert (await closed(ws))[0] == 1011
    async with server.connect("/echo") as ws:
        await ws.send("still here")
        assert await ws.recv() == "still here"


# -- limits


@pytest.mark.parametrize("message", ["x" * 4097, b"x" * 100_000, ["x" * 3000, "x" * 3000], [b"x"] * 4097])
async def test_what_is_too_big_is_answered_by_1009_also_in_pieces(server: Server, message: Any) -> None:
    async with server.connect("/echo") as ws:
        await ws.send(message)
        assert (await closed(ws))[0] == 1009


async def test_a_message_in_pieces_within_the_limit_is_one_message(server: Server) -> None:
    async with server.connect("/echo") as ws:
        await ws.send(["a" * 1000, "b" * 1000, "c" * 1000])
        assert await ws.recv() == "a" * 1000 + "b" * 1000 + "c" * 1000


async def test_invalid_text_is_1007(server: Server) -> None:
    async with server.connect("/echo") as ws:
        await ws.send(b"\xff\xfe", text=True)
        assert (await closed(ws))[0] == 1007


async def test_connections_are_capped_with_503(own_server: Callable[..., Server]) -> None:
    server = own_server(HOLDFAST_MAX_SOCKETS="3")
    sockets = [await server.connect("/echo") for _ in range(3)]
    with pytest.raises(websockets.InvalidStatus) as refused:
        await server.connect("/echo")
    assert refused.value.response.status_code == 503
    await sockets[0].close()
    async with asyncio.timeout(5):
        while True:
            try:
                sockets[0] = await server.connect("/echo")
                break
            except websockets.InvalidStatus:
                await asyncio.sleep(0.05)
    for ws in sockets:
        await ws.close()


async def test_refused_handshakes_leave_nothing_behind(own_server: Callable[..., Server]) -> None:
    server = own_server(HOLDFAST_MAX_SOCKETS="2")
    for path, key in [("/echo", "bad"), ("/deny", "A" * 22 + "=="), ("/early", "A" * 22 + "==")] * 3:
        peer = Peer(*await asyncio.open_connection("127.0.0.1", server.port))
        assert b" 101 " not in await peer.ask(path, Sec_WebSocket_Key=key)
        peer.writer.close()
    await server.until(lambda told: told["websockets"] == 0)
    async with server.connect("/echo") as ws:
        await ws.send("room enough")
        assert await ws.recv() == "room enough"


# -- flow control


async def test_the_wire_never_waits_and_tells_what_waits(server: Server) -> None:
    ws = await server.connect("/write", sock=narrow(server.port), max_queue=1)
    told = await server.until(lambda told: "peak" in told)
    assert told["peak"] > 10 * BLOCK
    for number in range(400):
        message = await ws.recv()
        assert isinstance(message, bytes)
        assert int.from_bytes(message[:4], "big") == number
        assert len(message) == BLOCK
    assert await ws.recv() == "done"
    await server.until(lambda told: told.get("left") == 0)
    await ws.close()


async def test_the_wire_says_when_much_waits_and_when_all_was_taken(server: Server) -> None:
    ws = await server.connect("/watched", sock=narrow(server.port), max_queue=1)
    told = await server.until(lambda told: "full_at" in told)
    assert 5000 < told["full_at"] < 5000 + 2 * 1028
    assert told["full_with"] < 256 * 1024, "the kernel took much more than was asked of it"
    left = told["full_with"]
    while left:
        left -= len(await ws.recv())
    assert (await server.until(lambda told: "taken_at" in told))["taken_at"] == 0
    await ws.close()


async def test_an_applications_send_waits_for_a_peer_that_does_not_read(server: Server) -> None:
    ws = await server.connect("/patient", sock=narrow(server.port), max_queue=1)
    await server.until(lambda told: told.get("waits"))
    await stands_still(server, lambda: server.told().get("sent", 0))
    told = server.told()
    assert told["waits"]
    assert told["sent"] < 300
    for _ in range(400):
        await ws.recv()
    await server.until(lambda told: told["sent"] == 400)
    await ws.close()


async def test_a_socket_whose_application_does_not_listen_is_not_read(server: Server) -> None:
    ws = await server.connect("/deaf")
    before = server.told().get("sockets_unread", 0)
    sent = [0]
    sending = asyncio.create_task(send_many(ws, 5000, sent))
    await server.until(lambda told: told.get("sockets_unread", 0) == before + 1)
    await stands_still(server, lambda: sent[0])
    assert not sending.done(), "five thousand messages were taken in though nobody wanted them"
    server.told("/listen")
    await sending
    await server.until(lambda told: told.get("taken") == 5000, 60)
    await ws.close()


async def send_many(ws: ClientConnection, count: int, sent: list[int]) -> None:
    for _ in range(count):
        await ws.send("x" * 4000)
        sent[0] += 1


async def test_a_heap_of_messages_in_one_piece_is_taken_in_turns_and_all_of_it(server: Server) -> None:
    """Thousands may lie in one piece from the kernel; others are served in between (tests/rooms/test_pests.py)."""
    before = server.told().get("sockets_resting", 0)
    peer = await Peer.open(server.port)
    texts = [f"{n:04}".encode() for n in range(1000)]
    peer.send(*(frame(TEXT, text) for text in texts))
    async with asyncio.timeout(20):
        assert [await peer.frame() for _ in texts] == [(TEXT, text) for text in texts]
    assert server.told()["sockets_resting"] > before + 10
    peer.writer.close()


# -- messages by callback


async def test_messages_come_by_callback_with_their_kinds_and_the_end_by_receive(server: Server) -> None:
    async with server.connect("/callback") as ws:
        for message in ("", "é" * 1000, b"", b"\x00" * 4096, "x"):
            await ws.send(message)
            assert await ws.recv() == message
    await server.until(lambda told: told.get("events"))


async def test_what_came_before_the_callback_is_heard_first(server: Server) -> None:
    async with server.connect("/callback?late") as ws:
        for number in range(20):
            await ws.send(str(number))
        assert await (await ws.ping())  # it was all read
        server.told("/go")
        assert [await ws.recv() for _ in range(20)] == [str(number) for number in range(20)]


async def test_a_reader_that_pauses_hears_nothing_until_it_resumes(server: Server) -> None:
    async with server.connect("/callback") as ws:
        for round_ in range(1, 4):
            for message in ["a", "hold", *map(str, range(50))]:
                await ws.send(message)
            assert [await ws.recv(), await ws.recv()] == ["a", "hold"]
            await server.until(lambda told, round_=round_: told["held"] == round_)  # type: ignore[misc]
            sending = asyncio.create_task(send_many(ws, 3000, [0]))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await ws.recv()
            assert not sending.done(), "twelve megabytes were taken in though nobody wanted them"
            server.told("/resume")
            assert [await ws.recv() for _ in range(50)] == [str(number) for number in range(50)]
            for _ in range(3000):
                assert await ws.recv() == "x" * 4000
            await sending


async def test_a_reader_that_raises_costs_its_socket_alone(server: Server) -> None:
    async with server.connect("/callback") as other, server.connect("/callback") as ws:
        await ws.send("fault")
        assert (await closed(ws))[0] == 1011
        await other.send("still here")
        assert await other.recv() == "still here"


# -- pings


async def test_a_peer_that_is_gone_without_a_word_is_dropped(own_server: Callable[..., Server]) -> None:
    server = own_server(HOLDFAST_PING_S="1", HOLDFAST_PONG_S="1")
    peer = await Peer.open(server.port)
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionError):
            while await peer.reader.read(1000):
                pass
    peer.writer.close()
    await server.until(lambda told: told.get("code") == 1006)


async def test_talking_is_no_answer_to_a_ping(own_server: Callable[..., Server]) -> None:
    server = own_server(HOLDFAST_PING_S="1", HOLDFAST_PONG_S="1")
    peer = await Peer.open(server.port)
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionError, TimeoutError):
            while not peer.reader.at_eof():
                peer.send(frame(TEXT, b"x"))
                await peer.writer.drain()
                await asyncio.sleep(0.1)
    await server.until(lambda told: told.get("code") == 1006)
    peer.writer.close()


async def test_who_answers_pings_stays(own_server: Callable[..., Server]) -> None:
    server = own_server(HOLDFAST_PING_S="1", HOLDFAST_PONG_S="1")
    peer = await Peer.open(server.port)
    async with asyncio.timeout(15):
        for _ in range(2):  # the second comes long after the first ran out
            kind, token = await peer.frame()
            assert kind == PING
            peer.send(frame(PONG, token))
        peer.send(frame(TEXT, b"here"))
        assert await peer.frame() == (TEXT, b"here")
    peer.writer.close()


# -- the end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_end_tells_every_socket_1012_and_exits_with_0(
    own_server: Callable[..., Server], number: signal.Signals
) -> None:
    server = own_server()
    sockets = [await server.connect("/echo") for _ in range(10)]
    with pytest.raises(websockets.InvalidStatus):
        await server.connect("/early")  # an application that ended before its socket once broke the end
    server.process.send(number)
    assert {(await closed(ws))[0] for ws in sockets} == {1012}
    assert await asyncio.to_thread(server.process.wait, 10) == 0
    assert "Traceback" not in server.process.output.replace("as asked", "").split("RuntimeError")[-1]


async def test_a_peer_that_never_answers_does_not_hold_up_the_end(own_server: Callable[..., Server]) -> None:
    server = own_server()
    ws = await server.connect("/patient", sock=narrow(server.port), max_queue=1)
    peer = await Peer.open(server.port)
    began = time.monotonic()
    assert await asyncio.to_thread(server.process.stop, 10) == 0
    assert time.monotonic() - began < 8
    peer.writer.close()
    ws.transport.abort()
