"""A room in an engine: whatever fails in it ends in a paused room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rooms.core import tick
from rooms.core.bounds import Bounds
from rooms.core.effects import Effects
from rooms.core.game import Rules, Step
from rooms.core.ids import RoomId, SocketId, WebId
from rooms.core.inputs import JSON, Act, Attach, ChatBody, Command, MoveBody, Open, ReadyBody, StartBody
from rooms.core.room import load_room
from rooms.engine.broadcast import Stage
from rooms.engine.table import Table
from rooms.engine.watch import Watch
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB

WEB = WebId("w")


class Engine:
    """Passes by hand."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or get_rules("tictactoe")
        act = Open(self.rules.slug, {}, 2, "seed", ANN, incarnation="i")
        live = tick.open_room(RoomId("R" * 22), act, self.rules, Bounds(), 0)
        self.table = Table(live, Stage(live, 1))
        self.watch = Watch(150)
        self.count = 0

    def act(self, *acts: Act) -> tuple[Effects, Any]:
        for act in acts:
            self.count += 1
            self.table.arrived.append((f"{self.count}-0", act, ""))
        with self.watch.over_pass():
            return self.table.advance(self.count * 10, self.watch)

    def play(self) -> None:
        self.act(Attach(SocketId("a"), WEB, ANN, JSON), Attach(SocketId("b"), WEB, BOB, JSON))
        self.act(Command(SocketId("b"), BOB.id, 1, ReadyBody(True)), Command(SocketId("a"), ANN.id, 1, StartBody()))
        assert self.table.live.room.phase == "playing"

    def mover(self) -> tuple[SocketId, Any]:
        return ((SocketId("a"), ANN), (SocketId("b"), BOB))[self.table.live.state.turn]

    def move(self, seq: int) -> tuple[Effects, Any]:
        socket, player = self.mover()
        return self.act(Command(socket, player.id, seq, MoveBody(b"\x81\xa4cell\x04")))


def spoiled(**changes: Any) -> Engine:
    """A match that was sound until now; then these parts of its rules are replaced."""
    engine = Engine()
    engine.play()
    engine.table.live.rules = replace(engine.rules, **changes)
    return engine


def endless(*_: Any) -> Any:
    while True:
        pass


def unencodable(state: Any, *_: Any) -> Step[Any]:
    return Step(object())


def bloated(state: Any, *_: Any) -> Step[Any]:
    return Step({"junk": "x" * Bounds().room_bytes})


def no_end(state: Any) -> None:
    return None


def plain(state: Any, seat: Any) -> dict[str, int]:
    return {"a": 1}


def raising(*_: Any) -> Any:
    raise RuntimeError("a bug in the view")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"step": endless}, "too_long"),
        ({"step": unencodable, "outcome": no_end, "view": plain}, "room_fault"),
        ({"step": bloated, "outcome": no_end, "view": plain}, "too_large"),
        ({"view": endless}, "too_long"),
        ({"view": raising}, "room_fault"),
        ({"outcome": endless}, "too_long"),
    ],
    ids=[
        "endless step",
        "state that cannot be kept",
        "state too large",
        "endless view",
        "view that raises",
        "endless outcome",
    ],
)
def test_a_fault_pauses_the_room_and_answers_the_player(changes: dict[str, Any], code: str) -> None:
    engine = spoiled(**changes)
    cells = list(engine.table.live.state.cells)
    fx, deliveries = engine.move(5)
    room = engine.table.live.room
    assert room.fault is not None
    assert room.fault.code == code
    assert [no.code for no in fx.refusals] == ["paused"]
    assert list(engine.table.live.state.cells) == cells, "the pass was undone"
    assert deliveries[WEB].events, "the players are told"
    stored, _ = load_room(engine.table.blob)
    assert stored.fault is not None, "the pause is kept"
    assert stored.applied == f"{engine.count}-0", "what broke it is not read again"


def test_a_paused_room_still_takes_newcomers_and_chat() -> None:
    engine = spoiled(step=raising)
    engine.move(5)
    fx, deliveries = engine.act(
        Attach(SocketId("b2"), WEB, BOB, JSON), Command(SocketId("a"), ANN.id, 9, ChatBody("what now?"))
    )
    assert SocketId("b2") in fx.welcomes
    assert any(direct.view is not None for direct in deliveries[WEB].directs)
    assert fx.events[-1].kind == "chat"


def test_a_fault_of_our_own_code_does_not_come_back_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    engine.play()
    monkeypatch.setattr(tick, "advance", raising)
    fx, deliveries = engine.move(5)
    assert fx.changed
    assert deliveries == {}
    stored, _ = load_room(engine.table.blob)
    assert stored.applied == f"{engine.count}-0"
    assert stored.fault is not None


def test_a_state_that_cannot_be_read_back_ends_with_its_room_paused() -> None:
    """What is written need not be readable: rules may break their own constraints, and nothing checks while writing."""

    def unreadable(state: Any, *_: Any) -> Step[Any]:
        state.turn = "nobody"
        return Step(state)

    engine = spoiled(step=unreadable)
    socket, player = engine.mover()
    engine.move(5)
    engine.table.live.rules = replace(engine.rules, step=raising)
    engine.act(Command(socket, player.id, 6, MoveBody(b"\x81\xa4cell\x04")))
    assert engine.table.live.room.fault is not None
    assert engine.act(Command(socket, player.id, 7, ChatBody("what now?")))[0].events[-1].kind == "chat"
