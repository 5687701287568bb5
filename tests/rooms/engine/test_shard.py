"""One shard without Redis: what wakes its rooms, and what a pass hands over to be kept."""

from __future__ import annotations

from dataclasses import replace as replace_rules
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from rooms.core import inputs
from rooms.core.facts import Reply
from rooms.core.ids import PlayerId, RoomId, SocketId, WebId
from rooms.core.inputs import (
    Act,
    Attach,
    ChatBody,
    Command,
    Detach,
    Entry,
    Open,
    Operate,
    Player,
    ReadyBody,
    Resync,
    StartBody,
    dump_entry,
    dump_pack,
)
from rooms.core.room import dump_live, load_room, read_told
from rooms.engine import shard as shards
from rooms.engine.clock import Clock
from rooms.engine.config import EngineConfig
from rooms.engine.shard import Shard
from rooms.engine.watch import Watch
from rooms.games import get_rules
from rooms.protocol.bus import parse_parcel
from rooms.store import Commit, Lease, Loaded
from tests.rooms.core.driver import BOB, Driver

ROOM = RoomId("r" * 22)
ANN = Player(PlayerId("ann"), "Ann")
OPEN = Open("tictactoe", {}, 2, "seed", ANN, incarnation="inc")
CONFIG = EngineConfig("unused")


class ByHand:
    """A shard whose log and commits are lists."""

    config = CONFIG

    def __init__(self, loaded: Loaded | None = None, gap_ms: int = 0) -> None:
        self.clock = Clock()
        self.clock.set(1_000_000_000)
        self.shard = Shard(Lease(0, "me", 1, gap_ms), loaded or Loaded("0-0"), self.config, self.clock)
        self._n = 0

    def pass_(self, *acts: Act, token: str = "") -> Commit | None:
        for act in acts:
            self._n += 1
            self.shard.take_in([(f"{self._n}-0", dump_pack([dump_entry(Entry(ROOM, act, token))]))])
        return self.shard.advance(self.shard.due(frozenset(), self.clock.wall_ms()), Watch(0))

    def tick(self, hz: int) -> Commit | None:
        return self.shard.advance(self.shard.due(frozenset({hz}), self.clock.wall_ms()), Watch(0))


def opened(slug: str = "tictactoe") -> tuple[ByHand, Commit]:
    hand = ByHand()
    commit = hand.pass_(replace(OPEN, game=slug), Attach(SocketId("s"), WebId("w"), ANN, inputs.JSON))
    assert commit is not None
    return hand, commit


def test_what_cannot_be_read_of_a_pack_does_not_take_the_rest_with_it() -> None:
    hand, _ = opened()
    known = dump_entry(Entry(ROOM, Command(SocketId("s"), ANN.id, 1, ChatBody("hi"))))
    strange = msgspec.msgpack.encode([ROOM, ["unheard of", 1], ""])
    assert hand.shard.take_in([("7-0", dump_pack([strange, known])), ("8-0", b"\xc1"), ("9-0", dump_pack([]))]) == 1
    commit = hand.pass_()
    assert commit is not None
    assert commit.last == "9-0"
    assert len(commit.events[ROOM]) == 1


def test_entries_under_one_id_take_effect_together_or_were_there_already() -> None:
    hand, _ = opened()
    chats = [dump_entry(Entry(ROOM, Command(SocketId("s"), ANN.id, seq, ChatBody("hi")))) for seq in (1, 2)]
    hand.shard.take_in([("7-0", dump_pack(chats))])
    commit = hand.pass_()
    assert commit is not None
    assert len(commit.events[ROOM]) == 2
    again = ByHand(Loaded("6-0", {ROOM: commit.rooms[ROOM]}, {}))
    assert again.shard.take_in([("7-0", dump_pack(chats))]) == 2
    later = again.pass_()
    assert later is not None, "it moves on behind them"
    assert (later.last, later.events) == ("7-0", {})


def test_time_without_an_engine_is_kept_at_the_first_pass() -> None:
    """Else a second engine that dies before anything happens in the room would forget it."""
    _, commit = opened()
    next_one = ByHand(Loaded("9-0", dict(commit.rooms), dict(commit.events)), gap_ms=5000)
    assert next_one.shard.has_arrivals(), "the room waits to be kept"
    kept = next_one.pass_()
    assert kept is not None
    assert load_room(kept.rooms[ROOM])[0].lost_ms == 5000
    assert next_one.pass_() is None, "once"


