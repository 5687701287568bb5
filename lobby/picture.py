"""The read-only picture of all rooms that a web process has: filled once, then kept by the feed of changed cards.

engine -> commit -> Redis -> [picture] -> pages, API, live list

Lists, searches and the search for an open seat never touch Redis. While Redis is away the picture stays, and `stale`
says so: whoever shows it must say it too.
"""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

from lobby.filters import LONGEST_LIST, Filter, Key
from lobby.following import Following
from lobby.shelves import Page, Shelves
from lobby.stores import live_store
from lobby.watching import Watching
from rooms.core.facts import Card
from rooms.core.ids import RoomId
from rooms.store import Store, StoreUnavailable

FIRST_FILL_S: Final = 5.0
"""How long the first requests of a process wait for the picture: 10,000 rooms are read in half a second."""


class Picture:
    """All cards, by room. Get it with `picture()`; it follows the feed from the first use on."""

    def __init__(self, store: Store) -> None:
        self._shelves = Shelves()
        self._store = store
        self._following: Following | None = None
        self._task: asyncio.Task[None] | None = None
        self.watching = Watching(self._shelves)
        """Those who see one of its lists change."""

    @property
    def stale(self) -> bool:
        """Redis does not answer: what is shown may have changed since."""
        return self.watching.stale

    async def ready(self) -> Picture:
        """Itself, once it was filled for the first time. Raises StoreUnavailable when Redis does not let it."""
        if self._following is None or self._task is None or self._task.done():
            await self.aclose()
            self._following = Following(self._store, self._shelves, self.watching.freshness)
            self._task = asyncio.create_task(self._run(self._following), name="lobby picture")
        if not self._following.filled.is_set():
            try:
                async with asyncio.timeout(FIRST_FILL_S):
                    await self._following.filled.wait()
            except TimeoutError:
                raise StoreUnavailable("The list of rooms could not be read in time.") from None
        return self

    def page(self, wanted: Filter, limit: int = LONGEST_LIST, after: Key | None = None) -> Page:
        """The public rooms that `wanted` takes, in its order, from behind `after` on."""
        return self._shelves.page(wanted, limit, after)

    def find(self, room: RoomId) -> Card | None:
        """A room's card, private or not: whoever knows the id is invited."""
        return self._shelves.find(room)

    def open_seats(self, game: str, limit: int = LONGEST_LIST) -> list[Card]:
        """Public rooms of quick play where a person may sit down: the fullest first, then the oldest."""
        return self.page(Filter(game, seats=True, order="company", quick=True), limit).cards

    def all(self) -> list[Card]:
        """Every room, private ones too: for whoever runs the server."""
        return self._shelves.all()

    def paused(self) -> int:
        """Rooms that a fault of their rules stopped."""
        return self._shelves.paused

    def count(self) -> int:
        """All open rooms, private ones too."""
        return len(self._shelves)

    async def _run(self, following: Following) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(following.run())
            tasks.create_task(self.watching.run())

    async def aclose(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None


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
