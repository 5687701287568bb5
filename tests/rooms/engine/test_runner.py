"""Engines on a real Valkey: they share, hand over, survive each other, and isolate what fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from rooms.core import inputs
from rooms.core.bounds import Bounds
from rooms.core.facts import Card, Reply
from rooms.core.ids import PlayerId, RoomId, SocketId, WebId
from rooms.core.inputs import Attach, Command, Detach, Open, Player
from rooms.engine.config import EngineConfig
from rooms.engine.runner import Engine
from rooms.protocol import server
from rooms.protocol.bus import parse_parcel
from rooms.protocol.codec import parse_server
from rooms.store import Store

WEB = WebId("web-1")
ANN, BOB = Player(PlayerId("ann"), "Ann"), Player(PlayerId("bob"), "Bob")


@asynccontextmanager
async def engine(url: str, name: str, **more: Any) -> AsyncIterator[Engine]:
    """A running engine; told to stop at the end."""
    config = EngineConfig(url, shards=8, lease_ms=600, name=name, **more)
    stop = asyncio.Event()
    running = Engine(config, stop)
    task = asyncio.create_task(running.run())
    try:
        yield running
    finally:
        stop.set()
        await task


async def until(truth: Callable[[], Awaitable[bool]] | Callable[[], bool], seconds: float = 8.0) -> None:
    """Wait until something holds; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while True:
            held = truth()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.02)


class Table:
    """What a web process does for one room, by hand: appends, and collects what each socket is sent."""

    def __init__(self, store: Store, room: RoomId) -> None:
        self.store, self.room = store, room
        self.got: dict[SocketId, list[Any]] = {}
        self.frames: list[server.Frame] = []
        self.seq: Counter[PlayerId] = Counter()

    async def open(self, game: str = "tictactoe", **more: Any) -> Reply:
        act = Open(game, more.pop("options", {}), more.pop("size", 2), "seed", ANN, incarnation="inc", **more)
        await self.store.append_to(self.room, act, "token-" + self.room[:4])
        raw = await self.store.reply(self.store.shard_of(self.room), "token-" + self.room[:4], 5)
        assert raw is not None
        return msgspec.msgpack.decode(raw, type=Reply)

    async def attach(self, player: Player) -> None:
        name = SocketId(f"s-{player.id}")
        await self.store.append_to(self.room, Attach(name, WEB, player, inputs.JSON))
        await until(lambda: any(isinstance(said, server.Welcome) for said in self.got.get(name, [])))

    async def do(self, player: Player, body: inputs.Body) -> int:
        self.seq[player.id] += 1
        seq = self.seq[player.id]
        await self.store.append_to(self.room, Command(SocketId(f"s-{player.id}"), player.id, seq, body))
        return seq

    async def start(self) -> None:
        await self.attach(ANN)
        await self.attach(BOB)
        await self.do(BOB, inputs.ReadyBody(True))
        await self.do(ANN, inputs.StartBody())

    async def listen(self) -> None:
        box = self.store.mailbox(WEB)
        await box.opened()
        self.listening.set()
        try:
            async for said in box:
                for delivery in parse_parcel(getattr(said, "raw", b"\x90")):
                    if delivery.room == self.room:
                        self._take(delivery)
        finally:
            await box.aclose()

    listening: asyncio.Event

    def _take(self, delivery: Any) -> None:
        for frame in delivery.frames:
            said = parse_server(frame.payload, inputs.JSON)
            assert isinstance(said, server.Frame)
            self.frames.append(said)
        for direct in delivery.directs:
            self.got.setdefault(direct.socket, []).append(parse_server(direct.payload, inputs.JSON))


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    store = Store(valkey_url, 8)
    await store.check()
    await store.beat_web(WEB, 60_000)
    yield store
    await store.aclose()


@pytest.fixture
async def table(store: Store) -> AsyncIterator[Table]:
    table = Table(store, RoomId("T" * 22))
    table.listening = asyncio.Event()
    task = asyncio.create_task(table.listen())
    await table.listening.wait()
    yield table
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def owners(store: Store) -> Counter[str]:
    return Counter(row.owner for row in await store.leases() if row.left_ms > 0)


async def shares(store: Store, wanted: dict[str, int]) -> bool:
    return await owners(store) == wanted


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
    assert first.base is None, "a new engine begins with the whole"
    assert first.tick > before
    assert first.whole["room"]["phase"] == "playing"


async def test_time_without_an_engine_does_not_count(store: Store, table: Table, valkey_url: str) -> None:
    bounds = Bounds(idle_ms=400)
    async with engine(valkey_url, "a", bounds=bounds):
        await table.open()
        await table.attach(ANN)
        await store.append_to(table.room, Detach(SocketId("s-ann")))
        await until(lambda: _seen(store, table.room, True))
    await asyncio.sleep(0.8)  # the server is down for longer than an idle room is kept
    async with engine(valkey_url, "b", bounds=bounds) as running:
        await until(lambda: shares(store, {"b": 8}))
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
    await store._client.call("HSET", f"hf:{{s{number:02d}}}:lease", "until", 0)
    lease = await store.take(number, "rival", 60_000)
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
    return any((frame.whole or {}).get("room", {}).get("paused") for frame in table.frames) or any(
        "paused" in str(frame.patch) for frame in table.frames
    )


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
        rooms = await store._client.call("DBSIZE")
        return int(rooms)

    async with engine(valkey_url, "a", bounds=Bounds(idle_ms=300)):
        await until(lambda: shares(store, {"a": 8}))
        names = [RoomId(f"{n:022d}") for n in range(60)]
        await asyncio.gather(*(_open_and_close(store, name) for name in names[:30]))
        baseline = await keys()  # with the few keys of each shard that stay
        await asyncio.gather(*(_open_and_close(store, name) for name in names[30:]))
        await until(lambda: _is(keys, baseline))
        assert await store.cards() == {}


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
