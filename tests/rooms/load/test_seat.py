from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from rooms.bots.errors import Ended, Refused
from rooms.bots.policy import Part
from rooms.bots.track import View
from rooms.core.ids import RoomId
from rooms.core.ids import Seat as Place
from rooms.core.rng import Rng
from rooms.games.registry import get_rules
from rooms.load import seat as module
from rooms.load.plan import BadPlan, Plan
from rooms.load.seat import Seat, chooser
from rooms.load.tally import Tally
from tests.lobby.world import until
from tests.rooms.load.making import plan


def view(phase: str = "playing", *, match: int = 1, blocked: str = "", ready: bool = True) -> View:
    chair = {"ready": ready, "rematch": False}
    room = {"phase": phase, "paused": None, "match": match, "seats": [chair, None], "blocked": blocked}
    return View(1, 0, room, {}, Place(0))


class Room:
    """A client whose room answers when the test lets it."""

    def __init__(self) -> None:
        self.view = view()
        self.heard: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.error: Exception | None = None

    async def _say(self, word: str) -> None:
        self.heard.append(word)
        await self.answers.wait()
        if self.error is not None:
            raise self.error

    async def move(self, move: Any) -> None:
        await self._say("move")

    async def ready(self, ready: bool = True) -> None:
        await self._say("ready")

    async def start(self) -> None:
        await self._say("start")

    async def rematch(self) -> None:
        await self._say("rematch")


@asynccontextmanager
async def playing(what: Plan, room: Room, tally: Tally, host: bool = True) -> AsyncIterator[None]:
    task = asyncio.create_task(Seat(what, room, lambda seen: {}, tally, host).play(0.0))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def opened() -> Tally:
    tally = Tally()
    tally.open = True
    return tally


async def test_a_stall_counts_for_each_move_it_delays_in_a_game_that_ticks() -> None:
    """They are sent all the same, each measured from when it was due, not from when the server was ready for it."""
    room, tally = Room(), opened()
    async with playing(plan("snake", rate=50.0), room, tally):
        room.answers.clear()
        await until(lambda: len(room.heard) >= 20)
        room.answers.set()
        await until(lambda: tally.answered >= 20)
    assert tally.latencies.percentile(100) >= 19 * 20
    assert tally.latencies.percentile(50) >= 7 * 20


async def test_a_stall_counts_for_the_moves_it_keeps_back_in_a_game_by_turns() -> None:
    room, tally = Room(), opened()
    async with playing(plan("tictactoe", rate=50.0), room, tally):
        room.answers.clear()
        await until(lambda: bool(room.heard))
        await asyncio.sleep(0.4)
        assert len(room.heard) == 1
        room.answers.set()
        await until(lambda: tally.answered >= 1)
        tally.open = False
    assert tally.due == tally.answered <= 3
    assert tally.latencies.count >= 19
    assert tally.latencies.percentile(50) >= 150


async def test_what_is_never_answered_is_lost_and_took_so_long_at_least() -> None:
    room, tally = Room(), opened()
    room.answers.clear()
    async with playing(plan("tictactoe", rate=50.0), room, tally):
        await until(lambda: tally.due == 1)
        await asyncio.sleep(0.2)
    assert (tally.answered, tally.lost, tally.awaited) == (0, 1, 0)
    assert tally.latencies.most_ms >= 200


async def test_moves_that_nobody_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_UNDERWAY", 3)
    room, tally = Room(), opened()
    room.answers.clear()
    async with playing(plan("snake", rate=50.0), room, tally):
        await until(lambda: tally.due >= 6)
        assert len(room.heard) == 3
        assert tally.lost >= 3


@pytest.mark.parametrize(
    ("error", "counted", "answered"),
    [
        (Refused("illegal", "No."), "errors", True),
        (Refused("not_playing", "It is over."), "late", True),
        (Ended(4510, "closed"), "errors", False),
    ],
)
async def test_refusals_and_ends_are_counted_by_code(error: Exception, counted: str, answered: bool) -> None:
    room, tally = Room(), opened()
    room.error = error
    async with playing(plan("snake", rate=50.0), room, tally):
        await until(lambda: tally.answered + tally.lost >= 1)
    code = error.code if isinstance(error, Refused) else "ended"
    assert list(getattr(tally, counted)) == [code]
    assert bool(tally.answered) is answered


async def test_the_next_match_is_got_going() -> None:
    room, tally = Room(), opened()
    room.view = view("waiting", ready=False)
    async with playing(plan(rate=50.0), room, tally):
        await until(lambda: "ready" in room.heard)
        room.view = view("waiting", blocked="Bob is not ready.")
        room.heard.clear()
        await asyncio.sleep(0.1)
        assert set(room.heard) <= {"ready"}  # one may have been on its way
        room.view = view("waiting")
        await until(lambda: "start" in room.heard)
        room.view = view("finished")
        await until(lambda: "rematch" in room.heard)
    assert (tally.matches, tally.due) == (1, 0)


async def test_only_the_host_starts() -> None:
    room, tally = Room(), opened()
    room.view = view("waiting")
    async with playing(plan(rate=50.0), room, tally, host=False):
        await asyncio.sleep(0.1)
    assert room.heard == []


def test_a_move_comes_from_the_bot_or_from_the_state_that_all_see_or_is_given() -> None:
    rules = get_rules("tictactoe")
    part = Part(RoomId("r" * 22), rules, "easy")
    state = rules.setup(rules.options(), (Place(0), Place(1)), Rng("r", 0, 0))
    import msgspec

    seen = replace(view(), game=msgspec.to_builtins(rules.view(state, Place(0))))
    turn = seen.game["turn"]
    assert chooser(plan(), part)(replace(seen, seat=Place(turn))) is not None
    assert chooser(plan(move={"cell": 3}), part)(seen) == {"cell": 3}
    open_rules = replace(rules, bot=None, view_type=rules.state, strengths=())
    seen = replace(seen, game=msgspec.to_builtins(state), seat=Place(turn))
    assert chooser(plan(rules=open_rules), replace(part, rules=open_rules))(seen) is not None
    hidden = replace(get_rules("battleship"), bot=None)
    with pytest.raises(BadPlan, match="--move"):
        chooser(plan(rules=hidden), part)
