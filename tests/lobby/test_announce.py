from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from channels.layers import get_channel_layer

from lobby.announce import EVERY_S, Announcer, hold_voice
from lobby.consumers import GROUP
from rooms.core.ids import RoomId
from tests.lobby.world import Lobby, card


@pytest.fixture
async def heard(lobby: Lobby) -> AsyncIterator[asyncio.Queue[dict[str, Any]]]:
    """What the pages of one web process would hear from a running announcer."""
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def listen() -> None:
        while True:
            queue.put_nowait(await layer.receive(channel))

    tasks = [asyncio.create_task(listen()), asyncio.create_task(Announcer().run())]
    begun = await lobby.show(card())
    first = await _next(queue)
    assert [row["room"] for row in first["rooms"]] == [begun.room]
    yield queue
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await layer.group_discard(GROUP, channel)


async def _next(queue: asyncio.Queue[dict[str, Any]]) -> dict[str, Any]:
    async with asyncio.timeout(5):
        return await queue.get()


async def test_changes_are_told_together_and_numbered(lobby: Lobby, heard: asyncio.Queue[dict[str, Any]]) -> None:
    shown = await lobby.show(card())
    for players in (2, 3, 4):
        shown = await lobby.show(msgspec.structs.replace(shown, players=players))
    other = await lobby.show(card())
    message = await _next(heard)
    assert {row["room"]: row["players"] for row in message["rooms"]} == {shown.room: 4, other.room: 1}
    started = asyncio.get_running_loop().time()
    await lobby.close(other.room)
    following = await _next(heard)
    assert (following["rooms"], following["gone"]) == ([], [other.room])
    assert following["source"] == message["source"]
    assert following["number"] == message["number"] + 1
    assert asyncio.get_running_loop().time() - started >= EVERY_S * 0.9


async def test_of_private_rooms_nothing_is_told(lobby: Lobby, heard: asyncio.Queue[dict[str, Any]]) -> None:
    hidden = await lobby.show(card(private=True))
    await lobby.close(hidden.room)
    shown = await lobby.show(card())
    message = await _next(heard)
    assert [row["room"] for row in message["rooms"]] == [shown.room]
    assert message["gone"] == []


async def test_a_card_that_cannot_be_read_stops_nothing(lobby: Lobby, heard: asyncio.Queue[dict[str, Any]]) -> None:
    await lobby._feed(RoomId("n" * 22), b"\xc1")
    shown = await lobby.show(card())
    assert [row["room"] for row in (await _next(heard))["rooms"]] == [shown.room]


async def test_one_worker_has_the_voice_until_it_is_silent(lobby: Lobby) -> None:
    assert await hold_voice("one")
    assert not await hold_voice("two")
    assert await hold_voice("one")
    await lobby.valkey.select(1)
    (key,) = [key async for key in lobby.valkey.scan_iter("*lobby-voice*")]
    assert 0 < await lobby.valkey.ttl(key) <= 5
    await lobby.valkey.delete(key)
    assert await hold_voice("two")
