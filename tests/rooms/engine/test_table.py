"""A room in an engine: whatever fails in it ends in a paused room."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from rooms.core import tick
from rooms.core.bounds import Bounds
from rooms.core.effects import Effects
from rooms.core.game import Rules, Step
from rooms.core.ids import RoomId, SocketId, WebId
from rooms.core.inputs import (
    JSON,
    Act,
    Attach,
    ChatBody,
    Command,
    LeaveBody,
    MoveBody,
    Open,
    Operate,
    ReadyBody,
    RematchBody,
    Resync,
    StartBody,
)
from rooms.core.room import PACE_BYTES, dump_live, load_room
from rooms.engine.broadcast import Stage
from rooms.engine.table import Table
from rooms.engine.watch import Watch
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB, person

WEB = WebId("w")


class Engine:
    """Passes by hand."""

    def __init__(self, rules: Rules | None = None, size: int = 2) -> None:
        self.rules = rules or get_rules("tictactoe")
        act = Open(self.rules.slug, {}, size, "seed", ANN, incarnation="i")
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

    def play(self, **changes: Any) -> None:
        """Ann and Bob begin a match; with `changes`, by spoiled rules, so that it may be paused at once."""
        self.table.live.rules = replace(self.rules, **changes)
        self.act(Attach(SocketId("a"), WEB, ANN, JSON), Attach(SocketId("b"), WEB, BOB, JSON))
        self.act(Command(SocketId("b"), BOB.id, 1, ReadyBody(True)), Command(SocketId("a"), ANN.id, 1, StartBody()))
        assert changes or self.table.live.room.phase == "playing"

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


class Late:
    """A deadline that fails once the move is made."""

    def __call__(self, state: Any) -> int | None:
        if state.cells[4] < 0:
            return None
        raise RuntimeError("a bug in the deadline")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"step": endless}, "too_long"),
        ({"step": unencodable, "outcome": no_end, "view": plain}, "room_fault"),
        ({"step": bloated, "outcome": no_end, "view": plain}, "too_large"),
        ({"view": endless}, "too_long"),
        ({"view": raising}, "room_fault"),
        ({"outcome": endless}, "too_long"),
        ({"step": raising}, "rules_fault"),
        ({"outcome": raising}, "rules_fault"),
        ({"deadline": Late()}, "room_fault"),
    ],
    ids=[
        "endless step",
        "state that cannot be kept",
        "state too large",
        "endless view",
        "view that raises",
        "endless outcome",
        "step that raises",
        "outcome that raises",
        "deadline that raises",
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
    assert "Error" in stored.fault.trace or "StepTooLong" in stored.fault.trace or "RoomTooLarge" in stored.fault.trace
    assert json.loads(stored.fault.inputs)[-1]["what"] == {"move": {"cell": 4}}, "the operator sees what led to it"
    assert stored.fault.match_tick == 0
    engine.table.live.rules = engine.rules
    fx, _ = engine.act(Operate("resume"))
    assert [told.kind for told in fx.events] == ["resumed"]
    fx, _ = engine.move(6)
    assert fx.refusals == [], "with the cause gone it plays on"


@pytest.mark.parametrize("part", ["join", "leave", "setup"])
@pytest.mark.parametrize("how", ["raising", "endless", "unencodable"])
def test_faults_of_comings_and_goings_pause_the_room(part: str, how: str) -> None:
    """The rules are called while entries are applied, before any step."""
    faulty: Any = {"raising": raising, "endless": endless, "unencodable": lambda *_: object()}[how]
    engine = Engine(get_rules("arena"), size=3)
    engine.play(setup=faulty) if part == "setup" else engine.play()
    engine.table.live.rules = replace(engine.rules, **{part: faulty})
    if part == "join":
        engine.act(Attach(SocketId("c"), WEB, person("Cat"), JSON))
    elif part == "leave":
        engine.act(Command(SocketId("b"), BOB.id, 9, LeaveBody()))
    room = engine.table.live.room
    assert room.fault is not None
    stored, _ = load_room(engine.table.blob)
    assert stored.fault == room.fault
    engine.table.live.rules = engine.rules
    engine.act(Operate("resume"))
    assert engine.table.live.room.fault is None
    for _ in range(3):
        engine.act()
    assert engine.table.live.room.fault is None


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


def test_what_was_owed_from_loading_is_told_once_even_when_the_first_pass_fails() -> None:
    engine = spoiled(step=raising)
    owed = Effects()
    owed.tell(engine.table.live, "updated", {"from": 1, "to": 2})
    engine.table.blob = dump_live(engine.table.live)
    engine.table.owed = owed
    fx, _ = engine.move(5)
    assert [told.kind for told in fx.events] == ["updated", "paused"]
    assert [told.offset for told in fx.events] == sorted(told.offset for told in fx.events)
    fx, _ = engine.act(Operate("resume"))
    assert [told.kind for told in fx.events] == ["resumed"]


def test_a_failed_pass_that_went_over_to_new_rules_is_undone_to_the_old_ones() -> None:
    """The finished match on the table is of the old version; only old rules can show it."""
    old = get_rules("tictactoe")
    new = replace(old, version=2, older={1: old}, setup=endless, view=raising)
    engine = Engine()
    engine.play()
    table = engine.table
    table.live.newer = new
    for seq, cell in enumerate((0, 3, 1, 4, 2), 10):
        socket, player = engine.mover()
        engine.act(Command(socket, player.id, seq, MoveBody(b"\x81\xa4cell" + bytes([cell]))))
    assert table.live.room.phase == "finished"
    engine.act(Command(SocketId("a"), ANN.id, 20, RematchBody()))
    engine.act(Command(SocketId("b"), BOB.id, 20, RematchBody()))
    room = table.live.room
    assert room.fault is not None
    assert (room.version, table.live.rules, table.live.newer) == (1, old, new)
    assert table.live.state is not None
    table.live.newer = replace(new, setup=old.setup, view=old.view)
    engine.act(Operate("resume"))
    engine.act(Command(SocketId("b"), BOB.id, 21, RematchBody()))
    assert (table.live.room.version, table.live.room.phase, table.live.room.match) == (2, "playing", 2)


def test_a_room_shown_without_its_game_is_shown_with_it_once_resumed() -> None:
    engine = spoiled(view=raising)
    engine.move(5)
    _, deliveries = engine.act(Resync(SocketId("a")))
    assert seen(deliveries)["game"] is None
    engine.table.live.rules = engine.rules
    _, deliveries = engine.act(Operate("resume"), Resync(SocketId("a")))
    assert seen(deliveries)["game"]["cells"] == [-1] * 9


def seen(deliveries: Any) -> Any:
    """The whole that a welcome shows."""
    (welcome,) = [direct for direct in deliveries[WEB].directs if direct.view is not None]
    return json.loads(welcome.payload)["whole"]


def test_a_room_that_stands_still_is_looked_at_once_a_second() -> None:
    """Its view shows the state and nothing else, so what did not change need not be worked out."""
    views: list[Any] = []

    def view(state: Any, seat: Any) -> dict[str, int]:
        views.append(seat)
        return {"a": 1}

    still = replace(get_rules("arena"), step=lambda state, *_: Step(state), view=view)
    engine = Engine(still)
    engine.act(Attach(SocketId("a"), WEB, ANN, JSON), Attach(SocketId("b"), WEB, BOB, JSON))
    engine.act(Command(SocketId("b"), BOB.id, 1, ReadyBody(True)), Command(SocketId("a"), ANN.id, 1, StartBody()))
    engine.act()
    first = load_room(engine.table.blob, engine.table.pace)[0].tick
    views.clear()
    for _ in range(2 * still.tick_hz):
        engine.act()
    kept, _ = load_room(engine.table.blob, engine.table.pace)
    assert kept.tick == first + 2 * still.tick_hz, "every tick is kept all the same"
    assert len(views) == 2
    engine.act(Attach(SocketId("c"), WEB, person("Cat"), JSON))
    assert len(views) == 3, "a newcomer is shown it at once"


def test_a_move_that_changes_nothing_is_acknowledged_at_its_tick() -> None:
    """What everybody sees stands still, but its player waits to hear that it counted."""
    engine = Engine(replace(get_rules("arena"), step=lambda state, *_: Step(state)))
    engine.act(Attach(SocketId("a"), WEB, ANN, JSON), Attach(SocketId("b"), WEB, BOB, JSON))
    engine.act(Command(SocketId("b"), BOB.id, 1, ReadyBody(True)), Command(SocketId("a"), ANN.id, 1, StartBody()))
    for _ in range(3):
        engine.act()
    for seq in (2, 3):
        _, deliveries = engine.act(Command(SocketId("a"), ANN.id, seq, MoveBody(b"\x81\xa4turn\x01")))
        (frame,) = deliveries[WEB].frames
        assert json.loads(frame.payload)[1:] == [0, [seq - 1]], "Ann's acknowledgements, and nothing else"
    _, deliveries = engine.act()
    assert deliveries == {}


def test_a_fault_after_plain_passes_is_undone_to_the_last_of_them() -> None:
    engine = Engine(get_rules("arena"))
    engine.act(Attach(SocketId("a"), WEB, ANN, JSON), Attach(SocketId("b"), WEB, BOB, JSON))
    engine.act(Command(SocketId("b"), BOB.id, 1, ReadyBody(True)), Command(SocketId("a"), ANN.id, 1, StartBody()))
    for seq in range(2, 10):
        engine.act(Command(SocketId("a"), ANN.id, seq, MoveBody(b"\x81\xa4turn\x01")))
    assert engine.table.pace, "nothing but moves"
    before, state = load_room(engine.table.blob, engine.table.pace)
    assert load_room(engine.table.blob)[0].tick < before.tick
    engine.table.live.rules = replace(engine.rules, step=lambda state, *_: Step(state.ships.clear() or object()))
    engine.act(Command(SocketId("a"), ANN.id, 10, MoveBody(b"\x81\xa4turn\x01")))
    stored, undone = load_room(engine.table.blob, engine.table.pace)
    assert stored.fault is not None
    assert (stored.match_tick, stored.tick, undone) == (before.match_tick, before.tick + 1, state)
    assert stored.seqs[ANN.id] == 10, "what broke it counts, and is refused"


@pytest.mark.parametrize("bytes_of_pace", [PACE_BYTES, 0], ids=["kept as a pace", "kept whole"])
@pytest.mark.parametrize(("broken", "code"), [({"view": raising}, "room_fault"), ({"step": endless}, "too_long")])
def test_a_tick_that_fails_while_nobody_says_anything_is_shown_under_a_new_number(
    monkeypatch: pytest.MonkeyPatch, bytes_of_pace: int, broken: dict[str, Any], code: str
) -> None:
    """The pass is undone to a tick that everybody has seen: the paused room is another state, and needs another one."""
    monkeypatch.setattr("rooms.engine.table.PACE_BYTES", bytes_of_pace)
    engine = Engine(get_rules("arena"))
    engine.act(Attach(SocketId("a"), WEB, ANN, JSON), Attach(SocketId("b"), WEB, BOB, JSON))
    engine.act(Command(SocketId("b"), BOB.id, 1, ReadyBody(True)), Command(SocketId("a"), ANN.id, 1, StartBody()))
    engine.act()
    shown = engine.table.live.room.tick
    engine.table.live.rules = replace(engine.rules, **broken)
    _, deliveries = engine.act()
    room = engine.table.live.room
    assert (room.fault and room.fault.code, room.tick) == (code, shown + 1)
    assert deliveries[WEB].tick == shown + 1
    (frame,) = deliveries[WEB].frames
    assert json.loads(frame.payload)["whole"]["room"]["paused"]
    assert load_room(engine.table.blob)[0].tick == shown + 1


def test_a_long_pace_is_kept_as_a_whole_room() -> None:
    engine = Engine(get_rules("arena"))
    engine.act(Attach(SocketId("a"), WEB, ANN, JSON), Attach(SocketId("b"), WEB, BOB, JSON))
    engine.act(Command(SocketId("b"), BOB.id, 1, ReadyBody(True)), Command(SocketId("a"), ANN.id, 1, StartBody()))
    engine.table.live.rules = replace(engine.rules, step=lambda *_: Step("x" * PACE_BYTES), outcome=no_end, view=plain)
    fx, _ = engine.act()
    assert not fx.plain
    assert (engine.table.pace, len(engine.table.blob) > PACE_BYTES) == (b"", True)
