"""Handshakes refused with a status, and addresses held to their number."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gameserver.refusals import AddressLimit, turn_away, unknown_path
from rooms.protocol import codec, server


class Peer:
    """One handshake played by hand."""

    def __init__(self, **scope: Any) -> None:
        self.scope = {"type": "websocket", "client": ["10.0.0.1", 5], **scope}
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def meet(self, app: Any) -> None:
        await app(self.scope, self.receive, self.send)


async def test_an_unknown_path_is_404_where_the_server_can_say_it() -> None:
    peer = Peer(extensions={"websocket.http.response": {}})
    await peer.meet(unknown_path)
    assert [(m["type"], m.get("status")) for m in peer.sent] == [
        ("websocket.http.response.start", 404),
        ("websocket.http.response.body", None),
    ]


async def test_and_is_closed_before_the_handshake_where_it_cannot() -> None:
    peer = Peer()
    await peer.meet(unknown_path)
    assert peer.sent == [{"type": "websocket.close"}]


@pytest.mark.parametrize("name", list(codec.SUBPROTOCOLS))
async def test_one_too_many_is_told_in_its_own_format(name: str) -> None:
    peer = Peer(subprotocols=[name])
    await peer.meet(turn_away)
    accept, message, close = peer.sent
    assert accept["subprotocol"] == name
    goodbye = codec.parse_server(message.get("text") or message["bytes"], codec.SUBPROTOCOLS[name])
    assert isinstance(goodbye, server.Goodbye)
    assert (goodbye.code, goodbye.reconnect, close["code"]) == (4413, True, 4413)


async def test_an_address_has_its_number_and_gets_it_back() -> None:
    leave = asyncio.Event()
    served: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        served.append(scope["client"][0])
        await leave.wait()

    limited = AddressLimit(app, 2)
    two = [asyncio.create_task(Peer().meet(limited)) for _ in range(2)]
    other = asyncio.create_task(Peer(client=["10.0.0.2", 5]).meet(limited))
    await asyncio.sleep(0)
    third = Peer()
    await third.meet(limited)
    assert third.sent[-1]["code"] == 4413
    assert served == ["10.0.0.1", "10.0.0.1", "10.0.0.2"]
    leave.set()
    await asyncio.gather(*two, other)
    assert not limited._open
    again = Peer()
    await again.meet(limited)
    assert again.sent == []


async def test_a_fault_gives_the_place_back_too() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("as asked")

    limited = AddressLimit(app, 1)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await Peer().meet(limited)


async def test_without_an_address_nobody_is_counted() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Peer(client=None).meet(inner)

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        return

    await Peer(client=None).meet(AddressLimit(app, 0))
