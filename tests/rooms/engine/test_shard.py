"""One shard without Redis: what wakes its rooms, and what a pass hands over to be kept."""

from __future__ import annotations

from msgspec.structs import replace

from rooms.core import inputs
from rooms.core.ids import PlayerId, RoomId, SocketId, WebId
from rooms.core.inputs import Act, Attach, Detach, Entry, Open, Player, dump_entry
from rooms.core.room import load_room
from rooms.engine.clock import Clock
from rooms.engine.config import EngineConfig
from rooms.engine.shard import Shard
from rooms.engine.watch import Watch
from rooms.store import Commit, Lease, Loaded

ROOM = RoomId("r" * 22)
ANN = Player(PlayerId("ann"), "Ann")
OPEN = Open("tictactoe", {}, 2, "seed", ANN, incarnation="inc")
CONFIG = EngineConfig("unused")


class ByHand:
    """A shard whose log and commits are lists."""

    def __init__(self, loaded: Loaded | None = None, gap_ms: int = 0) -> None:
        self.clock = Clock()
        self.clock.set(1_000_000_000)
        self.shard = Shard(Lease(0, "me", 1, gap_ms), loaded or Loaded("0-0"), CONFIG, self.clock)
        self._n = 0

    def pass_(self, *acts: Act) -> Commit | None:
        for act in acts:
            self._n += 1
            self.shard.take_in([(f"{self._n}-0", dump_entry(Entry(ROOM, act)))])
        return self.shard.advance(self.shard.due(frozenset(), self.clock.wall_ms()), Watch(0))


def opened() -> tuple[ByHand, Commit]:
    hand = ByHand()
    commit = hand.pass_(OPEN, Attach(SocketId("s"), WebId("w"), ANN, inputs.JSON))
    assert commit is not None
    return hand, commit


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
