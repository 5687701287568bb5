"""One room and its players, from opening to the last word; and what the server has kept of it when they rest."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
import redis.asyncio

from rooms.core.bounds import Bounds
from rooms.core.facts import Reply
from rooms.core.game import Rules
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Open
from rooms.core.inputs import Player as Person
from rooms.core.journal import Line, join_items, read_lines
from rooms.core.room import Live, load_room, revive
from rooms.core.view import game_tree, room_tree
from rooms.games.registry import get_rules
from rooms.protocol import client as say
from rooms.protocol import codec
from rooms.store import Store, StoreUnavailable
from rooms.store.commit import read_paces
from rooms.store.keys import shard_keys, shard_of
from tests.chaos.habits import Actor, Habits
from tests.chaos.history import History, Kept, Rest
from tests.chaos.player import Player

SHARDS: Final = 16
LOST: Final = 4511
OPEN_TRIES: Final = 20
OPTIONS: Final[dict[str, tuple[int, dict[str, Any]]]] = {
    "tictactoe": (2, {}),
    "snake": (3, {"width": 16, "height": 12, "rounds": 1}),
    "battleship": (2, {"size": 8, "again": True}),
    "arena": (3, {"score": 1, "seconds": 30, "width": 1600, "height": 900}),
}
"""Seats and options that make matches short."""


@dataclass(frozen=True, slots=True)
class Memory:
    """How the scenario itself looks into Redis and the database, past all lines."""

    store: Store
    client: redis.asyncio.Redis
    database: Path


class Company:
    """A room's players. `open`, then let faults happen; at rest `collect` its history; `leave` at last."""

    def __init__(self, game: str, ports: Sequence[int], seed: str, habits: Habits) -> None:
        self.rules: Rules = get_rules(game)
        self.rng = Random(seed)
        self.room = RoomId(secrets.token_urlsafe(16))
        self.shard = shard_of(self.room, SHARDS)
        self.habits = habits
        self.incarnation = secrets.token_hex(4)
        seats, self._options = OPTIONS[game]
        watching = self.rng.random() < 0.5
        people = [Person(PlayerId(f"g-{secrets.token_hex(6)}"), f"P{n}") for n in range(seats + watching)]
        self.size = seats
        self.players = [
            Player(who, self.room, ports, f"{seed}-{n}", watches=n >= seats) for n, who in enumerate(people)
        ]
        self.lost = False
        """Its memory was taken away on purpose."""
        self.doubtful = False
        """Its memory may have gone back on purpose: it may end with 4511, or go on."""
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, memory: Memory) -> None:
        """Open the room as the lobby does, and let the players in."""
        act = Open(
            self.rules.slug,
            self._options,
            self.size,
            f"seed-{self.rng.getrandbits(32)}",
            self.players[0].who,
            incarnation=self.incarnation,
        )
        for attempt in range(OPEN_TRIES):
            if await self._ask(memory.store, act):
                break
            assert attempt + 1 < OPEN_TRIES, f"no engine opened {self.room}"
            await asyncio.sleep(0.2)
        for player in self.players:
            self._tasks.append(asyncio.create_task(player.run()))
            self._tasks.append(asyncio.create_task(Actor(player, self.rules, self.habits).run()))

    async def _ask(self, store: Store, act: Open) -> bool:
        token = secrets.token_hex(8)
        try:
            await store.append_to(self.room, act, token)
            raw = await store.reply(self.shard, token, 3)
        except StoreUnavailable:
            return False
        if raw is None:
            return False
        reply = msgspec.msgpack.decode(raw, type=Reply)
        assert reply.ok, reply
        return True

    # -- how it stands

    @property
    def remaining(self) -> list[Player]:
        """Who was not let go for good."""
        return [player for player in self.players if player.ended is None]

    def may_be_lost(self) -> bool:
        """It went back, and said so to everybody."""
        return self.lost or (self.doubtful and all(player.ended == LOST for player in self.players))

    @property
    def resting(self) -> bool:
        """All its matches are over, and nothing is under way."""
        rooms = [player.sight.room for player in self.remaining]
        over = all(room["phase"] == "finished" and room["match"] >= self.habits.matches for room in rooms)
        return bool(rooms) and over and all(player.quiet for player in self.remaining)

    @property
    def paused(self) -> str:
        """The code of the fault that stopped the room, "" without one."""
        return next((p.sight.room["paused"]["code"] for p in self.players if p.sight.room["paused"]), "")

    # -- the end

    async def collect(self, memory: Memory, patience_s: float = 8.0) -> History:
        """Its history as it stands, the players resting; whoever lacks something of the room is waited for so long.

        The matches are not in it yet: see `add_matches`.
        """
        self.habits.acting = False
        history = History(self.room, self.rules.slug, self.rules.tick_hz, self.rules.hidden, lost=self.lost)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_s
        while not self.lost:
            before, history.final = history.final, await self._look(memory)
            still = before is not None and history.final is not None and before.tick == history.final.tick
            if loop.time() > deadline or (still and history.final is not None and self._is_shown(history.final)):
                break
            await asyncio.sleep(0.1)
        history.logs = {player.who.id: list(player.log) for player in self.players}
        history.last = {player.who.id: player.sight.seen for player in self.remaining if not self.lost}
        return history

    async def _look(self, memory: Memory) -> Rest | None:
        """What the server has of the room."""
        keys = shard_keys(self.shard)
        groups: Any = await memory.client.hvals(keys.paces)  # before the room: then a commit in between does no harm
        raw: Any = await memory.client.hget(keys.rooms, self.room)
        kept: Any = await memory.client.lrange(keys.events(self.room), 0, -1)
        if raw is None:
            return None
        room, state = load_room(raw, read_paces(groups).get(self.room, b""))
        return make_final(revive(room, state, self.rules, Bounds(), kept), state)

    def _is_shown(self, final: Rest) -> bool:
        """Everybody has all answers, and sees the room as it is."""
        trees = {seat: {"room": final.room, "game": game} for seat, game in final.games.items()}
        return all(
            player.quiet and player.sight.tree == trees[player.sight.seat] and player.sight.tick <= final.tick
            for player in self.remaining  # a later tick may show the same: then `final` is not the newest
        )

    async def leave(self) -> None:
        """Everybody goes, so that the room closes; whoever cannot say so in time just goes."""
        self.habits.acting = False
        for player in self.remaining:
            await player.send("leave", lambda seq, wire: codec.dump(say.Leave(seq), wire))
        if self.remaining:
            await asyncio.wait([self._tasks[2 * self.players.index(p)] for p in self.remaining], timeout=3.0)
        await self.disperse()

    async def disperse(self) -> None:
        """Everybody goes without a word."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def broken(self) -> list[BaseException]:
        """Faults of the players' own: of this test."""
        done = [task for task in self._tasks if task.done() and not task.cancelled()]
        return [fault for task in done if (fault := task.exception()) is not None]


