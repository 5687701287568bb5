"""Tells the pages what changed in the list of rooms: coalesced, at most four times a second, by one worker alone.

card feed -> [announcer] -> group "lobby" -> lobby/consumers.py

Of several workers the one that holds the voice speaks; the others listen along. Each message carries the speaker's
name and a number, so that a page notices a gap (a new speaker, a lost message) and is given the whole list.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Any, Final

import msgspec
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.core.cache import cache

from lobby.caching import REDIS_AWAY
from lobby.consumers import GROUP
from lobby.picture import LISTED
from lobby.rows import Row, row_of
from lobby.stores import live_store, read_card
from rooms.core.ids import RoomId
from rooms.store import Store, StoreUnavailable

logger = logging.getLogger(__name__)

EVERY_S: Final = 0.25
VOICE_KEY: Final = "lobby-voice"
VOICE_S: Final = 5
"""How long the voice is held without being renewed; after that another worker takes it."""
MOST_WAITING: Final = 2000
"""Changes kept for the next message; beyond it the pages are given the whole list instead."""


class Announcer:
    """One per worker."""

    def __init__(self, store: Store | None = None) -> None:
        self._store = store or live_store()
        self._me = secrets.token_hex(4)
        self._source = secrets.token_hex(4)
        self._number = 0
        self._known: set[RoomId] = set()
        """Public rooms that the pages have been told of: of others they must not even hear that they are gone."""
        self._changed: dict[RoomId, Row | None] = {}
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Listen and speak until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._speak())

    async def _listen(self) -> None:
        while True:
            feed = self._store.card_feed()
            try:
                async for changes in feed:
                    await self._note(changes)
            except StoreUnavailable as away:
                logger.warning("the list of rooms cannot be read: %s", away)
            finally:
                await feed.aclose()
            await asyncio.sleep(EVERY_S)

    async def _note(self, changes: list[tuple[RoomId, bytes | None]] | None) -> None:
        if changes is None:
            changes = await self._all_anew()
        for room, raw in changes:
            self._note_one(room, raw)
        if len(self._changed) > MOST_WAITING:
            self._start_over()
        if self._changed:
            self._wake.set()

    async def _all_anew(self) -> list[tuple[RoomId, bytes | None]]:
        """Everything may have changed: all cards, and None for what is not there any more."""
        cards = await self._store.cards()
        self._start_over()
        gone: list[tuple[RoomId, bytes | None]] = [(room, None) for room in self._known - cards.keys()]
        return gone + list(cards.items())

    def _start_over(self) -> None:
        """A new name: every page will see a gap and be given the whole list."""
        self._source, self._number = secrets.token_hex(4), 0
        self._changed.clear()

    def _note_one(self, room: RoomId, raw: bytes | None) -> None:
        try:
            card = read_card(raw) if raw is not None else None
        except msgspec.DecodeError as error:
            logger.error("the card of room %s cannot be read and is not told: %s", room, error)
            return
        if card is not None and LISTED.takes(card):
            self._known.add(room)
            self._changed[room] = row_of(card)
        elif room in self._known:
            self._known.discard(room)
            self._changed[room] = None

    async def _speak(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(EVERY_S)
            self._wake.clear()
            changed, self._changed = self._changed, {}
            if changed and await hold_voice(self._me):
                await self._send(changed)

    async def _send(self, changed: dict[RoomId, Row | None]) -> None:
        self._number += 1
        message: dict[str, Any] = {
            "type": "lobby.changes",
            "source": self._source,
            "number": self._number,
            "rooms": [row for row in changed.values() if row is not None],
            "gone": [room for room, row in changed.items() if row is None],
        }
        layer = get_channel_layer()
        assert layer is not None  # gameserver.checks refuses to start without one
        try:
            await layer.group_send(GROUP, message)
        except REDIS_AWAY as error:
            logger.warning("the pages could not be told of %d changes: %s", len(changed), error)
            self._start_over()


@sync_to_async(thread_sensitive=False)
def hold_voice(me: str) -> bool:
    """Whether this worker speaks now. Without the cache nobody does: the pages' own lists stay right."""
    try:
        if cache.add(VOICE_KEY, me, timeout=VOICE_S):
            return True
        if cache.get(VOICE_KEY) != me:
            return False
        return bool(cache.touch(VOICE_KEY, VOICE_S))
    except REDIS_AWAY as error:
        logger.warning("which worker tells the pages cannot be settled: %s", error)
        return False
