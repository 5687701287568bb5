"""What is kept of a fault: enough to see what led to it, bounded, readable."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec

from rooms.core import faults
from rooms.core.inputs import ChatBody, MoveBody, SitBody
from tests.rooms.core.driver import ANN, BOB, Driver


def broken(*_: Any) -> Any:
    raise KeyError("no such cell")


def failed(move: bytes = b"\x81\xa4cell\x04") -> Driver:
    game = Driver()
    game.play()
    game.now = 7000
    game.do(BOB, ChatBody("my password is hunter2"))
    game.live.rules = replace(game.rules, step=broken, move=Any)
    game.do((ANN, BOB)[game.live.state.turn], MoveBody(move))
    assert game.room.fault is not None
    return game


def test_a_fault_says_when_and_where() -> None:
    game = failed()
    fault = game.room.fault
    assert (fault.ms, fault.at_ms, fault.match_tick) == (7000, 1_007_000, 0)
    assert "KeyError: 'no such cell'" in fault.trace
    assert 'raise KeyError("no such cell")' in fault.trace


def test_the_last_inputs_are_readable() -> None:
    game = failed()
    *_, chat, last = json.loads(game.room.fault.inputs)
    mover = (ANN, BOB)[game.live.state.turn]
    assert (last["who"], last["what"]) == (mover.id, {"move": {"cell": 4}})
    assert last["seat"] == game.live.state.turn
    assert last["seq"] > 0
    assert chat["what"] == {"chat": "22 letters"}, "what people write to each other is not for the operator"
    assert "hunter2" not in game.room.fault.inputs


def test_the_fault_survives_a_kill() -> None:
    game = failed()
    before = game.room.fault
    game.kill()
    assert game.room.fault == before


def test_inputs_are_bounded_and_stay_json() -> None:
    game = failed(msgspec.msgpack.encode({"junk": "x" * 5000}))
    (last,) = json.loads(game.room.fault.inputs)[-1:]
    assert last["what"].endswith("…")
    for _ in range(40):
        game.do(ANN, SitBody(3))
    assert len(faults.describe(game.live)) <= faults.INPUTS_LETTERS
    json.loads(faults.describe(game.live))


def test_a_move_that_is_no_json_is_shown_as_its_bytes() -> None:
    raw = msgspec.msgpack.encode({"deep": msgspec.msgpack.Ext(5, b"x")})
    assert json.loads(failed(raw).room.fault.inputs)[-1]["what"] == {"move": raw.hex()}


def test_nothing_heard_is_an_empty_list() -> None:
    assert faults.describe(Driver().live) == "[]"


def test_what_is_applied_again_after_an_undo_is_heard_once() -> None:
    game = Driver()
    arrived = [("7-0", game.command(ANN, ChatBody("hi")), "")]
    faults.hear(game.live, arrived)
    faults.hear(game.live, arrived)
    assert len(game.live.heard) == 1
