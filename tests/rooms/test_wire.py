"""The wire over plain ASGI: order, what waits, the close, and a server that is slow or gone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rooms.wire import AsgiWire, cut_reason
from tests.support.waiting import until


class Server:
    """An ASGI `send` that remembers, and waits while `open` is not set."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.gone = False

    async def send(self, message: Any) -> None:
        await self.open.wait()
        if self.gone:
            raise OSError("gone")
        self.sent.append(message)


async def test_messages_and_close_come_in_order() -> None:
    server = Server()
    wire = AsgiWire(server.send)
    wire.write(b"one", True)
    wire.write(b"\x02", False)
    wire.close(4409, "too slow")
    wire.write(b"late", True)
    await until(lambda: len(server.sent) == 3)
    assert server.sent == [
        {"type": "websocket.send", "text": "one"},
        {"type": "websocket.send", "bytes": b"\x02"},
        {"type": "websocket.close", "code": 4409, "reason": "too slow"},
    ]
    await wire.stop()


async def test_buffered_counts_bytes_that_the_server_has_not_taken() -> None:
    server = Server()
    server.open.clear()
    wire = AsgiWire(server.send)
    wire.write("é".encode(), True)
    wire.write(b"abc", False)
    assert wire.buffered == 5
    server.open.set()
    await until(lambda: wire.buffered == 0)
    await wire.stop()


async def test_who_watches_is_told_of_too_much_and_of_room() -> None:
    server = Server()
    told: list[bool] = []
    server.open.clear()
    wire = AsgiWire(server.send)
    wire.watch(told.append, 4)
    wire.write(b"abcd", False)
    assert told == []
    wire.write(b"e", False)
    wire.write(b"f", False)
    assert told == [True]
    server.open.set()
    await until(lambda: told == [True, False])
    await wire.stop()


async def test_after_the_server_lost_the_socket_nothing_is_kept() -> None:
    server = Server()
    server.gone = True
    wire = AsgiWire(server.send)
    wire.write(b"x", True)
    await until(lambda: wire._closing)
    wire.write(b"y", True)
    assert server.sent == []
    await wire.stop()


async def test_stopping_twice_or_while_waiting_is_harmless() -> None:
    server = Server()
    server.open.clear()
    wire = AsgiWire(server.send)
    wire.write(b"x", True)
    await wire.stop()
    await wire.stop()
    assert server.sent == []


@pytest.mark.parametrize(("reason", "size"), [("", 0), ("x" * 200, 123), ("é" * 100, 122)])
def test_a_reason_is_cut_to_what_a_close_frame_holds(reason: str, size: int) -> None:
    assert len(cut_reason(reason).encode()) == size
    assert reason.startswith(cut_reason(reason))
