"""The bots of one process: each call for a bot gets one, once, up to a bound."""

from __future__ import annotations

import asyncio
import logging
import time
from urllib.parse import urlsplit, urlunsplit

from rooms.bots.acting import Actor, Hopeless
from rooms.bots.client import RoomClient
from rooms.bots.errors import Ended
from rooms.bots.pace import Pace
from rooms.bots.policy import Part
from rooms.bots.thinking import BadThought, Thinkers, TooManyStuck, TooSlow
from rooms.core.facts import BotCall
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Player
from rooms.games.registry import UnknownGame, get_rules
from rooms.meters import count, gauge
from rooms.passes import sign_bot_pass

log = logging.getLogger(__name__)


def room_url(base_url: str, room: RoomId) -> str:
    """The address of a room's socket for programs, from the address of the site (http:// or https://)."""
    site = urlsplit(base_url)
    scheme = {"http": "ws", "https": "wss"}.get(site.scheme, site.scheme)
    return urlunsplit((scheme, site.netloc, f"{site.path.rstrip('/')}/ws/token/rooms/{room}/", "", ""))


class Troupe:
    """Bots that play now, at most `limit`."""

    def __init__(self, base_url: str, limit: int) -> None:
        self.limit = limit
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Never has a result; raises when this process cannot go on."""
        self._base_url = base_url
        self._thinkers = Thinkers()
        self._playing: dict[tuple[RoomId, PlayerId], asyncio.Task[None]] = {}
        self._room_to_play = asyncio.Event()
        self._room_to_play.set()
        gauge("bots", lambda: len(self._playing))

    def __len__(self) -> int:
        return len(self._playing)

    async def has_room(self) -> None:
        """Wait until one more bot may come."""
        await self._room_to_play.wait()

    def send(self, call: BotCall) -> bool:
        """Send a bot to its seat. False when it is there already, or when too many play: rooms call again."""
        key = (call.room, call.player)
        if key in self._playing:
            return False
        if len(self._playing) >= self.limit:
            count("bot_calls_turned_away")
            return False
        task = asyncio.create_task(self._serve(call), name=f"bot {call.player} in {call.room}")
        self._playing[key] = task
        task.add_done_callback(lambda _: self._went(key))
        if len(self._playing) >= self.limit:
            log.warning("%d bots play here, which is the limit: others must wait", self.limit)
            self._room_to_play.clear()
        return True

    async def close(self) -> None:
        """Close every bot's socket. Their seats are kept, and rooms call for bots again."""
        tasks = list(self._playing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # each told its own fault already
        self._thinkers.close()
        if not self.failed.done():
            self.failed.cancel()

    def _went(self, key: tuple[RoomId, PlayerId]) -> None:
        del self._playing[key]
        self._room_to_play.set()

    async def _serve(self, call: BotCall) -> None:
        """One bot from its call to its end. Whatever goes wrong with it stays its own."""
        try:
            part = Part(call.room, get_rules(call.game), call.strength)
        except UnknownGame as error:
            count("bot_calls_refused")
            log.error("no bot for room %s: %s", call.room, error)
            return
        try:
            await self._visit(call, part)
        except Ended as end:
            log.info("bot %s did not get into room %s: %s", call.player, call.room, end)
        except TooManyStuck as error:
            if not self.failed.done():
                self.failed.set_exception(error)
        except Exception:  # a fault of ours: this bot ends, the room will call for another, the others play on
            count("bots_failed")
            log.exception("bot %s of %s in room %s failed", call.player, call.game, call.room)

    async def _visit(self, call: BotCall, part: Part) -> None:
        player = Player(call.player, call.name, "bot")
        client = RoomClient(
            room_url(self._base_url, call.room),
            token=lambda: sign_bot_pass(player, call.room),
            want="play",
            wire="msgpack",
        )
        async with client as room:
            count("bots_seated")
            actor = Actor(room, part, self._thinkers.think, Pace(part.rules.bot_every_ms, time.monotonic))
            try:
                await actor.play()
            except (BadThought, TooSlow, Hopeless) as error:
                count("bots_broken")
                log.error(
                    "the %s bot of %s broke in room %s and leaves its seat",
                    call.strength, call.game, call.room, exc_info=error,
                )  # fmt: skip
                await room.leave()
            except Ended as end:
                log.debug("bot %s left room %s: %s", call.player, call.room, end)
