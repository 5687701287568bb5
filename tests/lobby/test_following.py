from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from lobby import following as module
from lobby.following import Following
from lobby.shelves import Shelves
from lobby.stores import live_store
from rooms import meters
from rooms.core.ids import RoomId
from rooms.store.keys import CARD_FEED, shard_keys
from tests.lobby.world import Lobby, card, until
from tests.rooms.store.making import cut_subscribers


@asynccontextmanager
async def followed(shelves: Shelves | None = None) -> AsyncIterator[Shelves]:
    """Shelves that are filled and kept."""
    ours = Shelves() if shelves is None else shelves
    following = Following(live_store(), ours, lambda fresh: None)
    task = asyncio.create_task(following.run())
    await asyncio.wait_for(following.filled.wait(), 5)
    yield ours
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def shards_read() -> int:
    return meters.counts["lobby_shards_read"]


async def test_each_shard_is_read_once_and_changes_need_no_reading(lobby: Lobby) -> None:
    before, start = await lobby.show(card()), shards_read()
    async with followed() as shelves:
        assert shelves.find(before.room) == before
        for players in (2, 3):
            before = await lobby.show(msgspec.structs.replace(before, players=players))
        after = await lobby.show(card())
        await until(lambda: shelves.find(after.room) == after)
        await until(lambda: shelves.find(before.room) == before)
        await lobby.close(after.room)
        await until(lambda: shelves.find(after.room) is None)
        assert shards_read() - start == live_store().shards


async def test_a_missing_number_has_that_shard_read_again_and_no_other(lobby: Lobby) -> None:
    room = await lobby.show(card())
    async with followed() as shelves:
        start = shards_read()
        unheard = msgspec.structs.replace(room, players=3)
        await lobby.write(unheard)
        await lobby.tell((room.room, msgspec.msgpack.encode(unheard)), lose=True)
        other = same_shard(room.room)
        shown = await lobby.show(card(room=other))
        await until(lambda: shelves.find(room.room) == unheard)
        assert shelves.find(other) == shown
        assert shards_read() - start == 1


async def test_a_lost_word_after_which_none_comes_is_found_by_comparing(lobby: Lobby) -> None:
    room = await lobby.show(card())
    async with followed() as shelves:
        start = shards_read()
        unheard = msgspec.structs.replace(room, players=3)
        await lobby.write(unheard)
        await lobby.tell((room.room, msgspec.msgpack.encode(unheard)), lose=True)
        await until(lambda: shelves.find(room.room) == unheard)
        assert shards_read() - start == 1


async def test_a_new_connection_costs_no_reading_when_nothing_happened_meanwhile(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_S", 60.0)  # only the feed itself may ask for a look
    room = await lobby.show(card())
    async with followed() as shelves:
        start = shards_read()
        assert await cut_subscribers(lobby.valkey) == 1
        await until(lambda: subscribers(lobby))
        assert shelves.find(room.room) == room
        after = await lobby.show(msgspec.structs.replace(room, players=2))
        await until(lambda: shelves.find(room.room) == after)
        assert shards_read() == start
        assert await cut_subscribers(lobby.valkey) == 1
        await lobby.show(msgspec.structs.replace(room, players=4))
        await until(lambda: shelves.find(room.room).players == 4)  # type: ignore[union-attr]
        assert shards_read() == start + 1


async def test_a_redis_that_was_emptied_or_counts_anew_is_read_again(lobby: Lobby) -> None:
    gone = await lobby.show(card())
    for _ in range(3):
        await lobby.show(gone := msgspec.structs.replace(gone, players=gone.players % 4 + 1))
    async with followed() as shelves:
        await lobby.valkey.flushdb()
        shown = await lobby.show(card(room=same_shard(gone.room)))  # number 1 again
        await until(lambda: shelves.find(shown.room) == shown)
        assert shelves.find(gone.room) is None


async def test_a_bad_line_has_a_shard_read_once_a_second_at_most(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.5)
    room = await lobby.show(card())
    async with followed() as shelves:
        start, began = shards_read(), asyncio.get_running_loop().time()
        for number in range(60):
            await lobby.write(room := msgspec.structs.replace(room, spectators=number))
            await lobby.tell((room.room, msgspec.msgpack.encode(room)), count=2)  # each second word is lost
            await asyncio.sleep(0.02)
        await until(lambda: shelves.find(room.room) == room)
        took = asyncio.get_running_loop().time() - began
        assert 1 <= shards_read() - start <= took / 0.5 + 1


async def test_what_comes_while_a_shard_is_read_is_applied_to_what_was_read(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.0)
    store, room = live_store(), await lobby.show(card())
    plain, read, go_on = store.cards, asyncio.Event(), asyncio.Event()

    async def slow(shard: int) -> Any:
        answer = await plain(shard)
        read.set()
        await go_on.wait()
        return answer

    shelves = Shelves()
    following = Following(store, shelves, lambda fresh: None)
    task = asyncio.create_task(following.run())
    await asyncio.wait_for(following.filled.wait(), 5)
    start = shards_read()
    monkeypatch.setattr(store, "cards", slow)
    await lobby.tell((room.room, None), count=2)  # one before it is missing
    await asyncio.wait_for(read.wait(), 5)
    newest = await lobby.show(msgspec.structs.replace(room, players=3))
    await until(lambda: bool(following._lost.get(store.shard_of(room.room))))
    go_on.set()
    await until(lambda: shelves.find(room.room) == newest)
    assert shards_read() - start == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_many_cards_are_read_in_pieces_and_between_them_the_loop_runs(lobby: Lobby) -> None:
    shard = 3
    many = [room for room in (card().room for _ in range(20_000)) if live_store().shard_of(room) == shard][:1000]
    cards: dict[Any, Any] = {room: msgspec.msgpack.encode(card(room=room)) for room in many}
    await lobby.valkey.hset(shard_keys(shard).cards, mapping=cards)
    turns: list[int] = []
    shelves = Shelves()

    async def others() -> None:
        while True:
            turns.append(len(shelves))
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    async with followed(shelves):
        task.cancel()
        assert len(shelves) == 1000
    seen = sorted({count for count in turns if count})
    assert max(after - before for before, after in zip([0, *seen], seen, strict=False)) <= module.PIECE


async def test_more_changes_in_one_message_than_can_be_posted_at_once(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 0)
    async with followed() as shelves:
        shown = await lobby.show(card())
        await until(lambda: shelves.find(shown.room) == shown)


async def test_what_cannot_be_read_stops_nothing(lobby: Lobby, caplog: pytest.LogCaptureFixture) -> None:
    async with followed() as shelves:
        await lobby.tell((RoomId("n" * 22), b"\xc1"))
        for word in (b"nonsense", b"1:\xc1", b"x:\x90"):
            await lobby.valkey.publish(CARD_FEED, word)
            await until(lambda: subscribers(lobby))
        shown = await lobby.show(card())
        await until(lambda: shelves.find(shown.room) == shown)
    assert "cannot be read" in caplog.text


async def subscribers(lobby: Lobby) -> bool:
    """Whether somebody hears the feed."""
    ((_, count),) = await lobby.valkey.pubsub_numsub(CARD_FEED)
    return bool(count)


def same_shard(room: RoomId) -> RoomId:
    """Another room of its shard."""
    store = live_store()
    return next(
        other for other in (card().room for _ in range(10_000)) if store.shard_of(other) == store.shard_of(room)
    )
