"""The proxy delays, keeps the order, cuts and mends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.support.proxy import HOST, Proxy


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """The port of a server that says everything back."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(100):
                writer.write(piece)
        except ConnectionError:
            pass  # the line was cut
        finally:
            writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_what_is_sent_arrives_in_order_and_late(echo: int) -> None:
    with Proxy(echo, delay_s=0.1) as proxy:
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
        sent = time.monotonic()
        for number in range(50):
            writer.write(b"%02d" % number)
        assert await reader.readexactly(100) == b"".join(b"%02d" % number for number in range(50))
        assert time.monotonic() - sent >= 0.2
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()


async def test_a_cut_ends_what_is_open_and_refuses_until_it_is_mended(echo: int) -> None:
    with Proxy(echo) as proxy:
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
        writer.write(b"x")
        assert await reader.read(1) == b"x"
        await asyncio.to_thread(proxy.cut)
        assert await reader.read() == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, proxy.port)
        port = proxy.port
        await asyncio.to_thread(proxy.mend)
        assert proxy.port == port
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
        writer.write(b"y")
        assert await reader.read(1) == b"y"
        writer.close()
