"""Engines on a real Valkey, and one room as a web process sees it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from rooms.core import inputs
from rooms.core.facts import Reply
from rooms.core.ids import PlayerId, RoomId, SocketId, WebId
from rooms.core.inputs import Attach, Command, Open, Player
from rooms.core.snapshot import Reading, Snapshot, later
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
        self.frames: list[Snapshot] = []
        self.wholes: dict[int, Snapshot] = {}
        """The keyframes among them, by tick."""
        self.events: list[server.Event] = []
        self._reading = Reading()
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
            if isinstance(said, server.Frame):
                seen = Snapshot(said.tick, said.ms, said.acks, said.whole["room"], said.whole["game"])
                self.wholes[said.tick] = seen
            else:
                assert isinstance(said, server.Delta)
                seen = later(self.wholes[frame.base], said.age, said.changes, self._reading)
            self.frames.append(seen)
        for event in delivery.events:
            told = parse_server(event.payload, inputs.JSON)
            assert isinstance(told, server.Event)
            self.events.append(told)
        for direct in delivery.directs:
            if direct.view is not None:
                welcome = parse_server(direct.payload, inputs.JSON)
                assert isinstance(welcome, server.Welcome)
                self._reading = Reading(welcome.game.fields, welcome.game.tick_hz, welcome.game.cells)
            self.got.setdefault(direct.socket, []).append(parse_server(direct.payload, inputs.JSON))


async def owners(store: Store) -> Counter[str]:
    return Counter(row.owner for row in await store.leases() if row.left_ms > 0)


async def shares(store: Store, wanted: dict[str, int]) -> bool:
    return await owners(store) == wanted
