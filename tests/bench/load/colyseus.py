"""Clients of Colyseus: a seat by HTTP, then the room's WebSocket, states decoded as its own client would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from picows import WSMsgType, ws_connect

from tests.bench.load.client import Client, Tally
from tests.bench.load.crowd import Crowd, in_turn
from tests.bench.load.schema import Mirror
from tests.bench.load.summary import Seen, move
from tests.bench.load.window import until
from tests.bench.peers.colyseus import Colyseus

JOIN_ROOM, ROOM_DATA, ROOM_STATE, ROOM_STATE_PATCH = 10, 13, 14, 15
CODE = 0x1F
"""The bits of the first byte that say what a message is."""
INPUT = bytes([ROOM_DATA, 0xA1]) + b"i"
"""A message of the type "i"; its content follows."""
KEPT = 32


class Sight:
    """What one room has shown. Patches build on each other, so they are decoded once, in their order."""

    def __init__(self, game: str) -> None:
        """Of a room of `game`."""
        self.game = game
        self.mirror: Mirror | None = None
        self.known: dict[bytes, Seen] = {}

    def whole(self, payload: bytes) -> None:
        """The first in the room takes the whole state; who comes later is shown the same by patches."""
        if self.mirror is None:
            self.mirror = Mirror(self.game)
            self.mirror.apply(payload, 1)

    def patch(self, payload: bytes) -> Seen:
        """What the state says after this patch."""
        seen = self.known.get(payload)
        if seen is None:
            assert self.mirror is not None, "a patch came before any state"
            self.mirror.apply(payload, 1)
            seen = self.mirror.summary()
            if len(self.known) >= KEPT:
                del self.known[next(iter(self.known))]
            self.known[payload] = seen
        return seen


class Player(Client):
    """A player in a room."""

    def __init__(self, tally: Tally, sight: Sight, session: str) -> None:
        """`session`: the id under which the state knows this player."""
        super().__init__(tally)
        self._sight, self._session = sight, session

    def take(self, payload: bytes) -> None:
        """One message of the server."""
        code = payload[0] & CODE
        if code == ROOM_STATE_PATCH:
            self.see(*self._sight.patch(payload), len(payload))
        elif code == JOIN_ROOM:
            assert self.transport is not None
            self.transport.send(WSMsgType.BINARY, bytes([JOIN_ROOM]))
        elif code == ROOM_STATE:
            self._sight.whole(payload)
            self.ready.set()

    def find_seat(self) -> bool:
        """The place of this player in what `see` is given; False when the room has not shown it yet."""
        assert self._sight.mirror is not None
        place = self._sight.mirror.place_of(self._session)
        if place is not None:
            self.seat = place
        return place is not None

    def say(self, mark: int) -> None:
        """A message, as its own client would send it."""
        assert self.transport is not None
        self.transport.send(WSMsgType.BINARY, INPUT + msgspec.msgpack.encode(move(self._sight.game, mark)))


async def enter(server: Colyseus, game: str, rooms: int, size: int) -> Crowd:
    """A crowd in so many rooms of `size` players."""
    crowd = Crowd()
    opened = await in_turn([partial(_open, server, crowd.tally, game) for _ in range(rooms)])
    crowd.clients.extend(player for player, _, _ in opened)
    joins = [
        partial(_join, server, crowd.tally, sight, f"joinById/{room}")
        for _, sight, room in opened
        for _ in range(size - 1)
    ]
    crowd.clients.extend(await in_turn(joins))
    await until(lambda: all(client.ready.is_set() for client in crowd.clients), 30, lambda: "a state for everybody")
    if game != "board":
        players = [client for client in crowd.clients if isinstance(client, Player)]
        await until(lambda: all(player.find_seat() for player in players), 20, lambda: "everybody in the state")
    return crowd


async def _open(server: Colyseus, tally: Tally, game: str) -> tuple[Player, Sight, str]:
    sight = Sight(game)
    seat = await _post(server.port, f"/matchmake/create/{game}")
    return await _connect(server, tally, sight, seat), sight, str(seat["roomId"])


async def _join(server: Colyseus, tally: Tally, sight: Sight, how: str) -> Player:
    return await _connect(server, tally, sight, await _post(server.port, f"/matchmake/{how}"))


async def _connect(server: Colyseus, tally: Tally, sight: Sight, seat: dict[str, Any]) -> Player:
    session = str(seat["sessionId"])
    url = f"ws://127.0.0.1:{server.port}/{seat['processId']}/{seat['roomId']}?sessionId={session}"
    _, player = await ws_connect(lambda: Player(tally, sight, session), url, websocket_handshake_timeout=20)
    assert isinstance(player, Player)
    await player.ready.wait()
    return player


async def _post(port: int, path: str) -> dict[str, Any]:
    """One call of the matchmaker, on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: 2\r\n\r\n{{}}".encode())
        answer = await reader.read()
    finally:
        writer.close()
    headers, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in headers.partition(b"\r\n")[0]:
        raise RuntimeError(f"{path}: {answer[:300]!r}")
    found: dict[str, Any] = json.loads(_dechunked(body) if b"chunked" in headers.lower() else body)
    return found


def _dechunked(body: bytes) -> bytes:
    parts: Sequence[bytes] = body.split(b"\r\n")
    return b"".join(parts[1::2])
