"""Clients of the floor in Python (peers/bare.py)."""

from __future__ import annotations

from functools import partial

from picows import WSMsgType, ws_connect

from tests.bench.load.client import Client, Tally
from tests.bench.load.crowd import Crowd, in_turn
from tests.bench.peers.bare import MARK, STATE, Bare

INPUT_BYTES = 40


class Plain(Client):
    """A WebSocket without any protocol above it."""

    def take(self, payload: bytes) -> None:
        """A state."""
        n, mark = STATE.unpack_from(payload)
        self.see(n, (mark,), len(payload))

    def say(self, mark: int) -> None:
        """An input of 40 bytes."""
        assert self.transport is not None
        self.transport.send(WSMsgType.BINARY, MARK.pack(mark) + bytes(INPUT_BYTES - MARK.size))


async def enter(server: Bare, clients: int) -> Crowd:
    """A crowd of so many; there are no rooms."""
    crowd = Crowd()
    crowd.clients.extend(await in_turn([partial(_join, server, crowd.tally) for _ in range(clients)]))
    return crowd


async def _join(server: Bare, tally: Tally) -> Plain:
    _, plain = await ws_connect(lambda: Plain(tally), f"ws://127.0.0.1:{server.port}/", websocket_handshake_timeout=20)
    assert isinstance(plain, Plain)
    return plain
