"""One player's socket: from the handshake to the log, and nothing between that waits.

browser | bot -> [consumer] -> hub -> log

A plain ASGI application: no Channels dispatch, no thread, no task for a message, no channel layer. Where the server
offers a DirectWire a message comes by callback, straight from its frame; elsewhere through `receive`. What comes back
is written by the hub straight to the socket.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final, cast

import msgspec

from rooms import meters
from rooms.core.facts import Card
from rooms.core.ids import ROOM_ID, PlayerId, RoomId
from rooms.core.inputs import JSON, Player, Resume
from rooms.games import get_rules
from rooms.hearing import Farewell, Hearing, parse
from rooms.hub import Hub
from rooms.link import Link
from rooms.protocol import client, codec, server
from rooms.protocol.closing import Close
from rooms.store import StoreUnavailable
from rooms.wire import EXTENSION, AsgiWire, DirectWire, Receive, Scope, Send, Wire

HELLO_S: Final = 10.0
GOODBYE_S: Final = 5.0
"""How long a socket that was told goodbye is waited for."""
LOOK_S: Final = 30.0
"""How long a room is looked for while Redis cannot be reached."""
INTERNAL: Final = 1011
NOBODY: Final = Player(PlayerId(""), "")

logger = logging.getLogger(__name__)


class Gone(Exception):  # how a visit ends, not a fault
    """The socket is gone."""


async def room_consumer(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application of a room's socket. The scope names the player and the room (rooms/routing.py)."""
    if (await receive())["type"] != "websocket.connect":
        return
    hub = Hub.of_loop()
    offered = scope.get("subprotocols") or []
    chosen = next((name for name in offered if name in codec.SUBPROTOCOLS), None)
    await send({"type": "websocket.accept", "subprotocol": chosen})
    extension: Wire | None = (scope.get("extensions") or {}).get(EXTENSION)
    fallback = None if extension is not None else AsgiWire(send)
    wire = cast(Wire, extension or fallback)
    room = str(scope["url_route"]["kwargs"]["room"])
    player: Player | None = scope.get("player")
    link = Link(RoomId(room), player or NOBODY, codec.SUBPROTOCOLS.get(chosen or "", JSON), wire)
    if isinstance(wire, DirectWire):
        forget(scope)
    visit = Visit(link, receive, hub)
    try:
        await visit.run(player is not None, bool(offered) and chosen is None)
    finally:
        visit.leave()
        if fallback is not None:
            await fallback.stop()


def forget(scope: Scope) -> None:
    """Drop what the handshake brought: frames hold the scope, and this socket may be open, and idle, for hours.

    Only where our own server made it, for this socket alone. The headers are one list in every copy of the scope.
    """
    headers = scope.get("headers")
    if isinstance(headers, list):
        headers.clear()
    scope.clear()


class Visit:
    """One connection from hello to goodbye."""

    def __init__(self, link: Link, receive: Receive, hub: Hub) -> None:
        """`link` is open but not in the room."""
        self.link, self._receive, self._hub = link, receive, hub
        self._hearing: Hearing

    async def run(self, known: bool, strange: bool) -> None:
        """Serve the socket until it is gone. `known`: its player is; `strange`: it offered no subprotocol of ours."""
        try:
            self._admit(known, strange)
            hello = await self._hello()
            self._hearing = Hearing(self.link, self._hub, get_rules((await self._find()).game))
            self.link.want = hello.want
            if hello.incarnation:
                self.link.resume = Resume(hello.incarnation, hello.offset)
            self._hub.join(self.link)
            if isinstance(self.link.wire, DirectWire):
                self.link.wire.listen(self._hear)  # from now on `receive` gives nothing but the end
            while True:
                self._hear(await self._message())
        except Farewell as end:
            await self._see_off(end)
        except Gone:
            return
        except Exception as error:
            await self._see_off(self._failed(error))

    def _hear(self, raw: bytes | str) -> None:
        """One message after hello. Never raises."""
        if self.link.closed:
            return
        try:
            self._hearing.take(raw)
        except Farewell as end:
            self.link.goodbye(end.code, end.reason)
        except Exception as error:
            failed = self._failed(error)
            self.link.goodbye(failed.code, failed.reason)

    def _failed(self, error: Exception) -> Farewell:
        """One socket's fault is its own (law 7)."""
        meters.count("consumer_faults")
        who, where = self.link.player.id, self.link.room
        logger.error("the socket of player %s in room %s failed", who, where, exc_info=error)
        return Farewell(INTERNAL, "Something went wrong here. Connect again.")

    def leave(self) -> None:
        """The socket is gone, whatever ended it."""
        self.link.closed = True
        self._hub.leave(self.link)

    # -- before the room

    def _admit(self, known: bool, strange: bool) -> None:
        if self._hub.closing:
            raise Farewell(Close.SERVER_BUSY, "The server restarts. Connect again.")
        if strange:
            names = " or ".join(codec.SUBPROTOCOLS)
            raise Farewell(Close.BAD_MESSAGE, f"Offer the subprotocol {names}.")
        if not known:
            raise Farewell(Close.FORBIDDEN, "You are not known here. Open the page first, or send a valid token.")
        if ROOM_ID.match(self.link.room) is None:
            raise Farewell(Close.NOT_FOUND, "There is no such room.")

    async def _hello(self) -> client.Hello:
        try:
            async with asyncio.timeout(HELLO_S):
                hello = parse(self.link, await self._message())
        except TimeoutError:
            raise Farewell(Close.NO_HELLO, f"Say hello within {HELLO_S:g} seconds.") from None
        if not isinstance(hello, client.Hello):
            raise Farewell(Close.BAD_MESSAGE, "The first message must be hello.")
        return hello

    async def _find(self) -> Card:
        """The room's card. While Redis cannot be reached the client is told, and waits."""
        until, told = time.monotonic() + LOOK_S, False
        while True:
            try:
                raw = await self._hub.store.card(self.link.room)
            except StoreUnavailable as error:
                if time.monotonic() > until:
                    raise Farewell(Close.SERVER_BUSY, "The rooms cannot be reached. Try again.") from error
                if not told:
                    self.link.say(server.Status("degraded", str(error)))
                    told = True
                await asyncio.sleep(0.5)
                continue
            if told:
                self.link.say(server.Status("ok"))
            if raw is None:
                raise Farewell(Close.NOT_FOUND, "There is no such room, or it has closed.")
            return msgspec.msgpack.decode(raw, type=Card)

    # -- reading

    async def _message(self) -> bytes | str:
        while True:
            event = await self._receive()
            if event["type"] == "websocket.disconnect":
                raise Gone
            if not self.link.closed:
                text = event.get("text")
                return text if text is not None else cast(bytes, event["bytes"])

    # -- the end

    async def _see_off(self, end: Farewell) -> None:
        """Say goodbye, and wait until the socket is gone so that the goodbye arrives."""
        self.link.goodbye(end.code, end.reason)
        try:
            async with asyncio.timeout(GOODBYE_S):
                while True:
                    await self._message()
        except (Gone, TimeoutError):
            return