def test_alarms_do_not_pile_up() -> None:
    hand = ByHand()
    hand.pass_(replace(OPEN, host=None))
    start = hand.clock.wall_ms()
    for n in range(500):  # each passer-by puts the close of the empty room off
        hand.clock.set(start + 10 * n)
        hand.pass_(Attach(SocketId("s"), WebId("w"), ANN, inputs.JSON, "watch"), Detach(SocketId("s")))
    assert len(hand.shard._alarms) < 5
    due = hand.shard.tables[ROOM].due_ms
    assert due is not None
    while (woken := hand.shard.next_due_ms()) is not None:
        assert woken <= due, "the room is woken in time"
        hand.clock.set(woken + 1)
        hand.pass_()
    assert not hand.shard.tables, "the empty room has closed"


# -- rooms that other rules left behind


def left_by(version: int, **changes: Any) -> Loaded:
    """A shard as an engine with another version of noughts and crosses left it."""
    _, commit = opened()
    room, state = load_room(commit.rooms[ROOM])
    room.version = version
    for name, value in changes.items():
        setattr(room, name, value)
    raw = msgspec.msgpack.encode((room, msgspec.Raw(state)))
    return Loaded("9-0", {ROOM: raw}, dict(commit.events))


def replies(commit: Commit | None) -> dict[str, Reply]:
    assert commit is not None
    return {token: msgspec.msgpack.decode(raw, type=Reply) for token, raw in commit.replies.items()}


def test_an_updated_room_is_told_at_its_first_pass_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    hand = ByHand(left_by(0))
    commit = hand.pass_()
    assert commit is not None
    assert load_room(commit.rooms[ROOM])[0].version == 1
    told = read_told(commit.events[ROOM])
    assert [(one.kind, one.body) for one in told] == [("updated", {"from": 0, "to": 1})]
    assert len(commit.parcels) == 1, "whoever is here is welcomed anew"
    assert hand.pass_() is None, "once"


def test_a_room_of_a_newer_engine_is_left_as_it_is_and_can_be_closed() -> None:
    loaded = left_by(2)
    hand = ByHand(loaded)
    assert hand.pass_() is None
    assert hand.shard.foreign.rooms == loaded.rooms
    commit = hand.pass_(Attach(SocketId("s2"), WebId("w"), ANN, inputs.JSON))
    assert commit is not None
    assert (commit.rooms, commit.closed) == ({}, []), "an engine that has its rules finds it untouched"
    commit = hand.pass_(Operate("resume"), token="t")
    assert replies(commit)["t"].code == "not_playable"
    commit = hand.pass_(Operate("close"), token="t")
    assert commit is not None
    assert commit.closed == [ROOM]
    assert ROOM not in hand.shard.foreign


def test_a_migration_that_never_returns_costs_the_other_rooms_nothing_more_than_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def endless(version: int, state: Any) -> Any:
        while True:
            pass

    game = Driver()
    game.play()
    game.room.version = 0
    other = RoomId("o" * 22)
    rooms = {game.room.id: dump_live(game.live), **{other: left_by(1).rooms[ROOM]}}
    rules = replace_rules(get_rules("tictactoe"), migrate=endless)
    monkeypatch.setattr(shards, "get_rules", lambda slug: rules)
    monkeypatch.setattr(ByHand, "config", EngineConfig("unused", step_ms=60))
    hand = ByHand(Loaded("9-0", rooms, {}))
    assert list(hand.shard.foreign.rooms) == [game.room.id]
    assert list(hand.shard.tables) == [other]


def test_an_operator_hears_that_there_is_no_such_room() -> None:
    assert replies(ByHand().pass_(Operate("close"), token="t"))["t"].code == "not_found"


def test_a_paused_room_is_woken_by_the_operator_and_ticks_again() -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("no")

    hand, _ = opened("snake")
    hand.pass_(
        Attach(SocketId("b"), WebId("w"), BOB, inputs.JSON),
        Command(SocketId("b"), BOB.id, 1, ReadyBody(True)),
        Command(SocketId("s"), ANN.id, 1, StartBody()),
    )
    table = hand.shard.tables[ROOM]
    (hz,) = hand.shard.ticking()
    sound = table.live.rules
    table.live.rules = replace_rules(sound, step=broken)
    hand.tick(hz)
    assert hand.shard.ticking() == set()
    table.live.rules = sound
    assert replies(hand.pass_(Operate("resume"), token="t"))["t"].ok
    assert hand.shard.ticking() == {hz}
    before = table.live.room.match_tick
    hand.tick(hz)
    assert table.live.room.match_tick == before + 1


# -- rooms that tick


def racing() -> tuple[ByHand, Loaded, int]:
    """A match of snake at its third tick; all that its commits have left in Redis; its tick rate."""
    hand, commit = opened("snake")
    left = Loaded("0-0")
    keep(left, commit)
    start: list[Act] = [
        Attach(SocketId("b"), WebId("w"), BOB, inputs.JSON),
        Command(SocketId("b"), BOB.id, 1, ReadyBody(True)),
        Command(SocketId("s"), ANN.id, 1, StartBody()),
    ]
    keep(left, hand.pass_(*start))
    (hz,) = hand.shard.ticking()
    for _ in range(3):
        commit = hand.tick(hz) or commit
        assert commit.rooms == {}, "of a plain tick the room itself is not written"
        keep(left, commit)
    return hand, left, hz


