"""rooms/bots/acting.py: one bot in its seat, in a room played by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from rooms.bots.acting import REFUSALS, Actor, Hopeless
from rooms.bots.client import RoomClient
from rooms.bots.link import Means
from rooms.bots.pace import Pace
from rooms.protocol import client as say
from rooms.protocol.closing import Close
from rooms.protocol.server import Goodbye, Reject
from tests.rooms.bots import games
from tests.rooms.bots.script import ScriptedServer, Visit, chair, frame, welcome, whole

Playing = tuple[Visit, "asyncio.Task[None]"]


async def think(thought: Callable[[], Any]) -> Any:
    return thought()


@asynccontextmanager
async def acting(bot: Callable[..., Any], *, every_ms: int = 0, **changes: Any) -> AsyncIterator[Playing]:
    """A bot that plays; the test is the room."""
    async with asyncio.timeout(10), ScriptedServer() as server:
        room = RoomClient(server.url, means=Means(random=lambda: 0.0))
        entering = asyncio.ensure_future(room.__aenter__())
        visit = await server.visit()
        await visit.hear(say.Hello)
        await visit.tell(welcome(**changes))
        await entering
        pace = Pace(every_ms, asyncio.get_running_loop().time)
        playing = asyncio.create_task(Actor(room, games.part(bot), think, pace).play())
        try:
            yield visit, playing
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            await room.close()


def always(*_: Any) -> dict[str, int]:
    return {"cell": 1}


def never(*_: Any) -> None:
    return None


async def nothing_is_said(visit: Visit, seconds: float = 0.15) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await visit.socket.recv()


async def test_it_moves_once_per_view() -> None:
    async with acting(always) as (visit, _):
        assert (await visit.hear(say.Move)).seq == 1
        await nothing_is_said(visit)
        await visit.tell(frame(2, ack=1))
        assert (await visit.hear(say.Move)).seq == 2


async def test_a_bot_that_waits_says_nothing() -> None:
    async with acting(never) as (visit, playing):
        await visit.tell(frame(2), frame(3))
        await nothing_is_said(visit)
        assert not playing.done()


async def test_it_keeps_its_pace() -> None:
    loop = asyncio.get_running_loop()
    async with acting(always, every_ms=300) as (visit, _):
        await visit.hear(say.Move)
        first = loop.time()
        await visit.tell(frame(2, ack=1))
        await visit.hear(say.Move)
        assert 0.25 < loop.time() - first < 3


async def test_it_looks_at_the_newest_view_after_its_pause() -> None:
    seen: list[int] = []

    def look(view: Any, *_: Any) -> dict[str, int]:
        seen.append(view.n)
        return {"cell": 1}

    async with acting(look, every_ms=200) as (visit, _):
        await visit.hear(say.Move)
        await visit.tell(*(frame(tick, ack=1) for tick in range(2, 9)))
        await visit.hear(say.Move)
        assert seen == [0, 8]


async def test_it_gets_ready() -> None:
    async with acting(always, whole=whole(phase="waiting")) as (visit, _):
        assert await visit.hear(say.Ready) == say.Ready(1, True)
        ready = whole(phase="waiting", seats=[chair(ready=True), None])
        await visit.tell(frame(2, ack=1, whole=ready))
        await nothing_is_said(visit)


async def test_it_agrees_to_a_rematch() -> None:
    async with acting(always, whole=whole(phase="finished")) as (visit, _):
        await nothing_is_said(visit)
        asked = whole(phase="rematch", seats=[chair(), chair("other", kind="guest", rematch=True)])
        await visit.tell(frame(2, whole=asked))
        assert await visit.hear(say.Rematch) == say.Rematch(1)


async def test_a_bot_without_a_seat_goes() -> None:
    async with acting(always, whole=whole(seats=[chair("other"), None])) as (visit, playing):
        await visit.hear(say.Leave)
        await visit.tell(Goodbye(Close.LEFT, "You left the room.", False))
        await playing


async def test_it_ends_when_the_room_lets_go() -> None:
    async with acting(never) as (visit, playing):
        await visit.tell(Goodbye(Close.ROOM_CLOSED, "Nobody was here any more.", False))
        await playing


async def test_a_refused_move_is_no_end() -> None:
    async with acting(always) as (visit, playing):
        await visit.hear(say.Move)
        await visit.tell(Reject(1, "taken", "That cell is taken."), frame(2, ack=1))
        assert (await visit.hear(say.Move)).seq == 2
        assert not playing.done()


async def test_a_bot_that_is_always_refused_is_hopeless() -> None:
    async with acting(always) as (visit, playing):
        for seq in range(1, REFUSALS + 1):
            assert (await visit.hear(say.Move)).seq == seq
            await visit.tell(Reject(seq, "taken", "That cell is taken."), frame(seq + 1, ack=seq))
        with pytest.raises(Hopeless, match="taken"):
            await playing


async def test_a_bot_that_is_refused_now_and_then_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rooms.bots.acting.REFUSALS", 2)
    async with acting(always) as (visit, playing):
        for seq in range(1, 7):
            await visit.hear(say.Move)
            if seq % 2:
                await visit.tell(Reject(seq, "taken", "That cell is taken."))
            await visit.tell(frame(seq + 1, ack=seq))
        await visit.hear(say.Move)
        assert not playing.done()


async def test_what_the_bot_raises_comes_out() -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    async with acting(broken) as (_, playing):
        with pytest.raises(ZeroDivisionError):
            await playing


async def test_it_plays_on_after_a_lost_connection() -> None:
    async with asyncio.timeout(10), ScriptedServer() as server:
        room = RoomClient(server.url, means=Means(random=lambda: 0.0))
        entering = asyncio.ensure_future(room.__aenter__())
        visit = await server.welcome()
        await entering
        actor = Actor(room, games.part(always), think, Pace(0, asyncio.get_running_loop().time))
        playing = asyncio.create_task(actor.play())
        await visit.hear(say.Move)
        await visit.cut()

        again = await server.welcome(seq=1, tick=2, recovered=True)
        assert (await again.hear(say.Move)).seq == 2
        await again.cut()

        anew = await server.welcome(incarnation="second", seq=0, tick=1)
        assert (await anew.hear(say.Move)).seq == 1
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        await room.close()
