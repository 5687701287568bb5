from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from channels.testing import WebsocketCommunicator

from lobby import consumers
from lobby import picture as pictures
from lobby.consumers import lobby_consumer
from lobby.picture import picture
from lobby.rows import row_of
from rooms.protocol.closing import Close
from rooms.store import StoreUnavailable
from tests.lobby.world import Lobby, card


class Page(WebsocketCommunicator):
    """A page's socket."""

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of this kind."""
        while True:
            message: dict[str, Any] = await self.receive_json_from(timeout=5)
            if message["t"] == kind:
                return message

    async def wish(self, kind: str, **fields: Any) -> None:
        await self.send_to(text_data=json.dumps({"t": kind, **fields}))

    async def closed(self) -> int:
        """The code it is closed with, whatever comes before."""
        while True:
            output = await self.receive_output(timeout=5)
            if output["type"] == "websocket.close":
                return int(output["code"])


@asynccontextmanager
async def socket(query: str = "") -> AsyncIterator[Page]:
    """A page's socket, connected."""
    page = Page(lobby_consumer, f"/ws/lobby/?{query}")
    connected, _ = await page.connect()
    assert connected
    yield page
    await page.disconnect()


def rooms(message: dict[str, Any]) -> list[str]:
    return [row["room"] for row in message["rooms"]]


async def test_the_whole_list_comes_first_without_private_rooms_then_what_changes(lobby: Lobby) -> None:
    shown = await lobby.show(card())
    await lobby.show(card(private=True))
    async with socket() as page:
        first = await page.receive_json_from()
        assert first == {"t": "rooms", "rooms": [row_of(shown)], "total": 1, "free": 1, "after": None}
        assert await page.receive_json_from() == {"t": "status", "state": "ok"}
        changed = await lobby.show(msgspec.structs.replace(shown, players=4, joinable=False))
        message = await page.hear("changes")
        assert (message["rooms"], message["gone"], message["free"]) == ([row_of(changed)], [], 0)
        await lobby.close(shown.room)
        assert (await page.hear("changes"))["gone"] == [shown.room]
    assert not (await picture()).watching._windows


async def test_the_address_names_the_first_list(lobby: Lobby) -> None:
    snake = await lobby.show(card(game="snake", joinable=False, opened_ms=2))
    arena = await lobby.show(card(game="arena", host="Émile", opened_ms=1))
    for query, listed in (
        ("game=snake", [snake.room]),
        ("seats=1", [arena.room]),
        ("text=%C3%89mi", [arena.room]),
        ("order=new&limit=1", [snake.room]),
        ("game=chess", [arena.room, snake.room]),
        ("order=odd&limit=nine", [arena.room, snake.room]),
    ):
        async with socket(query) as page:
            assert rooms(await page.hear("rooms")) == listed, query


async def test_another_list_may_be_watched_and_its_changes_alone_come(lobby: Lobby) -> None:
    snake, arena = await lobby.show(card(game="snake")), await lobby.show(card(game="arena"))
    async with socket() as page:
        await page.hear("status")
        await page.wish("watch", game="arena", text="ANN ")
        assert rooms(await page.hear("rooms")) == [arena.room]
        await lobby.show(msgspec.structs.replace(snake, players=3))
        await lobby.show(msgspec.structs.replace(arena, players=2))
        assert rooms(await page.hear("changes")) == [arena.room]
        await page.wish("watch", game="chess")
        assert (await page.hear("refused"))["code"] == "unknown_game"


async def test_a_list_is_paged_through(lobby: Lobby) -> None:
    cards = [await lobby.show(card(opened_ms=number)) for number in range(5)]
    async with socket("order=new&limit=2") as page:
        first = await page.hear("rooms")
        await page.wish("more", after=first["after"])
        second = await page.hear("more")
        await page.wish("more", after=second["after"])
        last = await page.hear("more")
        found = [*rooms(first), *rooms(second), *rooms(last)]
        assert found == [one.room for one in reversed(cards)]
        assert last["after"] is None
        await page.wish("more", after="nowhere")
        assert (await page.hear("refused"))["code"] == "bad_cursor"


async def test_a_seat_is_found(lobby: Lobby) -> None:
    await lobby.show(card(players=1))
    best = await lobby.show(card(players=3))
    async with socket() as page:
        await page.wish("find", game="snake")
        assert (await page.hear("found"))["room"] == row_of(best)
        await page.wish("find", game="chess")
        assert (await page.hear("found"))["room"] is None


@pytest.mark.parametrize(
    "said",
    ["x", "[]", '{"t":"watch","seats":1}', '{"t":"watch","limit":201}', '{"t":"odd"}', '{"t":"find"}', "é" * 1100],
)
async def test_a_page_that_says_something_else_is_closed(lobby: Lobby, said: str) -> None:
    async with socket() as page:
        await page.send_to(text_data=said)
        assert await page.closed() == Close.BAD_MESSAGE
    async with socket() as page:
        await page.send_to(bytes_data=b"\xff\xfe")
        assert await page.closed() == Close.BAD_MESSAGE


async def test_a_page_that_wishes_too_much_is_closed_and_may_come_back(lobby: Lobby) -> None:
    async with socket() as page:
        for _ in range(consumers.WISHES_BURST + 1):
            await page.wish("find", game="snake")
        assert await page.closed() == Close.SLOW_DOWN


async def test_one_search_too_many_is_refused(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lobby.shelves.MOST_SEARCHES", 1)
    async with socket("text=ann"), socket() as page:
        await page.wish("watch", text="bob")
        assert (await page.hear("refused"))["code"] == "slow_down"


async def test_without_redis_the_page_is_told_and_comes_back_later(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: pictures.Picture) -> pictures.Picture:
        raise StoreUnavailable("Redis is away.")

    monkeypatch.setattr(pictures.Picture, "ready", away)
    async with socket() as page:
        assert await page.receive_json_from() == {"t": "status", "state": "stale"}
        assert await page.closed() == Close.SERVER_BUSY
