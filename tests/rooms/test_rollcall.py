"""When a room is called that holds sockets which are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest
from channels.layers import InMemoryChannelLayer

from rooms.core.bounds import Bounds
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import JSON, Detach, Open, Player, parse_pack
from rooms.hub import Hub
from rooms.link import Link
from rooms.relay import Layer
from rooms.rollcall import LEFT_S, WAIT_S, RollCalls
from rooms.store import Store
from tests.rooms.engine.playing import engine, until
from tests.support.sockets import Ear

ROOM, OTHER = RoomId("r"), RoomId("o")


def test_a_room_that_goes_on_holding_too_many_is_called_once_for_each_wait() -> None:
    rolls = RollCalls()
    for at in (0.0, 0.5, 1.0, 1.5):
        rolls.heard(ROOM, 2, 1, at)
        assert rolls.due(at) == []
    assert rolls.due(WAIT_S) == [ROOM]
    rolls.heard(ROOM, 2, 1, WAIT_S + 0.1)
    assert rolls.due(WAIT_S + 0.2) == []
    assert rolls.due(2 * WAIT_S + 0.2) == [ROOM]


def test_one_that_is_right_again_in_time_is_not_called() -> None:
    rolls = RollCalls()
    rolls.heard(ROOM, 2, 1, 0)
    rolls.heard(ROOM, -1, 1, 0.1)
    odd = [rolls.any_odd]
    rolls.heard(ROOM, 1, 1, 0.2)
    assert [*odd, rolls.any_odd] == [True, False]
    assert rolls.due(WAIT_S) == []


def test_a_room_that_does_not_say_and_one_that_has_not_heard_of_a_newcomer_are_not_odd() -> None:
    rolls = RollCalls()
    rolls.heard(ROOM, -1, 0, 0)
    rolls.heard(OTHER, 1, 2, 0)
    assert rolls.due(WAIT_S) == []


def test_rooms_that_were_left_shortly_before_a_loss_are_called() -> None:
    rolls = RollCalls()
    for room, at in ((RoomId("early"), 0.0), (ROOM, 1.0), (OTHER, 1.0), (ROOM, 2.0)):
        rolls.left(room, at)
    assert rolls.due(3) == [], "nothing was lost"
    now = LEFT_S + 0.5
    rolls.lost(lambda room: room != OTHER, now)
    assert rolls.due(now + WAIT_S) == [ROOM]


class Forgetful:
    """A store whose log loses what it took of those who go."""

    def __init__(self, store: Store) -> None:
        self._store, self.lost = store, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def append_packs(self, packs: Sequence[tuple[int, bytes]]) -> None:
        entries = [(shard, entry) for shard, raw in packs for entry in parse_pack(raw)]
        kept = [(shard, entry) for shard, entry in entries if not isinstance(entry.act, Detach)]
        self.lost += len(entries) - len(kept)
        await self._store.append(kept)


async def card_is_gone(store: Store) -> bool:
    return await store.card(ROOM) is None


async def test_a_room_that_never_heard_of_the_end_closes_after_a_takeover(
    valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing happens in it, so it is the next engine's first word that tells the hub."""
    monkeypatch.setattr("rooms.rollcall.WAIT_S", 0.3)
    store = Store(valkey_url, 8)
    log = Forgetful(store)
    hub = Hub(cast(Any, log), cast(Layer, InMemoryChannelLayer()), ttl_ms=10_000)
    hub.start()
    ann = Player(PlayerId("g-ann"), "Ann")
    async with engine(valkey_url, "a", bounds=Bounds(idle_ms=200)):
        await store.append_to(ROOM, Open("tictactoe", {}, 2, "seed", ann, incarnation="i"))
        await until(lambda: bool(hub.web))
        ears = [Ear(JSON), Ear(JSON)]
        links = [Link(ROOM, Player(PlayerId(f"g-{n}"), "x"), JSON, ear) for n, ear in enumerate(ears)]
        for link in links:
            hub.join(link)
        await until(lambda: all(link.view is not None for link in links))
        for link in links:
            hub.leave(link)
        await until(lambda: log.lost == len(links))
        await asyncio.sleep(0.5)  # longer than an empty room stays open
        assert await store.card(ROOM) is not None
    async with engine(valkey_url, "b", bounds=Bounds(idle_ms=200)):
        await until(lambda: card_is_gone(store))
    await hub.aclose(0.2)
    await store.aclose()
