"""One built-in bot in its seat: looks, thinks, moves, again and again until the room lets go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from rooms.bots.client import RoomClient
from rooms.bots.errors import Forgotten, Refused
from rooms.bots.pace import Pace
from rooms.bots.policy import Part, choose, may_move, wants_rematch
from rooms.bots.track import View
from rooms.meters import count

log = logging.getLogger(__name__)

REFUSALS: Final = 20
"""Moves refused one after another, after which a bot is taken for broken."""

Think = Callable[[Callable[[], Any]], Awaitable[Any]]


class Hopeless(Exception):
    """A bot that makes nothing but illegal moves."""


class Actor:
    """Plays one part in one room through a client. Raises what the bot's function raises, and Hopeless."""

    def __init__(self, room: RoomClient, part: Part, think: Think, pace: Pace) -> None:
        self._room, self._part, self._think, self._pace = room, part, think, pace
        self._refused = 0

    async def play(self) -> None:
        """Play until the room lets go. Only what is new is looked at, and no oftener than the pace allows."""
        views = self._room.views()
        while True:
            await asyncio.sleep(self._pace.wait_s())
            view = await anext(views, None)
            if view is None:
                return
            if view.seat is None:
                await self._room.leave()
                return
            await self._answer(view)

    async def _answer(self, view: View) -> None:
        try:
            if may_move(view):
                await self._move(view)
            elif wants_rematch(view):
                await self._room.rematch()
            elif view.phase == "waiting" and view.chair is not None and not view.chair["ready"]:
                await self._room.ready()
        except Refused as no:
            self._count_refusal(no)
        except Forgotten as lost:
            log.warning("bot of %s: an input is lost: %s", self._part.rules.slug, lost)

    async def _move(self, view: View) -> None:
        move = await self._think(partial(choose, self._part.at(self._room.welcome.game.version), view))
        if move is None:
            return
        self._pace.moved()
        await self._room.move(move)
        self._refused = 0

    def _count_refusal(self, no: Refused) -> None:
        """Being late is no fault (the match may be over by now); being wrong again and again is one."""
        count("bot_inputs_refused")
        self._refused += 1
        log.info("bot of %s in room %s was refused: %s", self._part.rules.slug, self._part.room, no)
        if self._refused >= REFUSALS:
            raise Hopeless(f"{REFUSALS} inputs refused in a row, the last one: {no}")
