"""The hub when Redis lost what it knew: flushed, or back with older data. The rest of it: test_hub.py."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest
from channels.layers import InMemoryChannelLayer

from rooms.core.ending import LOST_WORDS
from rooms.core.inputs import JSON, Attach
from rooms.hub import Hub
from rooms.protocol.bus import SHARED, ViewFrame
from rooms.relay import Layer
from rooms.store import Store, StoreUnavailable
from rooms.store.keys import META, shard_keys
from tests.rooms.test_hub import engine, hub, settle, store
from tests.support.scripted import ScriptedEngine, box, some_room
from tests.support.waiting import until

__all__ = ["engine", "hub", "store"]


async def remember(store: Store, *words: str) -> None:
    """Give the shards' memories these words, and change the hint."""
    for shard, word in enumerate(words):
        await store._client.call("HSET", shard_keys(shard).meta, "memory", word)
    await store._client.call("HSET", META, "incarnation", " ".join(words))


async def test_rooms_that_were_flushed_end_with_an_honest_goodbye(
    store: Store, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rooms.weblife.PROBE_S", 0.05)
    await remember(store, "a", "b", "c", "d")
    hub = Hub(store, cast(Layer, InMemoryChannelLayer()), ttl_ms=2000)
    hub.start()
    gone, there, elsewhere = some_room(store, 1), some_room(store, 1), some_room(store, 2)
    ears = {room: (await settle(hub, engine, room))[1] for room in (gone, there, elsewhere)}
    await engine.put_card(there)
    await remember(store, "a", "B", "c", "d")
    await until(lambda: ears[gone].closed is not None)
    assert ears[gone].closed == (4511, LOST_WORDS)
    assert ears[gone].heard[-1].reconnect is False
    again = [await engine.next_of(Attach) for _ in range(2)]
    assert {attach.again for attach in again} == {True}, "a room that is there must know our sockets"
    assert (ears[there].closed, ears[elsewhere].closed) == (None, None)
    await hub.aclose(0.2)


async def test_a_room_that_went_back_is_not_shown_and_its_memory_is_renounced(
    hub: Hub, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    renounced: list[tuple[int, str]] = []
    away = [True, False]

    async def renounce(shard: int, memory: str) -> bool:
        if away.pop(0):
            raise StoreUnavailable("away")
        renounced.append((shard, memory))
        return True

    monkeypatch.setattr(hub.store, "renounce", renounce)
    monkeypatch.setattr(hub._life, "memory", lambda shard: f"word {shard}")
    room = some_room(engine.store, 3)
    _, ear = await settle(hub, engine, room)
    newest = [ViewFrame(SHARED, JSON, -1, b'"k9"')]
    await engine.deliver(hub.web, msgspec.structs.replace(box(room, 9, frames=newest), epoch=5))
    older = [ViewFrame(SHARED, JSON, -1, b'"k8"')]
    await engine.deliver(hub.web, msgspec.structs.replace(box(room, 8, frames=older), epoch=6))
    await until(lambda: renounced, why="said again when Redis was away")
    assert renounced == [(3, "word 3")]
    assert ear.raw == [b'"k9"']
