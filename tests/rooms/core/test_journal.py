"""The journal: everything that decided a match, in order, chained, bounded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from rooms.core import journal
from rooms.core.bounds import Bounds
from rooms.core.effects import Effects
from rooms.core.inputs import BotBody, ChatBody, LeaveBody, MoveBody, ReadyBody, StartBody
from rooms.core.journal import Begun, Ended, Gone, Line, Mark, Sat, Stepped
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB, Driver


def lines_of(*several: Effects) -> list[Line]:
    """The lines of all these passes."""
    return [
        line for fx in several for raws in fx.journal.values() for line in journal.read_lines(journal.dump_lines(raws))
    ]


def cell(number: int) -> MoveBody:
    return MoveBody(msgspec.msgpack.encode({"cell": number}))


def played() -> tuple[Driver, list[Effects]]:
    """A match of tic-tac-toe with one illegal move, to its end."""
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    passes = [game.do(BOB, ReadyBody(True)), game.do(ANN, StartBody())]
    passes += [game.do((ANN, BOB)[game.live.state.turn], cell(number)) for number in (0, 0, 3, 1, 4, 2)]
    return game, passes


def test_it_tells_how_the_match_began_every_step_and_how_it_ended() -> None:
    game, passes = played()
    records = [line.record for line in lines_of(*passes)]
    first, *steps, last = records
    assert isinstance(first, Begun)
    assert (first.room, first.incarnation, first.match, first.game) == (game.room.id, "inc", 1, "tictactoe")
    assert (first.seed, first.hz, {s: c.player.name for s, c in first.cast.items()}) == (
        "seed",
        0,
        {0: "Ann", 1: "Bob"},
    )
    assert [step.tick for step in steps if isinstance(step, Stepped)] == [1, 2, 3, 4, 5, 6]
    given = [one for step in steps if isinstance(step, Stepped) for one in step.given]
    assert [one.refused for one in given] == ["", "taken", "", "", "", ""]
    assert {one.player for one in given} == {ANN.id, BOB.id}
    assert isinstance(last, Ended)
    assert [place.rank for place in last.places] in ([1, 2], [2, 1])


def test_an_input_that_no_rule_saw_is_not_in_it() -> None:
    game = Driver()
    game.play()
    assert lines_of(game.do(ANN, ChatBody("hi"))) == []
    assert lines_of(game.do(ANN, MoveBody(b"\x01"))) == []


def test_a_ticking_match_writes_steps_with_inputs_and_marks_alone() -> None:
    game = Driver(get_rules("arena"))
    game.play()
    passes = [game.pass_(50) for _ in range(journal.MARK_EVERY - 1)]
    assert lines_of(*passes) == []
    (line,) = lines_of(game.pass_(50))
    assert line.record == Mark(journal.MARK_EVERY, journal.digest(game.live.state, game.rules))
    (line,) = lines_of(game.move(ANN, {"thrust": 1, "turn": 0, "fire": 0}))
    assert isinstance(line.record, Stepped)
    assert (line.record.tick, line.record.ms) == (journal.MARK_EVERY + 1, (journal.MARK_EVERY + 1) * 50)


def test_who_comes_and_who_goes_is_in_it() -> None:
    game = Driver(get_rules("arena"), size=3)
    game.play()
    (line,) = lines_of(game.do(ANN, BotBody("easy")))
    assert isinstance(line.record, Sat)
    assert (line.record.seat, line.record.strength, line.record.joined) == (2, "easy", True)
    assert Gone(1, 1) in [line.record for line in lines_of(game.do(BOB, LeaveBody()))]


def test_the_chain_goes_on_in_another_engine() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    passes = [game.do(BOB, ReadyBody(True)), game.do(ANN, StartBody())]
    for number in (0, 3, 1, 4, 2):
        game.kill()
        passes.append(game.do((ANN, BOB)[game.live.state.turn], cell(number)))
    lines = lines_of(*passes)
    assert len(lines) == 7
    assert journal.broken_at(lines) is None


@pytest.mark.parametrize("at", range(8))
def test_a_changed_line_is_found_where_it_is(at: int) -> None:
    _, passes = played()
    lines = lines_of(*passes)
    record = lines[at].record
    changes: dict[type, dict[str, Any]] = {
        Begun: {"seed": "another"},
        Stepped: {"given": ()},
        Ended: {"reason": "luck"},
    }
    forged = msgspec.structs.replace(record, **changes[type(record)])
    lines[at] = Line(forged, lines[at].check)
    assert journal.broken_at(lines) == at


def test_one_that_grows_too_long_is_given_up_and_the_match_goes_on() -> None:
    game = Driver()
    game.live.bounds = Bounds(journal_bytes=280)
    game.play()
    passes = [game.do((ANN, BOB)[game.live.state.turn], cell(number)) for number in (0, 3, 1, 4, 2)]
    lost = [number for number, fx in enumerate(passes) if fx.unjournalled]
    assert len(lost) == 1
    assert all(fx.journal == {} for fx in passes[lost[0] :])
    assert [over.journalled for fx in passes for over in fx.matches] == [False]


def test_a_digest_does_not_depend_on_how_a_number_is_kept() -> None:
    class State(msgspec.Struct):
        speed: float

    rules = replace(get_rules("tictactoe"), state=State)
    assert journal.digest(State(3), rules) == journal.digest(State(3.0), rules)
    assert journal.digest(State(3), rules) != journal.digest(State(3.5), rules)


def test_what_is_kept_is_all_items_in_order() -> None:
    _, passes = played()
    items = [journal.dump_lines(fx.journal[1]) for fx in passes if fx.journal]
    assert journal.read_lines(journal.join_items(items)) == lines_of(*passes)
