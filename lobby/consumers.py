"""The live list of open rooms: each page's socket is in the Channels group "lobby" and hears what changed.

engine -> card feed -> lobby worker -> group "lobby" -> [consumer] -> static/js/lobby/rooms.js

    {"t": "rooms", "rooms": [row, ...]}                   the whole list: first, and whenever a change may be missing
    {"t": "changes", "rooms": [row, ...], "gone": [id]}   rooms that are new or changed, and ids that left the list
    {"t": "status", "state": "ok" | "stale"}              "stale": Redis does not answer, so the list may be old

Rows are those of lobby/rows.py. The page sends nothing.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from lobby.caching import REDIS_AWAY
from lobby.picture import LISTED, Picture, picture
from lobby.rows import Row, row_of
from rooms.protocol.closing import Close
from rooms.store import StoreUnavailable

logger = logging.getLogger(__name__)

GROUP: Final = "lobby"


class LobbyConsumer(AsyncJsonWebsocketConsumer):
    """One page that shows the list."""

    groups = [GROUP]
    source = ""
    """Which worker the last change came from; a new one may have missed what the old one did not tell."""
    number = 0
    """Of the last change. The next must be one more."""
    _seen: Picture | None = None
    _left = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Where the channel layer fails, the connection ends with a code that brings the page back later."""
        try:
            await super().__call__(scope, receive, send)
        except REDIS_AWAY as away:
            logger.warning("the live list of a page ends, because Redis is away: %r", away)
            if not self._left:
                await send({"type": "websocket.close", "code": Close.SERVER_BUSY})
        finally:
            if self._seen is not None:
                self._seen.watchers.discard(self._freshness)

    async def websocket_disconnect(self, message: Any) -> None:
        """The page is gone, whatever the channel layer says to our leaving the group."""
        self._left = True
        await super().websocket_disconnect(message)

    async def connect(self) -> None:
        """Joined to the group already, so nothing falls between the list and the first change."""
        await self.accept()
        await self._send_all([], [])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """This socket only tells. What a page sends is a mistake, and ends its connection."""
        await self.close(Close.BAD_MESSAGE)

    async def lobby_changes(self, event: dict[str, Any]) -> None:
        """From the worker: what changed since its last message."""
        follows = event["source"] == self.source and event["number"] == self.number + 1
        self.source, self.number = event["source"], event["number"]
        if follows:
            await self.send_json({"t": "changes", "rooms": event["rooms"], "gone": event["gone"]})
        else:
            await self._send_all(event["rooms"], event["gone"])

    async def _send_all(self, rooms: list[Row], gone: list[str]) -> None:
        """The whole list of this process's picture, with a change laid over it that it may not have seen yet."""
        try:
            seen = await picture()
        except StoreUnavailable as error:
            logger.warning("the live list cannot be sent: %s", error)
            await self.send_json({"t": "status", "state": "stale"})
            await self.close(Close.SERVER_BUSY)
            return
        self._seen = seen
        seen.watchers.add(self._freshness)
        rows: dict[str, Row] = {card.room: row_of(card) for card in seen.listed(LISTED)}
        rows |= {row["room"]: row for row in rooms}
        for room in gone:
            rows.pop(room, None)
        await self.send_json({"t": "rooms", "rooms": list(rows.values())})
        await self.send_json({"t": "status", "state": "stale" if seen.stale else "ok"})

    async def _freshness(self) -> None:
        """Redis went away, or it is back: then changes may have been lost on the way."""
        if self._seen is not None and self._seen.stale:
            await self.send_json({"t": "status", "state": "stale"})
        else:
            await self._send_all([], [])
