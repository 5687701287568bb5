"""A room driven by hand: entries in, effects out, time as the test says."""

from __future__ import annotations

from itertools import count
from typing import Any

import msgspec
from msgspec.structs import replace

from rooms.core import inputs, presence, tick
from rooms.core.bounds import Bounds
from rooms.core.effects import Effects
from rooms.core.game import Rules
from rooms.core.ids import PlayerId, RoomId, SocketId, WebId
from rooms.core.inputs import Act, Attach, Body, Command, Detach, Open, Player, Want
from rooms.core.room import Live, dump_live, dump_pace, dump_told, load_room, revive
from rooms.games import get_rules

ROOM = RoomId("R" * 22)
BOUNDS = Bounds()


def person(name: str) -> Player:
    """A guest whose id is the name in small letters."""
    return Player(PlayerId(name.lower()), name)


ANN, BOB, CAT = person("Ann"), person("Bob"), person("Cat")


class Driver:
    """One room. `now` is its time in milliseconds; `kill` loads it again from its bytes, as another engine would."""

    def __init__(self, rules: Rules | None = None, host: Player | None = ANN, size: int = 2, **more: Any) -> None:
        self.rules = rules or get_rules("tictactoe")
        self.now = 0
        self._ids = count(1)
        self._seqs: dict[PlayerId, int] = {}
        act = Open(self.rules.slug, {}, size, "seed", host, incarnation="inc", **more)
        self.live: Live = tick.open_room(ROOM, act, self.rules, more.get("bounds", BOUNDS), 1_000_000)
        self.kept = dump_live(self.live), b""
        """What Redis has of it: the room and its pace."""

    @property
    def room(self) -> Any:
        return self.live.room

    def act(self, *acts: Act, token: str = "") -> Effects:
        """One pass with these entries."""
        before = _besides_the_match(self.live)
        fx = tick.advance(self.live, [(f"{next(self._ids)}-0", act, token) for act in acts], self.now)
        if fx.plain:
            assert _besides_the_match(self.live) == before, "a plain pass changes nothing but the match's own pace"
            assert self.live.alarm == presence.next_alarm(self.live)
        if fx.plain:
            self.kept = self.kept[0], dump_pace(self.live)
        elif not fx.closed:
            self.kept = dump_live(self.live), b""
        return fx

    def pass_(self, ms: int = 0) -> Effects:
        """One pass without entries, `ms` later."""
        self.now += ms
        return self.act()

    def attach(self, player: Player, want: Want = "auto", web: str = "w", resume: Any = None) -> Effects:
        return self.act(Attach(self.socket(player), WebId(web), player, inputs.JSON, want, resume))

    def detach(self, player: Player) -> Effects:
        return self.act(Detach(self.socket(player)))

    def socket(self, player: Player) -> SocketId:
        return SocketId(f"s-{player.id}")

    def command(self, player: Player, body: Body, seq: int | None = None) -> Command:
        if seq is None:
            seq = self._seqs[player.id] = self._seqs.get(player.id, 0) + 1
        return Command(self.socket(player), player.id, seq, body)

    def do(self, player: Player, body: Body, seq: int | None = None) -> Effects:
        return self.act(self.command(player, body, seq))

    def move(self, player: Player, move: Any, seq: int | None = None) -> Effects:
        return self.do(player, inputs.MoveBody(msgspec.msgpack.encode(move)), seq)

    def play(self) -> None:
        """Ann and Bob sit, and the match begins."""
        self.attach(ANN)
        self.attach(BOB)
        self.do(BOB, inputs.ReadyBody(True))
        self.do(ANN, inputs.StartBody())
        assert self.room.phase == "playing"

    def kill(self) -> None:
        """The engine dies; another loads what was committed."""
        if not self.kept[1]:  # a test may have changed something by hand
            self.kept = dump_live(self.live), b""
        room, state = load_room(*self.kept)
        told = [dump_told(one) for one in self.live.events]
        self.live = revive(room, state, self.rules, self.live.bounds, told)


def _besides_the_match(live: Live) -> bytes:
    """All that is kept of a room but what every step changes, encoded."""
    room = live.room
    seqs = dict.fromkeys(room.seqs, 0)
    pace = {"tick": 0, "ms": 0, "match_tick": 0, "applied": "", "seqs": seqs, "chain": 0, "journalled": 0}
    return msgspec.msgpack.encode(replace(room, **pace))


def codes(fx: Effects) -> list[str]:
    """The codes of the refusals."""
    return [refusal.code for refusal in fx.refusals]


def kinds(fx: Effects) -> list[str]:
    """The kinds of the events."""
    return [told.kind for told in fx.events]