def keep(left: Loaded, commit: Commit | None) -> None:
    """Do with `left` what the commit does with Redis."""
    if commit is None:
        return
    left.rooms.update(commit.rooms)
    groups = {**dict.fromkeys(left.groups), **commit.paces}
    left.groups = [group for group, paces in groups.items() if paces != {}]
    for paces in commit.paces.values():
        left.paces.update(paces)


def test_a_room_that_ticks_is_taken_over_at_its_last_tick_and_written_whole() -> None:
    hand, left, hz = racing()
    gone = hand.shard.tables[ROOM].live
    assert left.groups == [hz]
    heir = ByHand(left)
    live = heir.shard.tables[ROOM].live
    assert dump_live(live) == dump_live(gone)
    first = heir.tick(hz)
    assert first is not None
    assert first.paces == {hz: {}}, "the rate of a room may be another one now"
    room, _ = load_room(first.rooms[ROOM])
    assert (room.tick, room.match_tick) == (gone.room.tick + 1, gone.room.match_tick + 1)
    second = heir.tick(hz)
    assert second is not None
    assert list(second.paces[hz]) == [ROOM]


def test_the_pace_of_a_room_that_stops_is_not_kept() -> None:
    hand, _, hz = racing()
    assert hand.pass_(Operate("close"), token="t") is None, "it waits for the tick, and is no reason for a commit"
    last = hand.tick(hz)
    assert last is not None
    assert (last.closed, last.paces) == ([ROOM], {hz: {}})


def test_the_pace_of_a_room_that_cannot_be_played_here_is_left_alone() -> None:
    _, left, hz = racing()
    room, state = load_room(left.rooms[ROOM])
    left.rooms[ROOM] = msgspec.msgpack.encode((replace(room, game="unknown"), msgspec.Raw(state)))
    hand = ByHand(left)
    first = hand.pass_(Operate("resume"), token="t")
    assert first is not None
    assert (first.rooms, first.paces) == ({}, {hz: {}, 0: {ROOM: left.paces[ROOM]}})
    assert hand.pass_() is None
    last = hand.pass_(Operate("close"), token="t")
    assert last is not None
    assert (last.closed, last.paces) == ([ROOM], {0: {}})


def test_a_log_is_trimmed_now_and_then_while_rooms_tick_and_wholly_in_the_end() -> None:
    """What the shard's last owner left goes with the first commit."""
    hand, first = opened("arena")
    hz = get_rules("arena").tick_hz
    assert first.trims
    chat = [Command(SocketId("s"), ANN.id, n, ChatBody("x")) for n in range(2, 2 + 2 * shards.TRIM_COMMITS)]
    started = hand.pass_(Command(SocketId("s"), ANN.id, 1, StartBody()))
    assert started is not None
    trims = []
    for act in chat:
        hand.pass_(act)
        commit = hand.tick(hz)
        assert commit is not None
        assert commit.last == f"{hand._n}-0"
        trims.append(commit.trims)
    first_at, second_at = (at for at, trimmed in enumerate(trims) if trimmed)
    assert second_at - first_at == shards.TRIM_COMMITS
    last = hand.pass_(Operate("close"), token="t")
    last = last or hand.tick(hz)
    assert last is not None
    assert (last.trims, last.last, last.closed) == (True, f"{hand._n}-0", [ROOM])


def test_a_large_log_is_trimmed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hand, _ = opened("arena")
    hz = get_rules("arena").tick_hz
    hand.pass_(Command(SocketId("s"), ANN.id, 1, StartBody()))
    monkeypatch.setattr(shards, "TRIM_BYTES", 1)
    for seq in (2, 3):
        hand.pass_(Command(SocketId("s"), ANN.id, seq, ChatBody("x")))
        commit = hand.tick(hz)
        assert commit is not None
        assert commit.trims


def test_what_a_room_that_ticks_delivers_says_when_it_ticks_next() -> None:
    hand, _, hz = racing()
    hand.clock.ahead_ms = {hz: 33, hz + 1: 11}
    hand.shard.take_in([("90-0", dump_pack([dump_entry(Entry(ROOM, Resync(SocketId("s"))))]))])
    commit = hand.tick(hz)
    assert commit is not None
    (delivery,) = parse_parcel(commit.parcels[WebId("w")])
    assert (delivery.hz, delivery.ahead_ms) == (hz, 33)
