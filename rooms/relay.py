"""Ephemeral messages between the players of a room, past the rules: at once, in no order with the state, perhaps lost.

consumer -> hub -> [Channels group room.<id>] -> hubs -> sockets

Each hub is a member of the group of every room it has a socket in. It asks for membership again after errors and
from time to time, so neither an expired membership nor a restarted Redis leaves a room mute.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, Protocol

import msgspec

from rooms import meters
from rooms.core.game import Rules
from rooms.core.ids import RoomId, Seat, SocketId
from rooms.core.inputs import JSON, MSGPACK, Wire
from rooms.limits import RELAY_BYTES
from rooms.protocol import client, codec, server

MOST_WAITING: Final = 1000
"""Relays that wait to be sent; beyond it the oldest are dropped."""
REFRESH_S: Final = 60.0
"""Membership of every group is asked for again this often."""
RETRY_S: Final = 0.5

logger = logging.getLogger(__name__)


class Emote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What any seated player may show in any game."""

    emote: Literal["wave", "gg", "wow", "oops", "nice", "hurry"]


class RelayRefused(ValueError):
    """A relay that is not allowed: `code` for programs, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Relay(NamedTuple):
    """One message on its way, encoded for both wires."""

    room: RoomId
    sender: SocketId
    json: bytes
    msgpack: bytes

    def payload(self, wire: Wire) -> bytes:
        """What a socket of that wire gets."""
        return self.json if wire == JSON else self.msgpack


class Layer(Protocol):
    """The part of a Channels layer that is used here."""

    async def new_channel(self, prefix: str = ...) -> str: ...
    async def receive(self, channel: str) -> dict[str, Any]: ...
    async def group_add(self, group: str, channel: str) -> None: ...
    async def group_discard(self, group: str, channel: str) -> None: ...
    async def group_send(self, group: str, message: dict[str, Any]) -> None: ...


def check(message: client.Relay, rules: Rules, wire: Wire) -> Any:
    """The body of a relay, decoded as its kind says. Raises RelayRefused."""
    shape = Emote if message.kind == "emote" else rules.relays.get(message.kind)
    if shape is None:
        kinds = ", ".join(sorted({"emote", *rules.relays}))
        raise RelayRefused("bad_relay", f"This game relays only: {kinds}.")
    if len(bytes(message.body)) > RELAY_BYTES:
        raise RelayRefused("bad_relay", f"A relayed body may have {RELAY_BYTES} bytes.")
    try:
        return codec.parse_part(message.body, shape, wire)
    except codec.Malformed as error:
        raise RelayRefused("bad_relay", str(error)) from error


def encode(room: RoomId, sender: SocketId, seat: Seat, kind: str, body: Any) -> Relay:
    """A relay ready to be sent: encoded once, whoever reads it."""
    message = server.Relayed(seat, kind, body)
    return Relay(room, sender, codec.dump(message, JSON), codec.dump(message, MSGPACK))


class RelayGroup:
    """This process's membership of the rooms' groups. `send`, `enter` and `leave` never wait."""

    def __init__(self, layer: Layer, deliver: Callable[[Relay], None]) -> None:
        """`deliver` is called with each relay that arrives, the process's own included."""
        self._layer, self._deliver = layer, deliver
        self._wanted: set[RoomId] = set()
        self._joined: set[RoomId] = set()
        self._outbox: deque[Relay] = deque(maxlen=MOST_WAITING)
        self._wake = asyncio.Event()
        self._channel = ""

    def enter(self, room: RoomId) -> None:
        """A first socket of the room is here."""
        self._wanted.add(room)
        self._wake.set()

    def leave(self, room: RoomId) -> None:
        """The last socket of the room is gone."""
        self._wanted.discard(room)
        self._wake.set()

    def send(self, relay: Relay) -> None:
        """Send to every hub with a socket in the room."""
        if len(self._outbox) == MOST_WAITING:
            meters.count("relays_dropped")
        self._outbox.append(relay)
        self._wake.set()

    async def run(self) -> None:
        """Keep the memberships, send what waits, take what comes, for ever."""
        self._joined.clear()
        self._channel = await self._layer.new_channel()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take())
            group.create_task(self._give())

    async def _take(self) -> None:
        while True:
            try:
                message = await self._layer.receive(self._channel)
            except Exception as error:  # each layer raises errors of its own
                await self._trouble("received", error)
                continue
            meters.count("relays_received")
            self._deliver(Relay(message["room"], message["sender"], message["json"], message["msgpack"]))

    async def _give(self) -> None:
        loop = asyncio.get_running_loop()
        refresh = loop.time() + REFRESH_S
        while True:
            try:
                async with asyncio.timeout_at(refresh):
                    await self._wake.wait()
                self._wake.clear()
                await self._follow()
                await self._send_waiting()
            except TimeoutError:
                refresh = loop.time() + REFRESH_S
                self._forget()
            except Exception as error:  # each layer raises errors of its own
                self._forget()
                await self._trouble("sent", error)

    def _forget(self) -> None:
        """Ask for every wanted membership again: what a layer was told may be lost on its side."""
        self._joined -= self._wanted
        self._wake.set()

    async def _trouble(self, what: str, error: Exception) -> None:
        meters.count("relay_failures")
        logger.warning("relays are not %s now: %s", what, error)
        await asyncio.sleep(RETRY_S)

    async def _send_waiting(self) -> None:
        while self._outbox:
            relay = self._outbox.popleft()
            await self._layer.group_send(f"room.{relay.room}", {"type": "room.relay", **relay._asdict()})

    async def _follow(self) -> None:
        """Bring the memberships to what is wanted."""
        for room in self._wanted - self._joined:
            await self._layer.group_add(f"room.{room}", self._channel)
            self._joined.add(room)
        for room in self._joined - self._wanted:
            await self._layer.group_discard(f"room.{room}", self._channel)
            self._joined.discard(room)
