"""Plays replays for pages: chunks of frames, made in one thread beside the event loop, kept for the next who asks.

page -> API -> [projector] -> tape (replays.py) -> rooms.core.playback -> chunk, as compressed JSON

What it may cost is bounded: one thread, which rests between short spells of work so that sockets wait for nobody's
replay; so many who wait; so much time for one answer; so many bytes kept.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from lobby.errors import LobbyError
from lobby.models import Match
from lobby.replays import aload_tape, broken, rules_for
from rooms.core.game import Rules
from rooms.core.ids import Seat
from rooms.core.playback import CHUNK_TICKS, chunk_of, next_checkpoint, viewers
from rooms.core.replay import Checkpoint, Rerun
from rooms.core.tape import Flaw, Tape

logger = logging.getLogger(__name__)

PATIENCE_S: Final = 10.0
"""How long somebody waits for a chunk; after that they are told to come again, and the work goes on."""
MOST_WAITING: Final = 16
"""Chunks being made or waited for at once, of all viewers."""
WORK_S, REST_S = 0.002, 0.001
"""A spell of work, and the rest after it in which the event loop runs."""
MOST_WORK_S: Final = 30.0
"""For one chunk, rests included. What was learnt on the way is kept, so the next try comes further."""
MOST_CHUNKS: Final = 32 * 1024 * 1024
MOST_RECORDS: Final = 200_000
"""Bytes of chunks kept, and records of journals kept (about 400 bytes each)."""
MOST_STATES: Final = 8 * 1024 * 1024
"""Bytes of checkpoints kept of one match."""

Key = tuple[int, Seat | None, int]
"""Match, viewer, first tick."""


class TooLong(Exception):
    """A chunk took longer to make than it may."""


class Pace:
    """Called between steps: rests when a spell of work is over. Raises TooLong when all the time is spent."""

    def __init__(self) -> None:
        self._began = self._spell = time.monotonic()

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._began > MOST_WORK_S:
            raise TooLong
        if now - self._spell > WORK_S:
            time.sleep(REST_S)
            self._spell = time.monotonic()


class Reel:
    """One match ready to be played. Its checkpoints are found as they are needed, in the projector's thread."""

    def __init__(self, match: Match, tape: Tape, rules: Rules) -> None:
        self.match, self.tape, self.rules = match.pk, tape, rules
        self._stops: list[Checkpoint] = []
        self._whole = False
        """No further checkpoint follows."""

    def chunk(self, start: int, seat: Seat | None) -> bytes:
        """The ticks from `start` on as compressed JSON. Raises LobbyError, Flaw or TooLong."""
        rest = Pace()
        chunk = chunk_of(Rerun(self.tape, self.rules, self._stop_before(start, rest), rest), start, seat)
        if chunk is None:
            raise past_the_end(self.tape.ticks)
        begun = self.tape.begun
        told = {"match": self.match, "view": seat, "hz": begun.hz, "ticks": self.tape.ticks, "from": start}
        return gzip.compress(msgspec.json.encode(told | msgspec.structs.asdict(chunk)), 5, mtime=0)

    def _stop_before(self, start: int, rest: Pace) -> Checkpoint | None:
        while not self._whole and (self._stops[-1].tick if self._stops else -1) + CHUNK_TICKS < start:
            stop = next_checkpoint(Rerun(self.tape, self.rules, self._stops[-1] if self._stops else None, rest))
            if stop is None:
                self._whole = True
            else:
                self._stops.append(stop)
                self._thin()
        return next((stop for stop in reversed(self._stops) if stop.tick < start), None)

    def _thin(self) -> None:
        """Large states: every second checkpoint goes, but the newest stays."""
        if sum(len(stop.state) for stop in self._stops) > MOST_STATES and len(self._stops) > 2:
            self._stops = [*self._stops[:-1:2], self._stops[-1]]


class Projector:
    """The replays that this process has at hand, and the chunks it made of them."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "replay")
        self._reels: OrderedDict[int, Reel] = OrderedDict()
        self._chunks: OrderedDict[Key, bytes] = OrderedDict()
        self._making: dict[Key, asyncio.Task[bytes]] = {}

    def forget(self) -> None:
        """Let go of everything that is at hand: ids in the database mean something else now (tests do that)."""
        self._reels.clear()
        self._chunks.clear()

    async def reel(self, match: Match) -> Reel:
        """A match ready to be played. Raises LobbyError that says why it cannot be."""
        known = self._reels.get(match.pk)
        if known is None:
            try:
                known = Reel(match, await aload_tape(match), rules_for(match))
            except Flaw as flaw:
                raise broken(flaw) from flaw
        self._reels[match.pk] = known
        self._reels.move_to_end(match.pk)
        while len(self._reels) > 1 and sum(len(r.tape.records) for r in self._reels.values()) > MOST_RECORDS:
            self._reels.popitem(last=False)
        return known

    async def chunk(self, match: Match, seat: Seat | None, start: int) -> bytes:
        """Compressed JSON of the ticks from `start` on, as `seat` (None: a spectator) saw them. Raises LobbyError."""
        reel = await self.reel(match)
        if seat not in viewers(reel.tape, reel.rules):
            raise no_such_view(reel.rules.replay == "all")
        if not 0 <= start <= reel.tape.ticks:
            raise past_the_end(reel.tape.ticks)
        key = (match.pk, seat, start)
        if key in self._chunks:
            self._chunks.move_to_end(key)
            return self._chunks[key]
        return await self._wait_for(key, reel)

    async def _wait_for(self, key: Key, reel: Reel) -> bytes:
        task = self._making.get(key)
        if task is None:
            if len(self._making) >= MOST_WAITING:
                raise busy()
            task = self._making[key] = asyncio.create_task(self._make(key, reel), name=f"replay {key}")
            task.add_done_callback(_noticed)
        try:
            return await asyncio.wait_for(asyncio.shield(task), PATIENCE_S)
        except TimeoutError as error:
            raise busy() from error

    async def _make(self, key: Key, reel: Reel) -> bytes:
        _, seat, start = key
        try:
            made = await asyncio.get_running_loop().run_in_executor(self._thread, reel.chunk, start, seat)
        except Flaw as flaw:
            logger.error("the replay of match %d cannot be played: %s", reel.match, flaw.message)
            raise broken(flaw) from flaw
        except TooLong as error:
            logger.warning("tick %d of the replay of match %d took longer than %g s", start, reel.match, MOST_WORK_S)
            raise busy() from error
        finally:
            del self._making[key]
        self._chunks[key] = made
        while len(self._chunks) > 1 and sum(map(len, self._chunks.values())) > MOST_CHUNKS:
            self._chunks.popitem(last=False)
        return made


def _noticed(task: asyncio.Task[bytes]) -> None:
    """Who waited may have gone: a refusal that nobody reads is no fault."""
    if not task.cancelled():
        task.exception()


def busy() -> LobbyError:
    """Too many ask, or the place asked for is far into a long match."""
    return LobbyError("preparing", "This part of the replay is being prepared. Ask again in a moment.", 503, None, 1)


def past_the_end(ticks: int) -> LobbyError:
    """No such tick."""
    return LobbyError("past_the_end", f"The match has the ticks 0 to {ticks}.", 422, fields={"from": "No such tick."})


def no_such_view(all_views: bool) -> LobbyError:
    """Nobody sat there, or the game shows finished matches to spectators alone."""
    words = "Nobody played that seat." if all_views else "In this game replays are shown as a spectator saw them."
    return LobbyError("view_forbidden", words, 403)


projector: Final = Projector()
"""The one of this process."""