async def add_matches(memory: Memory, history: History) -> bool:
    """Add what is known of the room's matches. False while the database lacks one: a worker brings it in seconds."""
    final = history.final
    if final is None:
        return True
    history.recorded, history.journals = await asyncio.to_thread(read_matches, memory.database, history.room)
    missing = [match for match in range(1, final.match + 1) if match not in history.journals]
    for match in missing:
        key = shard_keys(shard_of(RoomId(history.room), SHARDS)).journal(RoomId(history.room), match)
        items: Any = await memory.client.lrange(key, 0, -1)
        history.journals[match] = read_lines(join_items(items))
    return not missing


def make_final(live: Live, state: bytes) -> Rest:
    """The room as Redis has it, with fresh views of it for everybody."""
    room = live.room
    return Rest(
        incarnation=room.incarnation,
        tick=room.tick,
        offset=room.offset,
        match=room.match,
        phase=room.phase,
        seqs={str(player): seq for player, seq in room.seqs.items()},
        seats=tuple(None if sitter is None else sitter.player.id for sitter in room.seats),
        state=state,
        room=_plain(room_tree(live)),
        games={seat: _plain(game_tree(live, seat if seat >= 0 else None)) for seat in range(-1, room.size)},
        events=tuple(Kept(told.offset, told.kind, told.body, told.seats) for told in live.events),
    )


def _plain(tree: Any) -> Any:
    """As it is after a journey over the wire: no tuples."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(tree))


def read_matches(database: Path, room: str) -> tuple[dict[int, int], dict[int, list[Line]]]:
    """What the database has of a room's matches: rows by match, and the lines of their journals."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
    try:
        rows = connection.execute("SELECT number, count(*) FROM lobby_match WHERE room = ? GROUP BY 1", (room,))
        counts = {int(number): int(count) for number, count in rows}
        query = "SELECT m.number, r.lines FROM lobby_match m JOIN lobby_replay r ON r.match_id = m.id WHERE m.room = ?"
        lines = {int(n): read_lines(zlib.decompress(raw)) for n, raw in connection.execute(query, (room,))}
    finally:
        connection.close()
    return counts, lines
