"""An accepted socket changes hands; cancelled or reset at any moment, it leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from gameserver.patience import Patience, PatientLoop
from gameserver.transport.answers import Accepted
from gameserver.transport.handover import HandoverFailed, hand_over
from gameserver.transport.limits import Limits
from gameserver.transport.opensocket import OpenSocket
from tests.support.seam_server import TEXT, frame
from tests.support.waiting import until

KEY = b"AAAAAAAAAAAAAAAAAAAAAA=="
LIMITS = Limits(message_bytes=4096, sockets=10, ping_s=20, pong_s=10, handshake_s=5)
PASSES = 6
"""More passes of the event loop than a handover takes."""


class Handle:
    """A connection as Twisted has it, with a client at its other end."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.client = socket.create_connection(listening.getsockname())
            self.ours = listening.accept()[0]
        self.client.settimeout(5)
        self.calls: list[str] = []
        self.ends: list[tuple[int, str]] = []
        self.heard: list[bytes | str] = []
        self.opened = OpenSocket(LIMITS, lambda code, reason: self.ends.append((code, reason)))
        self.opened.listen(self.heard.append)

    # Twisted's transport

    def pauseProducing(self) -> None:
        self.calls.append("pause")

    def getHandle(self) -> socket.socket:
        return self.ours

    def connectionLost(self, reason: Any) -> None:
        assert self.ours.fileno() == -1, "Twisted would close the socket under us"
        self.calls.append("lost")

    # the other end

    def reset(self) -> None:
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()

    def read_all(self) -> bytes:
        whole = b""
        try:
            while chunk := self.client.recv(4096):
                whole += chunk
        except ConnectionResetError:
            pass
        return whole

    def hand_over(self) -> asyncio.Task[None]:
        return asyncio.create_task(hand_over(self, KEY, Accepted([], None, "holdfast"), self.opened, 4096))


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


async def passes(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
def handle() -> Iterator[Handle]:
    ours = Handle()
    yield ours
    ours.client.close()


async def test_the_client_reads_101_and_speaks_to_the_open_socket(handle: Handle) -> None:
    await handle.hand_over()
    assert handle.calls == ["pause", "lost"]
    handle.opened.write(b"hello", True)
    answer = await asyncio.to_thread(handle.client.recv, 4096)
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=" in head
    assert rest == b"\x81\x05hello"
    handle.client.send(frame(TEXT, b"hi"))
    await until(lambda: handle.heard)
    assert handle.heard == ["hi"]
    handle.opened.abort()
    await passes(2)
    assert handle.ends == [(1006, "")]


@pytest.mark.parametrize("count", range(PASSES))
async def test_cancelled_at_any_moment_it_leaves_nothing(count: int) -> None:
    before = open_files()
    handle = Handle()
    task = handle.hand_over()
    await passes(count)
    started, done = bool(handle.calls), task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await passes(3)
    if done:
        handle.opened.abort()
        await passes(2)
        assert handle.ends == [(1006, "")]
    elif started:
        assert task.cancelled()
        await asyncio.to_thread(handle.read_all)
    else:
        handle.ours.close()
    assert len(handle.ends) <= 1
    handle.client.close()
    assert open_files() == before


@pytest.mark.parametrize("count", range(PASSES))
async def test_reset_at_any_moment_it_leaves_nothing(count: int) -> None:
    before = open_files()
    handle = Handle()
    task = handle.hand_over()
    await passes(count)
    handle.reset()
    outcome = (await asyncio.gather(task, return_exceptions=True))[0]
    assert outcome is None or isinstance(outcome, HandoverFailed)
    if outcome is None:
        await until(lambda: handle.ends)
    assert open_files() == before


async def test_a_socket_that_cannot_be_taken_is_closed_and_says_so(
    handle: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any) -> None:
        raise OSError("no")

    monkeypatch.setattr("gameserver.transport.handover.take_little", refuse)
    before = open_files()
    with pytest.raises(HandoverFailed):
        await handle.hand_over()
    assert open_files() == before - 1
    assert handle.read_all() == b""
    assert handle.ends == []


async def test_a_fault_of_ours_while_it_opens_is_logged_and_ends_it(
    handle: Handle, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any) -> bytearray:
        raise RuntimeError("as asked")

    monkeypatch.setattr(Accepted, "to_bytes", fail)
    with pytest.raises(HandoverFailed):
        await handle.hand_over()
    assert "as asked" in caplog.text
    assert handle.read_all() == b""


@pytest.mark.parametrize("by_peer", [True, False])
async def test_it_is_read_with_the_other_players_while_it_is_open(
    handle: Handle, monkeypatch: pytest.MonkeyPatch, by_peer: bool
) -> None:
    loop = asyncio.get_running_loop()
    waiting = Patience(loop)
    monkeypatch.setattr("gameserver.transport.handover.players_loop", lambda: PatientLoop(loop, waiting))
    number = handle.ours.fileno()
    await handle.hand_over()
    await until(lambda: number in waiting._readers)
    handle.opened.pause()
    assert number not in waiting._readers
    handle.opened.resume()
    await until(lambda: number in waiting._readers)
    if by_peer:
        handle.reset()
    else:
        handle.opened.abort()
    await until(lambda: number not in waiting._readers)
    waiting.close()
