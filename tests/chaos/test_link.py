"""A line delays, throttles, stalls, resets and half drops, over TCP and unix sockets, while connections are open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.link import HOST, Line
from tests.chaos.network import Network
from tests.support.waiting import until

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Says everything back; `heard` is all it was told, `open` how many are connected."""

    def __init__(self) -> None:
        self.heard, self.open = b"", 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            while piece := await reader.read(1000):
                self.heard += piece
                writer.write(piece)
        except ConnectionError:
            pass  # the line was reset
        finally:
            self.open -= 1
            writer.close()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture(params=["tcp", "unix"])
async def line(request: pytest.FixtureRequest, tmp_path: Path, echo: Echo) -> AsyncIterator[Line]:
    if request.param == "unix":
        server = await asyncio.start_unix_server(echo.serve, str(tmp_path / "far"))
        line = Line(Line.unix(tmp_path / "near"), Line.unix(tmp_path / "far"))
    else:
        server = await asyncio.start_server(echo.serve, HOST, 0)
        line = Line(Line.tcp(), Line.tcp(server.sockets[0].getsockname()[1]))
    await line.open()
    yield line
    await line.close()
    server.close()


async def reach(line: Line) -> Streams:
    if line.near.path:
        return await asyncio.open_unix_connection(line.near.path)
    return await asyncio.open_connection(HOST, line.near.port)


async def test_latency_and_order(line: Line) -> None:
    reader, writer = await reach(line)
    line.set(delay_s=0.1)
    sent = time.monotonic()
    for number in range(50):
        writer.write(b"%02d" % number)
    assert await reader.readexactly(100) == b"".join(b"%02d" % number for number in range(50))
    assert time.monotonic() - sent >= 0.2
    writer.close()


async def test_jitter_never_changes_the_order(line: Line) -> None:
    line.set(jitter_s=0.02)
    reader, writer = await reach(line)
    said = [b"%03d" % number for number in range(30)]
    for word in said:
        writer.write(word)
        await asyncio.sleep(0)
    assert await reader.readexactly(90) == b"".join(said)
    writer.close()


async def test_bandwidth(line: Line) -> None:
    line.set(bytes_per_s=10_000)
    reader, writer = await reach(line)
    sent = time.monotonic()
    writer.write(b"x" * 3000)
    await reader.readexactly(3000)
    assert time.monotonic() - sent >= 0.3
    writer.close()


async def test_a_stall_accepts_and_passes_nothing_until_it_flows_again(line: Line, echo: Echo) -> None:
    line.stall()
    reader, writer = await reach(line)
    writer.write(b"waits")
    await until(lambda: echo.open == 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.1)
    assert echo.heard == b""
    line.flow()
    assert await reader.readexactly(5) == b"waits"
    writer.close()


async def test_a_reset_ends_both_sides_at_once_and_lets_others_in(line: Line, echo: Echo) -> None:
    reader, writer = await reach(line)
    writer.write(b"x")
    await reader.readexactly(1)
    assert line.reset() == 1
    try:
        assert await asyncio.wait_for(reader.read(), 2) == b""  # a unix socket knows no RST
    except ConnectionResetError:
        assert line.near.port
    else:
        assert line.near.path
    await until(lambda: echo.open == 0)
    writer.close()
    reader, writer = await reach(line)
    writer.write(b"y")
    assert await reader.readexactly(1) == b"y"
    writer.close()


async def test_half_open_drops_one_direction_of_what_is_open_and_tells_nobody(line: Line, echo: Echo) -> None:
    reader, writer = await reach(line)
    writer.write(b"a")
    await reader.readexactly(1)
    own = writer.get_extra_info("sockname")
    assert line.half_open("out") == [own[1] if isinstance(own, tuple) else 0]
    writer.write(b"b")
    await until(lambda: echo.heard == b"ab")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.1)
    fresh_reader, fresh = await reach(line)
    fresh.write(b"c")
    assert await fresh_reader.readexactly(1) == b"c"
    assert line.half_open("in", share=0.0) == []
    for one in (writer, fresh):
        one.close()


async def test_the_end_of_a_half_open_connection_does_not_come_through(line: Line, echo: Echo) -> None:
    reader, writer = await reach(line)
    writer.write(b"a")
    await reader.readexactly(1)
    line.half_open("in")
    writer.close()
    await asyncio.sleep(0.1)  # nothing is to happen, so there is nothing to wait for
    assert echo.open == 1


async def test_a_cut_line_refuses_until_it_is_opened(line: Line) -> None:
    line.cut()
    with pytest.raises(OSError, match=r"refused|No such file|Connect call failed"):
        await reach(line)
    await line.open()
    reader, writer = await reach(line)
    writer.write(b"x")
    assert await reader.readexactly(1) == b"x"
    writer.close()


async def test_lines_live_in_a_process_of_their_own(tmp_path: Path, echo: Echo) -> None:
    server = await asyncio.start_unix_server(echo.serve, str(tmp_path / "far"))
    with Network() as network:
        port = await asyncio.to_thread(network.open, "one", Line.tcp(), Line.unix(tmp_path / "far"))
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"
        assert await asyncio.to_thread(network.do, "one", "connections") == 1
        assert await asyncio.to_thread(network.do, "one", "reset") == 1
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        with pytest.raises(RuntimeError, match="explode"):
            await asyncio.to_thread(network.do, "one", "explode")
    server.close()
