from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from lobby import following
from lobby import picture as pictures
from lobby.filters import Filter
from lobby.picture import Picture, picture
from lobby.stores import live_store
from rooms.core.ids import RoomId
from rooms.store import Store, StoreUnavailable
from rooms.store.keys import shard_keys
from tests.lobby.world import Lobby, card, until
from tests.support.valkey import ValkeyServer

NOWHERE = RoomId("n" * 22)


async def test_it_holds_what_was_there_and_what_comes(lobby: Lobby) -> None:
    before = await lobby.show(card())
    seen = await picture()
    assert seen.find(before.room) == before
    after = await lobby.show(card())
    await until(lambda: seen.find(after.room) == after)
    changed = await lobby.show(msgspec.structs.replace(after, players=4, joinable=False))
    await until(lambda: seen.find(after.room) == changed)
    await lobby.close(after.room)
    await until(lambda: seen.find(after.room) is None)
    assert (seen.find(NOWHERE), seen.count()) == (None, 1)


async def test_there_is_one_for_each_loop(lobby: Lobby) -> None:
    assert await picture() is await picture()


async def test_private_rooms_are_found_by_id_and_never_listed(lobby: Lobby) -> None:
    hidden = await lobby.show(card(private=True))
    seen = await picture()
    assert seen.find(hidden.room) == hidden
    assert seen.page(Filter()).cards == []
    assert seen.open_seats("snake") == []


async def test_filters_and_orders(lobby: Lobby) -> None:
    full = await lobby.show(card(game="arena", players=4, joinable=False, opened_ms=1, spectators=2))
    old = await lobby.show(card(game="snake", opened_ms=2))
    new = await lobby.show(card(game="snake", phase="playing", players=2, opened_ms=3))
    seen = await picture()

    def rooms(wanted: Filter, limit: int = 200) -> list[RoomId]:
        return [shown.room for shown in seen.page(wanted, limit).cards]

    usual = Filter()
    assert rooms(usual) == [old.room, new.room, full.room]
    assert rooms(replace(usual, order="new")) == [new.room, old.room, full.room]
    assert rooms(replace(usual, order="full")) == [full.room, new.room, old.room]
    assert rooms(replace(usual, game="arena")) == [full.room]
    assert rooms(replace(usual, seats=True), 1) == [old.room]


async def test_open_seats_prefer_the_room_with_most_people(lobby: Lobby) -> None:
    await lobby.show(card(game="snake", joinable=False))
    await lobby.show(card(game="snake", quick=False))
    await lobby.show(card(game="snake", paused=True))
    bots = await lobby.show(card(players=3, bots=2))
    people = await lobby.show(card(players=2))
    seen = await picture()
    assert [shown.room for shown in seen.open_seats("snake")] == [people.room, bots.room]


async def test_a_card_that_cannot_be_read_is_left_out(lobby: Lobby) -> None:
    good = await lobby.show(card())
    await lobby.valkey.hset(shard_keys(0).cards, NOWHERE, b"\xc1")
    seen = await picture()
    assert seen.find(NOWHERE) is None
    assert seen.find(good.room) == good


async def test_rooms_that_a_flush_took_away_are_shown_no_longer(lobby: Lobby) -> None:
    gone = await lobby.show(card())
    seen = await picture()
    assert seen.find(gone.room) == gone
    await lobby.valkey.flushdb()
    assert await live_store().take(0, "engine", 1000)
    await until(lambda: seen.count() == 0)


async def test_without_redis_the_first_fill_fails_in_time_and_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "FIRST_FILL_S", 0.2)
    monkeypatch.setattr(following, "LOOK_S", 0.05)
    server = ValkeyServer(tmp_path)
    store = Store(server.url, 4)
    seen = Picture(store)
    with pytest.raises(StoreUnavailable):
        await seen.ready()
    with server:
        await seen.ready()
        await until(lambda: not seen.stale)
        await asyncio.to_thread(server.kill)
        await until(lambda: seen.stale)
        await asyncio.to_thread(server.start)
        await until(lambda: not seen.stale)
        await seen.aclose()
        await store.aclose()
