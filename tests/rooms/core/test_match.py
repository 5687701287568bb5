"""Matches: how they begin, end and are recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rooms.core.inputs import BotBody, LeaveBody, MoveBody, StandBody, StartBody
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB, Driver, codes, kinds


def won() -> tuple[Driver, Any]:
    game = Driver()
    game.play()
    game.now = 9000
    done = [
        game.do((ANN, BOB)[game.live.state.turn], MoveBody(b"\x81\xa4cell" + bytes([cell]))) for cell in (0, 3, 1, 4, 2)
    ]
    return game, done[-1]


def test_a_finished_match_is_recorded_once_with_everybody() -> None:
    game, fx = won()
    (over,) = fx.matches
    assert (over.room, over.incarnation, over.match, over.game) == (game.room.id, "inc", 1, "tictactoe")
    assert {(f.name, f.seat) for f in over.finishers} == {("Ann", 0), ("Bob", 1)}
    assert sorted(f.rank for f in over.finishers) == [1, 2]
    assert over.ended_ms == game.room.opened_ms + 9000
    assert over.ticks == 5
    assert game.pass_(1000).matches == []


def test_the_end_is_told_with_names() -> None:
    _, fx = won()
    over = next(told for told in fx.events if told.kind == "over")
    assert {place["name"] for place in over.body["places"]} == {"Ann", "Bob"}


def test_who_leaves_is_recorded_too() -> None:
    game = Driver()
    game.play()
    (over,) = game.do(ANN, LeaveBody()).matches
    assert [(f.name, f.rank) for f in sorted(over.finishers, key=lambda f: f.rank)] == [("Bob", 1), ("Ann", 2)]


def test_who_stands_up_has_left_the_match() -> None:
    game = Driver()
    game.play()
    assert "over" in kinds(game.do(BOB, StandBody()))


def test_without_a_leave_rule_the_match_ends_and_the_leaver_is_last() -> None:
    game = Driver(replace(get_rules("tictactoe"), leave=None))
    game.play()
    (over,) = game.do(BOB, LeaveBody()).matches
    assert [(f.name, f.rank) for f in over.finishers] == [("Ann", 1), ("Bob", 2)]


def test_a_setup_that_raises_pauses_the_room() -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("no board")

    game = Driver(replace(get_rules("tictactoe"), setup=broken))
    game.attach(ANN)
    game.do(ANN, BotBody("easy"))
    assert "paused" in kinds(game.do(ANN, StartBody()))
    assert codes(game.do(ANN, BotBody("easy"))) == ["paused"]


def test_a_join_that_raises_pauses_the_room_and_keeps_the_state() -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("no ship")

    game = Driver(replace(get_rules("arena"), join=broken), size=4)
    game.attach(ANN)
    game.do(ANN, BotBody(game.rules.strengths[0]))
    game.do(ANN, StartBody())
    fx = game.attach(BOB)
    assert "paused" in kinds(fx)
    assert game.live.state is not None
