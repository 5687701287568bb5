"""The bots' process for real: web, engine and bots as processes, matches played to their end, processes killed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rooms.bots.api import Api
from rooms.bots.client import RoomClient
from rooms.bots.track import View
from tests.support.fleet import Fleet, StartFleet
from tests.support.player import guest, play_match, program, token_of, until_view

pytestmark = pytest.mark.fleet


@pytest.fixture
def open_room(site: str, shared_token: str) -> Any:
    """Opens a room of two seats, or more, and gives the client of its host: `async with await open_room(...)`."""

    async def open_one(game: str, options: dict[str, Any] | None = None, size: int = 2) -> RoomClient:
        place = await Api(site, shared_token).open(game, options, size=size)
        return program(site, place["room"], shared_token)

    return open_one


def others(view: View) -> list[dict[str, Any]]:
    """The seated players besides the viewer."""
    return [chair for seat, chair in enumerate(view.room["seats"]) if chair and seat != view.seat]


def all_here(view: View) -> bool:
    return bool(others(view)) and all(chair["here"] for chair in others(view))


async def seat_bots(room: RoomClient, strength: str, number: int = 1) -> None:
    """Add bots and wait until they have come."""
    for _ in range(number):
        await room.add_bot(strength)
    await until_view(room, lambda view: len(others(view)) == number and all_here(view), 20)


async def test_tictactoe_to_its_end_and_once_more(open_room: Any) -> None:
    async with await open_room("tictactoe") as room:
        await seat_bots(room, "hard")
        await room.start()
        outcome = await play_match(room)
        assert [place["seat"] for place in sorted(outcome["places"], key=lambda place: place["seat"])] == [0, 1]

        await room.rematch()
        await until_view(room, lambda view: view.phase == "playing" and view.room["match"] == 2)
        await play_match(room)
        assert room.connects == 1


async def test_arena_to_its_end(open_room: Any, fleet: Fleet) -> None:
    async with await open_room("arena", {"seconds": 30, "score": 2}, 3) as room:
        await seat_bots(room, "hard", 2)
        await room.start()
        outcome = await play_match(room, seconds=90)
        assert len(outcome["places"]) == 3
        assert (room.connects, room.holes) == (1, 0)
    assert "Traceback" not in fleet.bots[-1].output


async def test_quick_play_is_filled_by_bots_and_by_whoever_comes(site: str, shared_token: str, fleet: Fleet) -> None:
    """A guest and a program in one quick room of snake, on two web processes; bots take the seats left over."""
    place = await Api(site, shared_token).play("snake")
    async with (
        guest(fleet.web[1].url(""), place["room"], "Ann") as ann,
        program(site, place["room"], shared_token, wire="msgpack") as room,
    ):
        playing = await until_view(ann, lambda view: view.phase == "playing", 20)
        kinds = sorted(chair["kind"] for chair in playing.room["seats"] if chair)
        assert kinds[0] == "api"
        assert kinds.count("bot") >= 1
        await until_view(ann, lambda view: all(chair["here"] for chair in view.room["seats"] if chair), 20)
        assert room.view.phase == "playing"


async def test_a_kicked_bot_stays_away(open_room: Any) -> None:
    async with await open_room("snake", size=3) as room:
        await seat_bots(room, "easy", 2)
        await room.kick(1)
        await until_view(room, lambda view: len(others(view)) == 1)
        with pytest.raises(AssertionError, match="not within"):  # rooms call again every three seconds
            await until_view(room, lambda view: len(others(view)) != 1, 4)


async def test_a_bot_comes_back_after_its_process_was_killed(open_room: Any, fleet: Fleet) -> None:
    async with await open_room("tictactoe", {"first": "first"}) as room:
        await seat_bots(room, "hard")
        bot = others(room.view)[0]["player"]
        await room.start()
        await room.move({"cell": 0})
        await until_view(room, lambda view: view.game["turn"] == 0)
        fleet.bots[-1].kill()
        await until_view(room, lambda view: not all_here(view), 20)
        await room.move({"cell": next(cell for cell, mark in enumerate(room.view.game["cells"]) if mark == -1)})
        assert room.view.game["turn"] == 1

        await asyncio.to_thread(fleet.add_bots)
        await until_view(room, all_here, 30)
        assert others(room.view)[0]["player"] == bot
        assert (await play_match(room))["places"]


async def test_a_bot_plays_on_after_its_engine_was_killed(open_room: Any, fleet: Fleet) -> None:
    async with await open_room("arena", {"seconds": 120, "score": 50}) as room:
        await seat_bots(room, "easy")
        await room.start()
        await until_view(room, lambda view: view.phase == "playing")
        for engine in fleet.engines:
            engine.kill()
        fleet.engines.clear()
        await asyncio.to_thread(fleet.add_engine)
        await asyncio.to_thread(fleet.add_engine)
        tick, ship = room.view.tick, room.view.game["ships"][1]
        later = await until_view(room, lambda view: view.tick > tick + 20, 30)
        assert later.game["ships"][1] != ship
        assert all_here(later)
        await room.leave()


async def test_stopping_the_bots_is_clean(open_room: Any, fleet: Fleet) -> None:
    async with await open_room("tictactoe") as room:
        await seat_bots(room, "easy")
        assert await asyncio.to_thread(fleet.bots[-1].stop, 15) == 0
        await until_view(room, lambda view: not all_here(view))
        await asyncio.to_thread(fleet.add_bots)
        await until_view(room, all_here, 30)


async def test_bots_come_back_over_another_web_process(start_fleet: StartFleet) -> None:
    """The web process that carries a bot's socket dies: the bot finds another at the same address."""
    fleet = await asyncio.to_thread(start_fleet, web=1, engines=1, lobby=0, bots=1, shared=True)
    site = fleet.web[0].url("")
    token = await asyncio.to_thread(token_of, fleet)
    place = await Api(site, token).open("arena", {"seconds": 120, "score": 50}, size=2)
    async with program(site, place["room"], token) as room:
        await seat_bots(room, "easy")
        await room.start()
        await until_view(room, lambda view: view.phase == "playing")
        fleet.web[0].process.kill()
        await asyncio.to_thread(fleet.add_web, shared=True)
        await until_view(room, lambda view: room.connects > 1 and all_here(view), 40)
        assert room.view.phase == "playing"
        ship = room.view.game["ships"][1]
        await until_view(room, lambda view: view.game["ships"][1] != ship)
    assert "Traceback" not in fleet.bots[0].output
