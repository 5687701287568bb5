"""One room of a load test: opened by its first bot over the API, filled, played in, and left by all at the end.

Where the host's token may, it is closed then (an empty room would stay for HOLDFAST_ROOM_IDLE_S).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final

from rooms.bots.api import Api, ApiRefused
from rooms.bots.client import RoomClient
from rooms.bots.connector import Connection, open_websocket
from rooms.bots.errors import Ended, Forgotten, OutboxFull, Refused
from rooms.bots.link import Means
from rooms.bots.policy import Part
from rooms.bots.troupe import room_url
from rooms.core.ids import RoomId
from rooms.load.plan import BadPlan, Plan
from rooms.load.seat import Seat, chooser
from rooms.load.tally import Tally

log = logging.getLogger(__name__)

ENTER_S: Final = 20.0
"""How long a bot tries to get in."""
LEAVE_S: Final = 5.0
TRIES: Final = 20
"""Times that the API is asked to open a room while it says "later"."""
LONGEST_WAIT_S: Final = 30.0
HOPELESS: Final = frozenset({"too_many_rooms", "bad_options", "bad_size", "unknown_game", "scope_missing", "no_token"})
"""Refusals of the API that trying again does not change."""


class Table:
    """A room and its bots."""

    def __init__(self, plan: Plan, tokens: Sequence[str], tally: Tally) -> None:
        """`tokens`: one for each bot; the first is the host's."""
        self._plan, self._tokens, self._tally = plan, tokens, tally
        self._api = Api(plan.url, tokens[0])
        self.clients: list[RoomClient] = []
        self.played = False
        """It did, at some time."""
        self.left_open = False
        """The server will close it, after a while."""

    @property
    def playing(self) -> bool:
        """All its bots are in, and a match runs or has just ended."""
        views = [client.view for client in self.clients if client.state == "live"]
        now = len(views) == self._plan.players and all(view.phase != "waiting" for view in views)
        self.played = self.played or now
        return now

    async def run(self, stop: asyncio.Event) -> None:
        """Open, fill and play until `stop`; then leave, so that the room closes. Raises BadPlan."""
        room = await self._open(stop)
        if room is None:
            return
        async with AsyncExitStack() as places:
            try:
                await self._fill(room, places)
                await self._play(room, stop)
            except (Ended, TimeoutError) as error:
                self._tally.errors["not_in" if isinstance(error, TimeoutError) else f"ended_{error.code}"] += 1
                log.warning("room %s is given up: %r", room, error)
            finally:
                await asyncio.gather(*(self._leave(client) for client in self.clients))
                await self._close(room)

    async def _close(self, room: RoomId) -> None:
        try:
            await self._api.close(room)
        except (ApiRefused, OSError) as error:
            self.left_open = True
            log.info("room %s is left to close by itself: %s", room, error)

    async def _open(self, stop: asyncio.Event) -> RoomId | None:
        plan = self._plan
        for _ in range(TRIES):
            if stop.is_set():
                return None
            try:
                place = await self._api.open(plan.rules.slug, plan.options, size=plan.players, private=True)
                return RoomId(place["room"])
            except ApiRefused as no:
                if no.code in HOPELESS:
                    raise BadPlan(f"The server opens no such room: {no.detail}") from no
                wait_s = min(max(no.retry_after_s, 1), LONGEST_WAIT_S)
                log.info("a room is not opened yet (%s), again in %g s", no, wait_s)
            except OSError as error:
                log.info("the API does not answer: %s", error)
                wait_s = 1.0
            await _pause(stop, wait_s)
        self._tally.errors["not_opened"] += 1
        return None

    async def _fill(self, room: RoomId, places: AsyncExitStack) -> None:
        url, means = room_url(self._plan.url, room), Means(connect=self._connect)
        self.clients = [RoomClient(url, token=token, wire=self._plan.wire, means=means) for token in self._tokens]
        async with asyncio.timeout(ENTER_S):
            for client in self.clients:  # one after the other: the host is the first to sit
                await places.enter_async_context(client)

    async def _play(self, room: RoomId, stop: asyncio.Event) -> None:
        plan = self._plan
        choose = chooser(plan, Part(room, plan.rules, plan.rules.strengths[0] if plan.rules.strengths else ""))
        seats = [Seat(plan, client, choose, self._tally, host=not n) for n, client in enumerate(self.clients)]
        offset = hash(room) % 1000 / 1000  # rooms do not move in step
        playing = [asyncio.create_task(seat.play((n / plan.players + offset) % 1)) for n, seat in enumerate(seats)]
        ended = [asyncio.create_task(stop.wait()), *playing]
        await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.cancel()
        for problem in await asyncio.gather(*ended, return_exceptions=True):
            if isinstance(problem, Exception):
                raise problem

    async def _leave(self, client: RoomClient) -> None:
        if client.ended is not None:
            self._tally.errors[f"ended_{client.ended.code}"] += 1
            return
        if client.connects > 1:
            self._tally.errors["reconnects"] += client.connects - 1
        if client.state != "live":
            self._tally.errors["not_back"] += 1
            return
        try:
            async with asyncio.timeout(LEAVE_S):
                await client.leave()
        except (Ended, Refused, Forgotten, OutboxFull, TimeoutError) as error:
            log.info("a bot could not say that it leaves: %r", error)

    async def _connect(self, url: str, headers: Mapping[str, str], subprotocol: str) -> Connection:
        return Counted(await open_websocket(url, headers, subprotocol), self._tally)


class Counted:
    """A connection whose messages are counted."""

    def __init__(self, inner: Connection, tally: Tally) -> None:
        self._inner, self._tally = inner, tally
        self.send, self.close = inner.send, inner.close

    async def receive(self) -> bytes | str:
        """The next message."""
        raw = await self._inner.receive()
        self._tally.message(len(raw))
        return raw


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not over the end."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
