"""A good history without processes: real rules, engine's broadcast and hub's crowd; players who log as always.

What a network would do is done at once. An engine dies, a player comes back, inputs come twice, some are refused.
"""

from __future__ import annotations

import time
from itertools import count
from typing import Any

import msgspec

from rooms.core import inputs, journal, tick
from rooms.core.bounds import Bounds
from rooms.core.effects import Effects
from rooms.core.game import Rules
from rooms.core.ids import PlayerId, RoomId, SocketId, WebId
from rooms.core.inputs import MSGPACK, Act, Attach, Command, Detach, Open, Resume
from rooms.core.inputs import Player as Person
from rooms.core.room import dump_live, dump_told, load_room, revive
from rooms.crowd import Crowd
from rooms.engine.broadcast import Stage
from rooms.games.registry import get_rules
from rooms.link import Link
from rooms.protocol import client, codec
from tests.chaos.company import OPTIONS, make_final
from tests.chaos.habits import Actor, Habits
from tests.chaos.history import Closed, History, Opened
from tests.chaos.player import Player
from tests.support.sockets import Ear

ROOM, WEB = RoomId("r" * 22), WebId("w")
STEP_MS = 120
LONGEST = 4000
BODIES: dict[type[Any], Any] = {
    client.Chat: lambda said: inputs.ChatBody(said.text),
    client.Ready: lambda said: inputs.ReadyBody(said.ready),
    client.Start: lambda said: inputs.StartBody(),
    client.Rematch: lambda said: inputs.RematchBody(),
    client.Sit: lambda said: inputs.SitBody(said.seat),
    client.Stand: lambda said: inputs.StandBody(),
}


class Guest(Player):
    """A player whose socket is a list."""

    def __init__(self, who: Person, seed: str, watches: bool) -> None:
        super().__init__(who, ROOM, [0], seed, watches)
        self.wire = MSGPACK
        self.link: Link | None = None
        self.ear = Ear(MSGPACK)
        self.heard = 0
        self.said: list[bytes] = []

    async def _write(self, socket: Any, payload: bytes) -> None:
        self.said.append(payload)

    def connect(self, at: float) -> Attach:
        """A new socket, with what its hello says."""
        self.ear, self.heard = Ear(MSGPACK), 0
        self.link = Link(ROOM, self.who, MSGPACK, self.ear)
        self.link.want = self._want()
        self.link.resume = Resume(self.sight.incarnation, self.sight.offset) if self.sight.incarnation else None
        self.log.append(Opened(at, 0, self.sight.incarnation, self.sight.offset))
        self._socket: Any = self.ear
        return self.link.attach(WEB)

    def hang_up(self, at: float) -> Detach:
        """The connection is lost."""
        assert self.link is not None
        self.log.append(Closed(at, 1006, False))
        self.welcomed_at, self._socket = None, None
        return Detach(self.link.id)

    async def hear(self) -> None:
        """Take what has arrived."""
        while self.heard < len(self.ear.raw):
            raw = self.ear.raw[self.heard]
            self.heard += 1
            await self._take(codec.parse_server(raw, MSGPACK))


