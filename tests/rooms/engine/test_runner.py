"""Engines on a real Valkey: they share, hand over, survive each other, and isolate what fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from rooms.core import inputs
from rooms.core.bounds import Bounds
from rooms.core.facts import Card
from rooms.core.ids import RoomId, SocketId, WebId
from rooms.core.inputs import Attach, Command, Detach, Open
from rooms.engine.config import EngineConfig
from rooms.engine.runner import Engine
from rooms.protocol import server
from rooms.store import Store
from tests.rooms.engine.playing import ANN, BOB, WEB, Table, engine, owners, shares, until


async def test_one_engine_owns_everything(store: Store, valkey_url: str) -> None:
    async with engine(valkey_url, "a"):
        await until(lambda: shares(store, {"a": 8}))
    assert await owners(store) == {}, "a stopped engine has handed everything over"


async def test_engines_share_evenly_and_rebalance(store: Store, valkey_url: str) -> None:
    async with engine(valkey_url, "a"):
        await until(lambda: shares(store, {"a": 8}))
        async with engine(valkey_url, "b"):
            await until(lambda: shares(store, {"a": 4, "b": 4}))
            async with engine(valkey_url, "c"):
                await until(lambda: shares(store, {"a": 3, "b": 3, "c": 2}))
        await until(lambda: shares(store, {"a": 8}))


async def test_a_room_lives_on_when_its_engine_hands_over(store: Store, table: Table, valkey_url: str) -> None:
    async with engine(valkey_url, "a"):
        assert (await table.open()).ok
        await table.start()
        await until(lambda: bool(table.frames) and table.frames[-1].acks == (1, 1))
    seen = len(table.frames)
    before = max(frame.tick for frame in table.frames)
    seq = await table.do(ANN, inputs.ChatBody("still here?"))  # appended while no engine lives
    async with engine(valkey_url, "b"):
        await until(lambda: any(frame.acks[0] == seq for frame in table.frames[seen:]))
    first = table.frames[seen]
    assert table.wholes[first.tick] is first, "a new engine begins with the whole"
    assert first.tick > before
    assert first.room["phase"] == "playing"


async def test_time_without_an_engine_does_not_count(store: Store, table: Table, valkey_url: str) -> None:
    bounds = Bounds(idle_ms=400)
    async with engine(valkey_url, "a", bounds=bounds):
        await table.open()
        await table.attach(ANN)
        await store.append_to(table.room, Detach(SocketId("s-ann")))
        await until(lambda: _seen(store, table.room, True))
    await asyncio.sleep(0.8)  # the server is down for longer than an idle room is kept
    async with engine(valkey_url, "b", bounds=bounds) as running:
        await until(lambda: running.holding.settled)  # taken and loaded
        room = running.holding.shards[store.shard_of(table.room)].tables[table.room].live.room
        assert room.lost_ms >= 700
        await until(lambda: _seen(store, table.room, False))


async def test_every_move_counts_once_through_handovers(store: Store, table: Table, valkey_url: str) -> None:
    async with engine(valkey_url, "a"):
        await table.open("arena", size=4)
        await table.start()
        await _chatter(table)
        async with engine(valkey_url, "b"):
            await _chatter(table)
        await _chatter(table)
        await until(lambda: table.frames[-1].acks[0] == table.seq[ANN.id])
    ticks = [frame.tick for frame in table.frames]
    assert ticks == sorted(ticks)


async def _chatter(table: Table) -> None:
    """Twenty inputs, spread over more than one round of balancing."""
    for _ in range(20):
        await table.do(ANN, inputs.ChatBody("x"))
        await asyncio.sleep(0.01)


async def test_a_stale_engine_writes_nothing(store: Store, table: Table, valkey_url: str) -> None:
    async with engine(valkey_url, "a") as stale:
        await table.open()
        await table.start()
        number = store.shard_of(table.room)
        assert stale.holding.shards
        rival = await _steal(store, number)
        before = (await store.load(rival)).rooms[table.room]
        await table.do(ANN, inputs.ChatBody("to whom?"))
        await until(lambda: number not in stale.holding.shards)
        assert (await store.load(rival)).rooms[table.room] == before
        await store.release(rival)


async def _steal(store: Store, number: int) -> Any:
    row = (await store.leases())[number]
    lease = None
    for _ in range(100):  # a commit of the owner that falls between the two commands renews the lease
        await store._client.call("HSET", f"hf:{{s{number:02d}}}:lease", "until", 0)
        lease = await store.take(number, "rival", 60_000)
        if lease is not None:
            break
    assert lease is not None
    assert lease.epoch > row.epoch
    return lease


async def test_an_idle_turn_based_room_costs_no_commits(store: Store, table: Table, valkey_url: str) -> None:
    async with engine(valkey_url, "a") as running:
        await table.open()
        await table.start()
        await until(lambda: table.frames[-1].acks == (1, 1))
        commits, frames = running.counters.commits, len(table.frames)
        await asyncio.sleep(0.6)
        assert running.counters.commits == commits
        assert len(table.frames) == frames


async def test_one_broken_room_pauses_alone(
    store: Store, table: Table, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rooms.games import arena

    step = arena.step

    def breakable(state: Any, given: Any, now: Any, rng: Any) -> Any:
        if now.tick > 5 and given:
            raise RuntimeError("a bug in the rules")
        return step(state, given, now, rng)

    from rooms.games import forget_games

    monkeypatch.setattr(arena, "step", breakable)
    forget_games()
    sound = RoomId("S" * 22)
    try:
        async with engine(valkey_url, "a") as running:
            await table.open("arena", size=4)
            await table.start()
            await store.append_to(sound, Open("arena", {}, 2, "s", None, fill_ms=1, incarnation="i"), "other")
            await until(lambda: len(table.frames) > 12)
            await table.do(ANN, inputs.MoveBody(msgspec.msgpack.encode({"thrust": 1, "turn": 0, "fire": 0})))
            await until(lambda: _paused(table))
            other = running.holding.shards[store.shard_of(sound)].tables[sound]
            tick = other.live.room.match_tick
            await until(lambda: other.live.room.match_tick > tick + 10)
            await table.do(ANN, inputs.ChatBody("what happened?"))
            await until(lambda: table.frames[-1].acks[0] == table.seq[ANN.id])
    finally:
        monkeypatch.undo()
        forget_games()


def _paused(table: Table) -> bool:
    return any(frame.room["paused"] for frame in table.frames)


async def test_a_state_that_cannot_be_encoded_pauses_its_room(
    store: Store, table: Table, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with engine(valkey_url, "a") as running:
        await table.open()
        await table.start()
        await until(lambda: table.frames[-1].acks == (1, 1))
        live = running.holding.shards[store.shard_of(table.room)].tables[table.room].live
        live.room.options["broken"] = object()
        await table.do(ANN, inputs.ChatBody("hello"))
        await until(lambda: _paused(table))
        await table.do(BOB, inputs.ChatBody("hello"))
        await until(lambda: table.frames[-1].acks[1] == table.seq[BOB.id])


async def test_closing_leaves_no_key_behind(store: Store, table: Table, valkey_url: str) -> None:
    async def keys() -> int:
        names = await store._client.call("KEYS", "*")
        return sum(not name.startswith(b"hf:counts:") for name in names)  # which engines write when they like

    async with engine(valkey_url, "a", bounds=Bounds(idle_ms=300)):
        await until(lambda: shares(store, {"a": 8}))
        names = [RoomId(f"{n:022d}") for n in range(60)]
        await asyncio.gather(*(_open_and_close(store, name) for name in names[:30]))
        baseline = await keys()  # with the few keys of each shard that stay
        await asyncio.gather(*(_open_and_close(store, name) for name in names[30:]))
        await until(lambda: _is(keys, baseline))
        assert [cards for shard in range(store.shards) for cards in (await store.cards(shard))[1]] == []


async def _is(count: Callable[[], Awaitable[int]], wanted: int) -> bool:
    return await count() == wanted


async def _open_and_close(store: Store, room: RoomId) -> None:
    socket = SocketId("s-" + room)
    await store.append_to(room, Open("tictactoe", {}, 2, "s", ANN, incarnation="i"), "token-" + room)
    assert await store.reply(store.shard_of(room), "token-" + room, 5) is not None
    await store.append_to(room, Attach(socket, WEB, ANN, inputs.JSON))
    await store.append_to(room, Command(socket, ANN.id, 1, inputs.ChatBody("hi")))
    await store.append_to(room, Detach(socket))
    await until(lambda: _seen(store, room, False))


async def _seen(store: Store, room: RoomId, wanted: bool) -> bool:
    raw = await store.card(room)
    assert raw is None or msgspec.msgpack.decode(raw, type=Card).room == room
    return (raw is not None) is wanted


async def test_a_dead_web_processs_sockets_are_detached(store: Store, table: Table, valkey_url: str) -> None:
    async with engine(valkey_url, "a") as running:
        await table.open()
        await table.attach(ANN)
        other = WebId("web-2")
        await store.beat_web(other, 300)
        await store.append_to(table.room, Attach(SocketId("s-bob"), other, BOB, inputs.JSON))
        live = running.holding.shards[store.shard_of(table.room)].tables[table.room].live
        await until(lambda: "s-bob" in live.room.sockets)
        await until(lambda: "s-bob" not in live.room.sockets)
        assert live.room.seats[1] is not None
        assert live.room.seats[1].away_ms is not None


async def test_refusals_of_openings_are_told(store: Store, table: Table, valkey_url: str) -> None:
    async with engine(valkey_url, "a", max_rooms=1):
        assert (await table.open("no-such-game")).code == "bad_options"
        table.room = RoomId("U" * 22)
        assert (await table.open("snake", options={"width": -5})).code == "bad_options"


async def test_a_socket_for_a_room_that_is_gone_is_told(store: Store, table: Table, valkey_url: str) -> None:
    async with engine(valkey_url, "a"):
        await store.append_to(table.room, Attach(SocketId("s-x"), WEB, ANN, inputs.JSON))
        await until(lambda: bool(table.got.get(SocketId("s-x"))))
        goodbye = table.got[SocketId("s-x")][0]
        assert isinstance(goodbye, server.Goodbye)
        assert (goodbye.code, goodbye.reconnect) == (4504, False)


async def test_another_number_of_shards_is_refused(store: Store, valkey_url: str) -> None:
    from rooms.store import ShardsDiffer

    with pytest.raises(ShardsDiffer):
        await Engine(EngineConfig(valkey_url, shards=4), asyncio.Event()).run()
