"""What an operator sees of rooms and does with them, with a real engine and a game that fails when told to."""

from __future__ import annotations

import json

import msgspec
import pytest
import redis.asyncio

from lobby.errors import LobbyError
from lobby.operating import REASON_LETTERS, close_room, every_room, one_room, resume_room
from lobby.picture import picture
from lobby.services import open_room
from lobby.stores import live_store
from rooms.core.ids import RoomId
from rooms.store.keys import shard_keys
from tests.lobby.paused import paused_room, runs
from tests.lobby.world import ANN, Lobby, card, until
from tests.support.faulty import Switch, switch
from tests.support.temp_game import install_game

__all__ = ["install_game", "switch"]


@pytest.mark.usefixtures("engine")
async def test_a_paused_room_is_shown_with_its_fault_and_goes_on_when_resumed(lobby: Lobby, switch: Switch) -> None:
    room = await paused_room(switch)
    opened = await one_room(room)
    assert opened.fault is not None
    assert opened.room is not None
    assert "step was told to fail" in opened.fault.trace
    assert [one["what"] for one in json.loads(opened.fault.inputs)][-1] == "start"
    assert opened.failed_at is not None
    assert json.loads(opened.state)["faulty"] is True
    assert opened.title == "Faulty"
    assert json.loads(opened.options) == opened.room.options
    stopped = opened.room.match_tick
    assert stopped == opened.fault.match_tick
    await resume_room(room, "a test")
    await until(lambda: runs(room, stopped))


@pytest.mark.usefixtures("engine")
async def test_a_room_that_runs_is_not_resumed_and_can_be_closed(lobby: Lobby, switch: Switch) -> None:
    room = await open_room(ANN, "faulty")
    with pytest.raises(LobbyError, match="not paused") as caught:
        await resume_room(room, "a test")
    assert (caught.value.code, caught.value.status) == ("not_paused", 409)
    await close_room(room, "  Enough\nfor today. ", "a test")
    with pytest.raises(LobbyError) as caught:
        await one_room(room)
    assert caught.value.status == 404
    with pytest.raises(LobbyError) as caught:
        await close_room(room, "", "a test")
    assert caught.value.status == 404


async def test_paused_rooms_come_first_then_stranded_ones(lobby: Lobby) -> None:
    shown = [
        card(game="snake", phase="playing"),
        card(game="gone", phase="playing"),
        card(game="snake", version=99, phase="waiting"),
        card(game="snake", paused=True, private=True),
    ]
    for one in shown:
        await lobby.show(one)
    seen = await picture()
    await until(lambda: seen.count() == 4)
    found = await every_room()
    assert [one.room for one in found] == [shown[n].room for n in (3, 1, 2, 0)]
    assert seen.paused() == 1


@pytest.mark.parametrize("room", ["short", "n" * 22])
async def test_there_is_no_such_room(lobby: Lobby, room: str) -> None:
    with pytest.raises(LobbyError) as caught:
        await one_room(room)
    assert caught.value.status == 404


async def test_no_such_room_is_asked_for_by_a_word_that_is_no_id(lobby: Lobby) -> None:
    with pytest.raises(LobbyError):
        await resume_room("../etc", "a test")


async def test_a_reason_is_bounded(lobby: Lobby) -> None:
    with pytest.raises(LobbyError, match=str(REASON_LETTERS)):
        await close_room("n" * 22, "x" * (REASON_LETTERS + 1), "a test")
    assert await lobby.written() == []


async def test_a_room_that_cannot_be_read_is_shown_as_that(lobby: Lobby, valkey: redis.asyncio.Redis) -> None:
    room = RoomId("n" * 22)
    await valkey.hset(shard_keys(live_store().shard_of(room)).rooms, room, msgspec.msgpack.encode([1, 2]))
    opened = await one_room(room)
    assert (opened.room, opened.fault, opened.failed_at) == (None, None, None)
    assert "cannot be read" in opened.stranded
