"""Rooms in which two real players are always busy, and that remember what was acknowledged and what was seen.

async with busy_rooms(store, web, 8) as rooms:   # an arena of two players each, just begun
    ...                                           # hurt something
    await rooms[0].finish()
    await rooms[0].check(store)                        # nothing acknowledged is lost or doubled, nothing went back
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise

from rooms.bots.client import RoomClient
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Player
from rooms.core.journal import Stepped, join_items, read_lines
from rooms.games.arena import Move
from rooms.store import Store
from tests.support.fleet import Web
from tests.support.player import guest, until_view
from tests.support.sockets import open_room
from tests.support.waiting import until

TALK_S = 0.8
"""Rooms allow a line every 0.7 s."""


class BusyRoom:
    """One room: `mover` steers and talks, each time after the last was acknowledged; `watcher` sees and hears."""

    def __init__(self, room: RoomId, mover: RoomClient, watcher: RoomClient) -> None:
        """Nothing happens yet: `begin`."""
        self.room = room
        self._mover, self._watcher = mover, watcher
        self.moves = 0
        """Moves acknowledged."""
        self.said: list[str] = []
        """Lines acknowledged."""
        self.heard: list[str] = []
        self.offsets: list[int] = []
        self.views: list[tuple[float, int]] = []
        """When each view came, and its tick."""
        self._moved_at = 0.0
        self._over = False
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Start the match, and be busy from now on."""
        await self._watcher.ready()
        await until_view(self._mover, lambda view: all(view.room["seats"]))
        await self._mover.start()
        self._tasks = [asyncio.create_task(job()) for job in (self._move, self._talk, self._hear, self._watch)]

    async def _move(self) -> None:
        while not self._over:
            asked = time.monotonic()
            await self._mover.move(Move(thrust=1 if self.moves % 2 else 0, turn=1))
            self.moves, self._moved_at = self.moves + 1, asked

    async def _talk(self) -> None:
        while not self._over:
            line = f"line {len(self.said)}"
            await self._mover.chat(line)
            self.said.append(line)
            await asyncio.sleep(TALK_S)

    async def _hear(self) -> None:
        async for event in self._watcher.events():
            self.offsets.append(event.offset)
            if event.kind == "chat":
                self.heard.append(event.body["text"])

    async def _watch(self) -> None:
        async for view in self._watcher.views():
            self.views.append((time.monotonic(), view.tick))

    async def played_after(self, moment: float) -> None:
        """Return when a move was acknowledged that was made after `moment`."""
        await until(lambda: self._moved_at > moment or self._fault(), 60, f"{self.room} stands still")
        assert self._fault() is None, self._fault()

    def _fault(self) -> BaseException | None:
        """What ended one of the players' tasks."""
        ended = [task for task in self._tasks if task.done() and not task.cancelled()]
        return next((task.exception() for task in ended if task.exception()), None)

    async def finish(self) -> None:
        """Do no more; return when all that was said has been heard."""
        self._over = True
        await asyncio.wait_for(asyncio.gather(*self._tasks[:2]), 10)
        await until(lambda: len(self.heard) >= len(self.said), 10, f"{self.room}: not all was heard")

    def largest_gap(self, begin: float, end: float) -> float:
        """The longest time without a new view between two moments, in seconds."""
        moments = [begin, *(moment for moment, _ in self.views if begin < moment < end), end]
        return max(later - former for former, later in pairwise(moments))

    async def check(self, store: Store) -> None:
        """Every acknowledged move is in the journal, once; every line was heard, once; nothing ever went back."""
        assert self._fault() is None, self._fault()
        lines = read_lines(join_items(await store.journal(self.room, 1)))
        steps = [line.record for line in lines if isinstance(line.record, Stepped)]
        given = [each.seq for step in steps for each in step.given if not each.refused]
        assert given == sorted(set(given))
        assert len(given) == self.moves
        assert self.heard == self.said
        assert self.offsets == list(range(self.offsets[0], self.offsets[0] + len(self.offsets)))
        ticks = [tick for _, tick in self.views]
        assert ticks == sorted(ticks)
        for player in (self._mover, self._watcher):
            assert (player.holes, player.ended) == (0, None)

    async def aclose(self) -> None:
        """End the tasks; the sockets are closed by whoever opened them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def busy_rooms(store: Store, web: Web, count: int) -> AsyncIterator[list[BusyRoom]]:
    """So many rooms, all playing."""
    async with AsyncExitStack() as stack:
        rooms = []
        for number in range(count):
            names = f"mover-{number}", f"watcher-{number}"
            host = Player(PlayerId(f"g-{names[0]}"), names[0])
            room = await open_room(store, "arena", host, score=50, seconds=300)
            players = [await stack.enter_async_context(guest(web.url(""), room, name)) for name in names]
            rooms.append(BusyRoom(room, *players))
        for each in rooms:
            stack.push_async_callback(each.aclose)
            await each.begin()
        yield rooms
