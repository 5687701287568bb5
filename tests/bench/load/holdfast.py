"""Clients of ours: msgpack, guests by cookie as pages are, views followed by our own client (rooms/bots/track.py).

All in a room are shown the same bytes, so each message is decoded by the first who gets it, and the others compare.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from functools import partial

import msgspec
import redis.asyncio
from picows import WSMsgType, WSTransport, ws_connect

from rooms.bots.track import Track
from rooms.core.facts import Reply
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import MSGPACK, Act, Open, Operate, Player
from rooms.protocol.codec import parse_server
from rooms.protocol.server import Delta, Frame, Reject, Welcome
from rooms.store import Store
from rooms.store.keys import shard_keys
from tests.bench.load.client import Client, Tally
from tests.bench.load.crowd import Crowd, in_turn
from tests.bench.load.summary import SUMMARIES, Seen, move
from tests.bench.load.window import until
from tests.bench.peers.holdfast import Holdfast

SUBPROTOCOL = "holdfast.v1.msgpack"
HELLO = msgspec.msgpack.encode({"t": "hello", "want": "play"})
SHARDS = 16
LONG_MS = 3_600_000
REPLY_S = 30.0
RECORDED_S = 30.0
KEPT = 32
"""Messages of a room that are remembered: some more than clients may lie apart."""


class Sight:
    """What one room has shown: decoded once."""

    def __init__(self, game: str) -> None:
        """Of a room of `game`."""
        self.summary = SUMMARIES[game]
        self.game = game
        self.known: dict[tuple[int, bytes], tuple[Seen | None, Frame | None]] = {}
        """(tick of the reader's whole, message) -> what a state says, and the message where it is a new whole."""

    def learn(self, key: tuple[int, bytes], seen: Seen | None, whole: Frame | None) -> None:
        """Remember it for the others in the room."""
        if len(self.known) >= KEPT:
            del self.known[next(iter(self.known))]
        self.known[key] = (seen, whole)


class Guest(Client):
    """A player in a room."""

    def __init__(self, tally: Tally, sight: Sight) -> None:
        """Says hello as soon as it is connected."""
        super().__init__(tally)
        self._sight, self._track, self._base, self._seq = sight, Track(), -1, 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Hello."""
        super().on_ws_connected(transport)
        transport.send(WSMsgType.BINARY, HELLO)

    def take(self, payload: bytes) -> None:
        """One message of the server."""
        known = self._sight.known.get((self._base, payload))
        if known is None:
            self._decode(payload)
            return
        seen, whole = known
        if whole is not None:
            self._track.frame(whole)
            self._base = whole.tick
        if seen is not None:
            self.see(*seen, len(payload))

    def say(self, mark: int) -> None:
        """A move, as any client of ours would send it."""
        assert self.transport is not None
        self._seq += 1
        message = {"t": "move", "seq": self._seq, "move": move(self._sight.game, mark)}
        self.transport.send(WSMsgType.BINARY, msgspec.msgpack.encode(message))

    def _decode(self, payload: bytes) -> None:
        message, base = parse_server(payload, MSGPACK), self._base
        if isinstance(message, Frame | Delta):
            view = self._track.frame(message)
            whole = message if isinstance(message, Frame) else None
            seen = None if view is None or view.game is None else self._sight.summary(view.game)
            self._sight.learn((base, payload), seen, whole)
            if whole is not None:
                self._base = whole.tick
            if seen is not None:
                self.see(*seen, len(payload))
        elif isinstance(message, Welcome):
            self._track.welcome(message)
            self._base, self._seq = message.tick, message.seq
            if message.you.seat is not None:
                self.seat = message.you.seat
                self.ready.set()
        elif isinstance(message, Reject):
            self.tally.refused += 1


async def enter(server: Holdfast, game: str, rooms: int, size: int) -> Crowd:
    """A crowd in so many rooms of `size` players, each of whose matches has begun."""
    store = Store(server.redis_url, SHARDS)
    crowd = Crowd()
    names = [RoomId(secrets.token_urlsafe(16)) for _ in range(rooms)]
    crowd.goodbye = partial(_close, store, server.redis_url, names)
    await in_turn([partial(_open, store, room, game, size) for room in names])
    sights = {room: Sight(game) for room in names}
    seats = [(room, place) for room in names for place in range(size)]
    joins = [
        partial(_join, server, crowd.tally, sights[room], room, f"{number}") for number, (room, _) in enumerate(seats)
    ]
    crowd.clients.extend(await in_turn(joins))
    await until(lambda: all(client.ready.is_set() for client in crowd.clients), 30, lambda: "a seat for everybody")
    return crowd


async def _join(server: Holdfast, tally: Tally, sight: Sight, room: RoomId, name: str) -> Guest:
    from lobby.identity import COOKIE, sign_guest
    from lobby.identity import Guest as Identity

    cookie = sign_guest(Identity(Player(PlayerId(f"g-{name}"), f"Guest {name}"), picked=True))
    origin = f"127.0.0.1:{server.port}"
    headers = {"Cookie": f"{COOKIE}={cookie}", "Origin": f"http://{origin}", "Sec-WebSocket-Protocol": SUBPROTOCOL}
    _, guest = await ws_connect(
        lambda: Guest(tally, sight),
        f"ws://{origin}/ws/rooms/{room}/",
        extra_headers=headers,
        websocket_handshake_timeout=20,
    )
    assert isinstance(guest, Guest)
    return guest


async def _open(store: Store, room: RoomId, game: str, size: int) -> None:
    """A room that starts by itself when its seats are taken, as quick play's do."""
    act = Open(game, {}, size, secrets.token_hex(16), None, fill_ms=LONG_MS, incarnation=secrets.token_urlsafe(9))
    await _ask(store, room, act)


async def _close(store: Store, url: str, names: Sequence[RoomId]) -> None:
    """Nothing of the crowd is left to tick, or to be recorded: the next sample would pay for that."""
    await in_turn([partial(_ask, store, room, Operate("close")) for room in names])
    await store.aclose()
    async with asyncio.timeout(RECORDED_S), redis.asyncio.Redis.from_url(url) as client:
        for shard in range(SHARDS):
            while True:
                if not await client.xlen(shard_keys(shard).outbox):  # what is recorded leaves it
                    break
                await asyncio.sleep(0.02)


async def _ask(store: Store, room: RoomId, act: Act) -> None:
    token = secrets.token_urlsafe(12)
    await store.append_to(room, act, token)
    raw = await store.reply(store.shard_of(room), token, REPLY_S)
    answer = None if raw is None else msgspec.msgpack.decode(raw, type=Reply)
    if answer is None or not answer.ok:
        raise RuntimeError(f"room {room}: {act} was answered by {answer}")
