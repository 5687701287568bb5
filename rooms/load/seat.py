"""One bot in its seat: a move is due at fixed times, whatever the server does, and is measured from then.

due at 0.1 s, 0.2 s, 0.3 s ...   the server stands still from 0.15 to 1.15 s
a game that ticks: the moves of 0.2 s to 1.1 s are sent all the same, and took 0.95 s down to 0.05 s
a game by turns: the one move took 0.95 s; those it kept back are counted as if they had waited too
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, Protocol

import msgspec

from rooms.bots.errors import Ended, Forgotten, OutboxFull, Refused
from rooms.bots.policy import Part, choose, may_move
from rooms.bots.track import View
from rooms.core.rng import Rng
from rooms.load.plan import BadPlan, Plan
from rooms.load.tally import Tally

MOST_UNDERWAY: Final = 128
"""Moves of one bot that wait for their answer; what is due beyond them is not sent, and counts as lost."""
LATE: Final = frozenset({"not_playing", "not_your_turn", "not_waiting", "not_ready", "not_over"})
"""Refusals of what was right when it was sent."""


class Client(Protocol):
    """What a bot needs of rooms.bots.client.RoomClient."""

    @property
    def view(self) -> View:
        """The newest view."""

    async def move(self, move: Any) -> None:
        """Send a move and wait until it counts."""

    async def ready(self, ready: bool = True) -> None:
        """Say that one is ready."""

    async def start(self) -> None:
        """Start the match, as the host."""

    async def rematch(self) -> None:
        """Agree to another match."""


Choose = Callable[[View], Any | None]


def chooser(plan: Plan, part: Part) -> Choose:
    """What says a bot's move, or None to wait. Raises BadPlan for a game that offers no way."""
    if plan.move is not None:
        return lambda view: plan.move
    if plan.rules.bot is not None:
        return partial(choose, part)
    if plan.rules.hidden or plan.rules.state is not plan.rules.view_type:
        raise BadPlan(
            f"{plan.rules.title} has no bot, and a player cannot know its whole state: name one move with --move, "
            f"or give the game a `bot` function."
        )
    return partial(_sample, part)


def _sample(part: Part, view: View) -> Any | None:
    if view.game is None or view.seat is None:
        return None
    state = msgspec.convert(view.game, part.rules.state)
    return part.rules.sample_move(state, view.seat, Rng(part.room, view.seat, view.tick))


class Seat:
    """One bot. `play` until cancelled or until its room lets go."""

    def __init__(self, plan: Plan, client: Client, choose: Choose, tally: Tally, host: bool) -> None:
        self._every_s = 1 / plan.rate
        self._ticks = plan.rules.tick_hz > 0
        self._client, self._choose, self._tally, self._host = client, choose, tally, host
        self._underway: set[asyncio.Task[None]] = set()
        self._busy = False
        """Says something that is no move: ready, start, rematch."""
        self._ended_at = -1

    async def play(self, phase: float) -> None:
        """`phase`, from 0 to 1, says when in its interval this bot's moves are due."""
        due = time.monotonic() + phase * self._every_s
        try:
            while True:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                self._turn(due)
                due += self._every_s
        finally:
            for task in list(self._underway):
                task.cancel()
            await asyncio.gather(*self._underway, return_exceptions=True)

    def _turn(self, due: float) -> None:
        view = self._client.view
        if may_move(view):
            self._move(view, due)
        elif not self._busy and (wish := self._wish(view)) is not None:
            self._busy = True
            self._begin(self._say(wish))

    def _wish(self, view: View) -> Callable[[], Awaitable[None]] | None:
        """What gets the next match going."""
        chair = view.chair
        if chair is None:
            return None
        if view.phase == "waiting":
            if not chair["ready"]:
                return self._client.ready
            return self._client.start if self._host and not view.room["blocked"] else None
        if view.phase in ("finished", "rematch"):
            if self._host and self._ended_at != view.room["match"]:
                self._ended_at = view.room["match"]
                self._tally.matches += self._tally.open
            return None if chair["rematch"] else self._client.rematch
        return None

    def _move(self, view: View, due: float) -> None:
        if not self._ticks and self._underway:
            return  # one move is one turn; what it keeps back is counted with its answer
        if len(self._underway) >= MOST_UNDERWAY:
            if self._tally.open:
                self._tally.due += 1
                self._tally.lose((time.monotonic() - due) * 1000, 0.0)
            return
        move = self._choose(view)
        if move is not None:
            self._tally.due += self._tally.open
            self._begin(self._measure(move, due, self._tally.open))

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    async def _measure(self, move: Any, due: float, counts: bool) -> None:
        answered = False
        try:
            answered = await self._answered(self._client.move(move))
        finally:  # also when the test is over and this still waits: then it took so long at least
            if counts:
                took_ms, every_ms = (time.monotonic() - due) * 1000, 0.0 if self._ticks else self._every_s * 1000
                (self._tally.answer if answered else self._tally.lose)(took_ms, every_ms)

    async def _answered(self, said: Awaitable[None]) -> bool:
        """Whether the room answered, a refusal included."""
        try:
            await said
        except Refused as no:
            (self._tally.late if no.code in LATE else self._tally.errors)[no.code] += 1
        except (Ended, Forgotten, OutboxFull) as error:
            if not (isinstance(error, Ended) and error.code == 1000):  # closed by ourselves
                self._tally.errors[type(error).__name__.lower()] += 1
            return False
        return True

    async def _say(self, wish: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._answered(wish())
        finally:
            self._busy = False
