from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import redis.exceptions
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator

from lobby import picture as pictures
from lobby.consumers import GROUP, LobbyConsumer
from lobby.picture import picture
from lobby.rows import row_of
from rooms.protocol.closing import Close
from rooms.store import StoreUnavailable
from tests.lobby.world import Lobby, card, until


@asynccontextmanager
async def socket() -> AsyncIterator[WebsocketCommunicator]:
    """A page's socket, connected."""
    page = WebsocketCommunicator(LobbyConsumer.as_asgi(), "/ws/lobby/")
    connected, _ = await page.connect()
    assert connected
    yield page
    await page.disconnect()


async def tell(source: str, number: int, rooms: list[Any] | None = None, gone: list[str] | None = None) -> None:
    """What the worker sends."""
    layer = get_channel_layer()
    assert layer is not None
    message = {"source": source, "number": number, "rooms": rooms or [], "gone": gone or []}
    await layer.group_send(GROUP, {"type": "lobby.changes", **message})


async def test_the_whole_list_comes_first_without_private_rooms(lobby: Lobby) -> None:
    shown = await lobby.show(card())
    await lobby.show(card(private=True))
    async with socket() as page:
        assert await page.receive_json_from() == {"t": "rooms", "rooms": [row_of(shown)]}
        assert await page.receive_json_from() == {"t": "status", "state": "ok"}


async def test_changes_are_passed_on_and_a_gap_brings_the_whole_list(lobby: Lobby) -> None:
    first, second = row_of(card()), row_of(card())
    async with socket() as page:
        for _ in range(2):
            await page.receive_json_from()
        await tell("a", 1, [first])
        assert (await page.receive_json_from())["t"] == "rooms"  # a source that is new to this page
        await page.receive_json_from()
        await tell("a", 2, [second], ["x"])
        assert await page.receive_json_from() == {"t": "changes", "rooms": [second], "gone": ["x"]}
        await tell("a", 4, [first], [second["room"]])
        assert await page.receive_json_from() == {"t": "rooms", "rooms": [first]}
        await page.receive_json_from()
        await tell("b", 5)
        assert (await page.receive_json_from())["t"] == "rooms"


async def test_a_list_sent_on_a_gap_lacks_what_is_gone(lobby: Lobby) -> None:
    shown = await lobby.show(card())
    seen = await picture()
    await until(lambda: seen.find(shown.room))
    async with socket() as page:
        for _ in range(2):
            await page.receive_json_from()
        await tell("a", 7, gone=[shown.room])
        assert await page.receive_json_from() == {"t": "rooms", "rooms": []}


async def test_a_page_that_speaks_is_closed(lobby: Lobby) -> None:
    async with socket() as page:
        for _ in range(2):
            await page.receive_json_from()
        await page.send_to(text_data="not json")
        assert await page.receive_output() == {"type": "websocket.close", "code": Close.BAD_MESSAGE}


async def test_a_page_is_told_when_the_list_grows_old_and_when_it_is_fresh_again(lobby: Lobby) -> None:
    shown = await lobby.show(card())
    seen = await picture()
    async with socket() as page:
        for _ in range(2):
            await page.receive_json_from()
        assert len(seen.watchers) == 1
        seen.stale = True
        await seen._tell_watchers()
        assert await page.receive_json_from() == {"t": "status", "state": "stale"}
        seen.stale = False
        await seen._tell_watchers()
        assert await page.receive_json_from() == {"t": "rooms", "rooms": [row_of(shown)]}
        assert await page.receive_json_from() == {"t": "status", "state": "ok"}
    assert not seen.watchers


@pytest.mark.parametrize("step", ["new_channel", "group_add", "group_discard"])
async def test_a_channel_layer_that_fails_ends_the_connection_and_nothing_else(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    async def fail(*_: object) -> None:
        raise redis.exceptions.ConnectionError("gone")

    monkeypatch.setattr(get_channel_layer(), step, fail)
    page = WebsocketCommunicator(LobbyConsumer.as_asgi(), "/ws/lobby/")
    connected, code = await page.connect()
    assert (connected, code) == ((True, None) if step == "group_discard" else (False, Close.SERVER_BUSY))
    await page.disconnect()
    assert not (await picture()).watchers


async def test_without_redis_the_page_is_told_and_comes_back_later(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: pictures.Picture) -> pictures.Picture:
        raise StoreUnavailable("Redis is away.")

    monkeypatch.setattr(pictures.Picture, "ready", away)
    async with socket() as page:
        assert await page.receive_json_from() == {"t": "status", "state": "stale"}
        assert await page.receive_output() == {"type": "websocket.close", "code": Close.SERVER_BUSY}
