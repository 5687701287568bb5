"""Clients of the Channels tutorial (peers/tutorial_app.py): JSON in text."""

from __future__ import annotations

from functools import partial

import msgspec
from picows import WSMsgType, ws_connect

from tests.bench.load.client import Client, Tally
from tests.bench.load.crowd import Crowd, in_turn
from tests.bench.load.summary import move
from tests.bench.peers.tutorial import Tutorial

PATIENT = 20
"""Connections that are made at a time: with more of them it answers 500."""


class State(msgspec.Struct):
    """What a room tells."""

    n: int
    players: dict[str, int] = {}


class Said(msgspec.Struct):
    message: State


_decoder = msgspec.json.Decoder(Said)


class Chatter(Client):
    """A socket in a room."""

    def __init__(self, tally: Tally, game: str, who: str) -> None:
        """`who`: its name in the room."""
        super().__init__(tally)
        self._game, self._who = game, who

    def take(self, payload: bytes) -> None:
        """A state."""
        state = _decoder.decode(payload).message
        self.see(state.n, (state.players.get(self._who, 0),), len(payload))

    def say(self, mark: int) -> None:
        """A message, as the tutorial's page sends it."""
        assert self.transport is not None
        self.transport.send(WSMsgType.TEXT, msgspec.json.encode({"message": move(self._game, mark)}))


async def enter(server: Tutorial, game: str, rooms: int, size: int) -> Crowd:
    """A crowd in so many rooms."""
    crowd = Crowd()
    places = [(room, f"{number}") for room in range(rooms) for number in range(size)]
    joins = [partial(_join, server, crowd.tally, game, f"{room}", who) for room, who in places]
    crowd.clients.extend(await in_turn(joins, PATIENT))
    return crowd


async def _join(server: Tutorial, tally: Tally, game: str, room: str, who: str) -> Chatter:
    url = f"ws://127.0.0.1:{server.port}/ws/{game}/{room}/{who}/"
    _, chatter = await ws_connect(lambda: Chatter(tally, game, who), url, websocket_handshake_timeout=20)
    assert isinstance(chatter, Chatter)
    return chatter
