"""rooms/bots/troupe.py: one bot per call, once, up to a bound; one bot's fault is its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rooms import meters
from rooms.bots import troupe as module
from rooms.bots.thinking import TooManyStuck
from rooms.bots.troupe import Troupe, room_url
from rooms.core.facts import BotCall
from rooms.core.ids import PlayerId, RoomId
from rooms.games.registry import UnknownGame
from rooms.passes import read_bot_pass
from rooms.protocol import client as say
from rooms.protocol.closing import Close
from rooms.protocol.server import Goodbye, You
from tests.rooms.bots import games
from tests.rooms.bots.script import ME, ScriptedServer, chair, frame, until, welcome, whole

CALL = BotCall(games.ROOM, "test", 0, PlayerId(ME), "Ada", "easy")


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with asyncio.timeout(20), ScriptedServer() as server:
        yield server


@pytest.fixture
async def troupe(server: ScriptedServer) -> AsyncIterator[Troupe]:
    troupe = Troupe(f"http://127.0.0.1:{server.port}", limit=2)
    yield troupe
    await troupe.close()
    assert len(troupe) == 0


@pytest.fixture(autouse=True)
def bot(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The game "test", whose bot may be replaced."""
    bot: dict[str, Any] = {"bot": lambda *_: {"cell": 1}}

    def get_rules(slug: str) -> Any:
        if slug != "test":
            raise UnknownGame(f"there is no game {slug!r}")
        return games.rules(bot["bot"])

    monkeypatch.setattr(module, "get_rules", get_rules)
    return bot


def call(number: int) -> BotCall:
    return BotCall(RoomId(f"{number:022d}"), "test", 0, PlayerId(f"bot-{number}"), "Ada", "easy")


@pytest.mark.parametrize(
    ("site", "url"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws/token/rooms/abc/"),
        ("http://there/", "ws://there/ws/token/rooms/abc/"),
        ("https://there/below", "wss://there/below/ws/token/rooms/abc/"),
    ],
)
def test_room_url(site: str, url: str) -> None:
    assert room_url(site, RoomId("abc")) == url


async def test_a_bot_comes_with_its_pass_wants_its_seat_and_plays(server: ScriptedServer, troupe: Troupe) -> None:
    assert troupe.send(CALL)
    visit = await server.visit()
    scheme, token = visit.headers["Authorization"].split(" ")
    player = read_bot_pass(token, CALL.room)
    assert scheme == "Bearer"
    assert player is not None
    assert (player.id, player.name, player.kind) == (ME, "Ada", "bot")
    assert (await visit.hear(say.Hello)).want == "play"
    await visit.tell(welcome())
    assert (await visit.hear(say.Move)).seq == 1


async def test_the_same_call_makes_one_socket(server: ScriptedServer, troupe: Troupe) -> None:
    assert [troupe.send(CALL), troupe.send(CALL)] == [True, False]
    await server.welcome()
    assert not troupe.send(CALL)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await server.visit()


async def test_a_bot_that_went_may_be_called_again(server: ScriptedServer, troupe: Troupe) -> None:
    troupe.send(CALL)
    visit = await server.welcome()
    await visit.tell(Goodbye(Close.KICKED, "The host removed you from this room.", False))
    await until(lambda: len(troupe) == 0)
    assert troupe.send(CALL)
    await server.welcome()


async def test_a_stale_call_ends_quietly(
    server: ScriptedServer, troupe: Troupe, caplog: pytest.LogCaptureFixture
) -> None:
    troupe.send(CALL)
    visit = await server.visit()
    await visit.hear(say.Hello)
    await visit.tell(Goodbye(Close.NOT_FOUND, "There is no such room, or it has closed.", False))
    await until(lambda: len(troupe) == 0)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_too_many_are_turned_away_until_one_goes(server: ScriptedServer, troupe: Troupe) -> None:
    assert [troupe.send(call(n)) for n in range(3)] == [True, True, False]
    visit = await server.welcome()
    waiting = asyncio.create_task(troupe.has_room())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await visit.tell(Goodbye(Close.ROOM_CLOSED, "over", False))
    await asyncio.wait_for(waiting, 5)
    assert troupe.send(call(2))


async def test_a_broken_bot_leaves_and_the_others_play_on(
    server: ScriptedServer, troupe: Troupe, bot: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("by nothing")

    before = meters.counts["bots_broken"]
    troupe.send(CALL)
    well = await server.welcome()
    await well.hear(say.Move)
    bot["bot"] = broken
    troupe.send(call(2))
    seated = whole({"n": 0}, seats=[chair("bot-2", kind="bot")])
    ill = await server.welcome(you=You("bot-2", "Ada", "bot", 0), whole=seated)
    await ill.hear(say.Leave)
    await ill.tell(Goodbye(Close.LEFT, "You left the room.", False))
    await until(lambda: len(troupe) == 1)
    await well.tell(frame(2, ack=1))
    await well.hear(say.Move)

    assert meters.counts["bots_broken"] == before + 1
    record = next(record for record in caplog.records if "broke" in record.message)
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1].__cause__, ZeroDivisionError)  # type: ignore[union-attr]


async def test_an_unknown_game_is_logged(troupe: Troupe, caplog: pytest.LogCaptureFixture) -> None:
    troupe.send(BotCall(CALL.room, "chess", 0, CALL.player, "Ada", "easy"))
    await until(lambda: len(troupe) == 0)
    assert any("chess" in record.message for record in caplog.records)


async def test_a_process_that_cannot_go_on_says_so(
    server: ScriptedServer, troupe: Troupe, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def think(_: Any) -> None:
        raise TooManyStuck("5 bots think without end")

    monkeypatch.setattr(troupe._thinkers, "think", think)
    troupe.send(CALL)
    await server.welcome()
    with pytest.raises(TooManyStuck):
        await asyncio.wait_for(troupe.failed, 5)


async def test_closing_closes_every_socket(server: ScriptedServer, troupe: Troupe) -> None:
    troupe.send(CALL)
    visit = await server.welcome()
    await visit.hear(say.Move)
    await troupe.close()
    await asyncio.wait_for(visit.socket.wait_closed(), 5)
    assert visit.socket.close_code == 1000
