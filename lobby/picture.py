"""The read-only picture of all rooms that a web process has: filled once, then kept by the feed of changed cards.

engine -> commit -> Redis -> [picture] -> pages, API, live list

Lists, filters and the search for an open seat never touch Redis. While Redis is away the picture stays, and `stale`
says so: whoever shows it must say it too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal
from weakref import WeakKeyDictionary

import msgspec

from lobby.stores import live_store, read_card
from rooms.core.facts import Card
from rooms.core.ids import RoomId
from rooms.store import Store, StoreUnavailable

logger = logging.getLogger(__name__)

FIRST_FILL_S: Final = 2.0
"""How long the first request of a process waits for the picture."""
AGAIN_S: Final = 0.5
"""Between two tries to read all cards."""
PULSE_S: Final = 2.0
"""Between two questions whether Redis answers."""
LONGEST_LIST: Final = 200
"""Rooms in one list: beyond that, filter."""

Watcher = Callable[[], Awaitable[None]]
Order = Literal["open", "new", "full"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which public rooms to list. `game` "" is any; `seats`: only with a seat for a person."""

    game: str = ""
    seats: bool = False
    order: Order = "open"
    limit: int = LONGEST_LIST

    def takes(self, card: Card) -> bool:
        """Whether this room is listed. Private and closed rooms never are."""
        if card.private or card.phase == "closed":
            return False
        return (not self.game or card.game == self.game) and (not self.seats or card.joinable)


LISTED: Final = Filter()
"""Every public room."""


class Picture:
    """All cards, by room. Get it with `picture()`; it follows the feed from the first use on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cards: dict[RoomId, Card] = {}
        self._filled = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.stale = False
        """Redis does not answer: what is shown may have changed since."""
        self.watchers: set[Watcher] = set()
        """Called each time `stale` changes. Each awaits its own sending and must take itself out again."""

    async def ready(self) -> Picture:
        """Itself, once it was filled for the first time. Raises StoreUnavailable when Redis does not let it."""
        if not self._tasks or any(task.done() for task in self._tasks):
            await self.aclose()
            jobs = {"lobby picture": self._follow(), "lobby pulse": self._pulse()}
            self._tasks = [asyncio.create_task(job, name=name) for name, job in jobs.items()]
        try:
            async with asyncio.timeout(FIRST_FILL_S):
                await self._filled.wait()
        except TimeoutError:
            raise StoreUnavailable("The list of rooms could not be read in time.") from None
        return self

    def listed(self, wanted: Filter) -> list[Card]:
        """The public rooms that `wanted` takes, in its order."""
        found = (card for card in self._cards.values() if wanted.takes(card))
        return sorted(found, key=_ORDERS[wanted.order])[: wanted.limit]

    def find(self, room: RoomId) -> Card | None:
        """A room's card, private or not: whoever knows the id is invited."""
        card = self._cards.get(room)
        return None if card is None or card.phase == "closed" else card

    def open_seats(self, game: str) -> list[Card]:
        """Public rooms of quick play where a person may sit down: the fullest first, then the oldest."""
        found = (card for card in self.listed(Filter(game, seats=True)) if card.quick and not card.paused)
        return sorted(found, key=lambda card: (-(card.players - card.bots), card.opened_ms))

    def all(self) -> list[Card]:
        """Every room, private ones too: for whoever runs the server."""
        return [card for card in self._cards.values() if card.phase != "closed"]

    def paused(self) -> int:
        """Rooms that a fault of their rules stopped."""
        return sum(1 for card in self._cards.values() if card.paused)

    def count(self) -> int:
        """All open rooms, private ones too."""
        return len(self._cards)

    async def aclose(self) -> None:
        """Stop following."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _follow(self) -> None:
        """Keep the cards. The feed heals itself and says when all must be read again."""
        while True:
            feed = self._store.card_feed()
            try:
                async for changes in feed:
                    await self._apply(changes)
                    self._filled.set()
            except StoreUnavailable as away:
                logger.warning("the list of rooms cannot be read: %s", away)
            finally:
                await feed.aclose()
            await asyncio.sleep(AGAIN_S)

    async def _pulse(self) -> None:
        """Learn whether Redis answers at all: a feed that is silent looks like one where nothing happens."""
        while True:
            before = self.stale
            try:
                await self._store.now_ms()
                self.stale = False
            except StoreUnavailable:
                self.stale = True
            if self.stale != before:
                await self._tell_watchers()
            await asyncio.sleep(PULSE_S)

    async def _tell_watchers(self) -> None:
        told = await asyncio.gather(*(watcher() for watcher in self.watchers), return_exceptions=True)
        for problem in told:
            if isinstance(problem, Exception):
                logger.warning("a page could not be told how fresh the list is: %r", problem)

    async def _apply(self, changes: Iterable[tuple[RoomId, bytes | None]] | None) -> None:
        """Changed cards, or None: read all again. The feed was joined before this, so nothing falls between."""
        if changes is None:
            fresh = await self._store.cards()
            self._cards = {room: card for room, raw in fresh.items() if (card := _readable(room, raw))}
            return
        for room, raw in changes:
            card = _readable(room, raw) if raw is not None else None
            if card is None:
                self._cards.pop(room, None)
            else:
                self._cards[room] = card


def _readable(room: RoomId, raw: bytes) -> Card | None:
    try:
        return read_card(raw)
    except msgspec.DecodeError as error:
        logger.error("the card of room %s cannot be read and is left out: %s", room, error)
        return None


_PHASES: Final = {"waiting": 0, "rematch": 1, "finished": 1, "playing": 2, "closed": 3}
_ORDERS: Final = {
    "open": lambda card: (not card.joinable, _PHASES[card.phase], -card.players, -card.opened_ms),
    "new": lambda card: -card.opened_ms,
    "full": lambda card: (-card.players - card.spectators, -card.opened_ms),
}

_pictures: WeakKeyDictionary[asyncio.AbstractEventLoop, Picture] = WeakKeyDictionary()


async def picture() -> Picture:
    """The filled picture of the running event loop. Raises StoreUnavailable."""
    loop = asyncio.get_running_loop()
    ours = _pictures.get(loop)
    if ours is None:
        ours = _pictures[loop] = Picture(live_store())
    return await ours.ready()


async def forget_picture() -> None:
    """Stop following, at the end of an event loop that is not the process's last."""
    ours = _pictures.pop(asyncio.get_running_loop(), None)
    if ours is not None:
        await ours.aclose()
