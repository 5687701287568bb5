"""What one commit collects: the journal of each match as its rooms' passes wrote it, and nothing of an undone pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rooms.core.effects import Effects
from rooms.core.ids import RoomId, SocketId
from rooms.core.inputs import JSON, Attach, Command, MoveBody, ReadyBody, StartBody
from rooms.core.journal import Begun, Ended, Stepped, broken_at, read_lines
from rooms.engine.batch import Batch
from rooms.store import Commit, Lease
from tests.rooms.core.driver import ANN, BOB
from tests.rooms.engine.test_table import WEB, Engine, bloated, no_end, plain, raising

ROOM = RoomId("R" * 22)
SPOILT: list[dict[str, Any]] = [{"step": bloated, "outcome": no_end, "view": plain}, {"view": raising}]


def commit_of(fx: Effects) -> Commit:
    batch = Batch(Lease(0, "me", 1))
    batch.journal(ROOM, fx)
    return batch.commit("1-0")


def test_a_pass_that_is_undone_leaves_no_line() -> None:
    """And what the paused room says later goes on from the line before."""
    engine = Engine()
    engine.play()
    before = engine.table.live.room.chain
    for seq, spoilt in enumerate(SPOILT, 2):
        engine.table.live.rules = replace(engine.rules, **spoilt)
        fx, _ = engine.move(seq)
        assert engine.table.live.room.fault is not None
        assert commit_of(fx).journals == {}
        assert engine.table.live.room.chain == before
        engine.table.live.rules, engine.table.live.room.fault = engine.rules, None


def test_a_match_is_one_unbroken_journal_over_its_commits() -> None:
    engine, fxs = Engine(), []
    seats = Attach(SocketId("a"), WEB, ANN, JSON), Attach(SocketId("b"), WEB, BOB, JSON)
    engine.act(*seats)
    ready, start = Command(SocketId("b"), BOB.id, 1, ReadyBody(True)), Command(SocketId("a"), ANN.id, 1, StartBody())
    fxs.append(engine.act(ready, start)[0])
    for seq, cell in enumerate((0, 3, 1, 4, 2), 2):
        socket, player = engine.mover()
        fxs.append(engine.act(Command(socket, player.id, seq, MoveBody(b"\x81\xa4cell" + bytes([cell]))))[0])
    commits = [commit_of(fx) for fx in fxs]
    lines = [line for commit in commits for line in read_lines(commit.journals[ROOM, 1])]
    assert [type(line.record) for line in lines] == [Begun, *[Stepped] * 5, Ended]
    assert broken_at(lines) is None
    assert [commit.whole for commit in commits] == [[]] * 5 + [[(ROOM, 1)]]


def test_what_is_given_up_is_named() -> None:
    assert commit_of(Effects(unjournalled=[3])).given_up == [(ROOM, 3)]
