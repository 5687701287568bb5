"""rooms/bots/connector.py: a real WebSocket, and every way not to get one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import ServerConnection, serve

from rooms.bots.connector import Closed, open_websocket
from rooms.bots.errors import Ended
from rooms.protocol.closing import Close
from tests.rooms.bots.script import ScriptedServer

JSON_WIRE = "holdfast.v1.json"


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with asyncio.timeout(20), ScriptedServer() as server:
        yield server


async def test_messages_go_both_ways_as_text_or_binary(server: ScriptedServer) -> None:
    wire = await open_websocket(server.url, {"X-Why": "test"}, JSON_WIRE)
    visit = await server.visit()
    assert visit.headers["X-Why"] == "test"
    await wire.send(b"{}", text=True)
    await wire.send(b"\x80", text=False)
    assert [await visit.socket.recv(), await visit.socket.recv()] == ["{}", b"\x80"]
    await visit.socket.send("there")
    assert await wire.receive() == "there"
    await wire.close()


async def test_the_close_code_and_its_reason_are_told_after_what_came_before(server: ScriptedServer) -> None:
    wire = await open_websocket(server.url, {}, JSON_WIRE)
    visit = await server.visit()
    await visit.socket.send("last words")
    await visit.close(Close.KICKED, "out")
    await wire.send(b"{}", text=True)
    assert await wire.receive() == "last words"
    with pytest.raises(Closed) as caught:
        await wire.receive()
    assert (caught.value.code, caught.value.reason) == (Close.KICKED, "out")


async def test_a_cut_connection_is_1006(server: ScriptedServer) -> None:
    wire = await open_websocket(server.url, {}, JSON_WIRE)
    await (await server.visit()).cut()
    with pytest.raises(Closed) as caught:
        await wire.receive()
    assert caught.value.code == 1006


async def test_who_does_not_answer_the_handshake_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rooms.bots.connector.OPEN_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # the kernel accepts, and nobody says a word
        async with asyncio.timeout(5):
            with pytest.raises(Closed) as caught:
                await open_websocket(f"ws://127.0.0.1:{deaf.getsockname()[1]}/", {}, JSON_WIRE)
    assert caught.value.code == 1006


async def test_a_large_welcome_passes(server: ScriptedServer) -> None:
    wire = await open_websocket(server.url, {}, JSON_WIRE)
    visit = await server.visit()
    await visit.socket.send("x" * 2_000_000)
    assert len(await wire.receive()) == 2_000_000
    await wire.close()


async def test_a_server_without_our_subprotocol_is_no_server_of_ours(server: ScriptedServer) -> None:
    with pytest.raises(Ended) as caught:
        await open_websocket(server.url, {}, "holdfast.v9.json")
    assert caught.value.code == Close.BAD_MESSAGE


async def test_a_server_that_agrees_on_nothing_is_none_either() -> None:
    async def silent(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(silent, "127.0.0.1", 0) as other:
        port = next(iter(other.sockets)).getsockname()[1]
        with pytest.raises(Ended, match="does not speak"):
            await open_websocket(f"ws://127.0.0.1:{port}/", {}, JSON_WIRE)


async def test_an_address_that_is_none_is_final() -> None:
    with pytest.raises(Ended):
        await open_websocket("http://127.0.0.1/", {}, JSON_WIRE)


async def test_a_port_that_nobody_listens_on_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(Closed):
        await open_websocket(f"ws://127.0.0.1:{port}/", {}, JSON_WIRE)


@pytest.mark.parametrize(("status", "error"), [(400, Ended), (403, Ended), (404, Ended), (500, Closed), (503, Closed)])
async def test_refused_handshakes(status: int, error: type[Exception]) -> None:
    async with ScriptedServer(status=status) as server:
        with pytest.raises(error, match=str(status)):
            await open_websocket(server.url, {}, JSON_WIRE)