class Recording:
    """One room and its guests. `record` plays until all matches are over."""

    def __init__(self, game: str, seed: str, matches: int = 2) -> None:
        self.rules: Rules = get_rules(game)
        seats, options = OPTIONS[game]
        self.habits = Habits(chat=0.3, mischief=0.3, wander=0.05 if game == "arena" else 0.0, matches=matches)
        people = [Person(PlayerId(f"g-{seed}-{n}"), f"P{n}") for n in range(seats + 1)]
        self.guests = [Guest(who, f"{seed}-{n}", n >= seats) for n, who in enumerate(people)]
        self.actors = [Actor(guest, self.rules, self.habits) for guest in self.guests]
        act = Open(game, options, seats, seed, people[0], incarnation="inc")
        self.live = tick.open_room(ROOM, act, self.rules, Bounds(), 1_000_000)
        dump_live(self.live)
        self.epoch = 1
        self.stage, self.crowd = Stage(self.live, self.epoch), Crowd(ROOM)
        self.lines: dict[int, list[bytes]] = {}
        self._ids = count(1)
        self._clock = 0

    async def record(self) -> History:
        """The history of a room at rest."""
        for guest in self.guests:
            await self._pass(self._enter(guest))
        for turn in range(LONGEST):
            self.habits.acting = turn % 3 == 0
            await self._turn(turn)
            room = self.live.room
            if room.phase == "finished" and room.match >= self.habits.matches:
                break
        for guest in self.guests:
            if not guest.here:
                await self._pass(self._enter(guest))
        await self._pass()
        return self._history()

    def _enter(self, guest: Guest) -> Attach:
        act = guest.connect(time.monotonic())
        assert guest.link is not None
        self.crowd.add(guest.link)
        return act

    async def _turn(self, turn: int) -> None:
        if turn % 40 == 25:
            self._die()
        guest = self.guests[turn // 30 % len(self.guests)]
        if turn % 30 == 10 and guest.link is not None:
            self.crowd.remove(guest.link)
            await self._pass(guest.hang_up(time.monotonic()))
        if turn % 30 == 14:
            await self._pass(self._enter(guest))
        said: list[Act] = []
        for one, actor in zip(self.guests, self.actors, strict=True):
            if self.habits.acting and one.here:
                await actor._turn()
            if turn % 4 == 0 and one.here and one.sight.seat >= 0:
                await self._insist(one)
            said += [self._command(one, raw) for raw in one.said]
            one.said.clear()
        await self._pass(*said)

    async def _insist(self, guest: Guest) -> None:
        """The same move as before as a new input: out of turn, taken, not playing; some of these are refused."""
        moves = [one for one in guest.answered if one.kind == "move"]
        if moves:
            await guest.send("move", moves[-1].make, moves[-1].body)

    def _command(self, guest: Guest, raw: bytes) -> Command:
        said: Any = codec.parse_client(raw, MSGPACK)
        assert guest.link is not None
        if isinstance(said, client.Move):
            move = codec.parse_part(said.move, self.rules.move, MSGPACK)
            body: Any = inputs.MoveBody(msgspec.msgpack.encode(move))
        else:
            body = BODIES[type(said)](said)
        return Command(SocketId(guest.link.id), guest.who.id, said.seq, body)

    async def _pass(self, *acts: Act) -> None:
        """One pass of the engine, its commit, and what it delivers."""
        self._clock += STEP_MS
        fx = tick.advance(self.live, [(f"{next(self._ids)}-0", act, "") for act in acts], self._clock)
        self._note(fx)
        deliveries = self.stage.deliveries(fx) if fx.changed else {}
        dump_live(self.live)
        if WEB in deliveries:
            assert not self.crowd.deliver(deliveries[WEB], 0.0)
        for guest in self.guests:
            await guest.hear()

    def _note(self, fx: Effects) -> None:
        for match, lines in fx.journal.items():
            self.lines.setdefault(match, []).extend(lines)

    def _die(self) -> None:
        """The engine dies; another loads what was committed."""
        room, state = load_room(dump_live(self.live))
        told = [dump_told(one) for one in self.live.events]
        self.live = revive(room, state, self.rules, self.live.bounds, told)
        self.epoch += 1
        self.stage = Stage(self.live, self.epoch)

    def _history(self) -> History:
        lines = {match: journal.read_lines(journal.dump_lines(raw)) for match, raw in self.lines.items()}
        state = load_room(dump_live(self.live))[1]
        return History(
            ROOM,
            self.rules.slug,
            self.rules.tick_hz,
            self.rules.hidden,
            logs={guest.who.id: guest.log for guest in self.guests},
            last={guest.who.id: guest.sight.seen for guest in self.guests},
            journals=lines,
            recorded=dict.fromkeys(lines, 1),
            final=make_final(self.live, state),
        )
