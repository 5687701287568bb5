"""An operator mends a paused room, or ends one: nobody loses time by the pause, nothing is told to the rules twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from rooms.core import tick
from rooms.core.bounds import Bounds
from rooms.core.inputs import ChatBody, LeaveBody, MoveBody, Operate, ReadyBody, RematchBody, StartBody
from rooms.core.rng import Rng
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB, Driver, codes, kinds

RESUME = Operate("resume")


class Cause:
    """Something wrong with rules, that can be put right."""

    def __init__(self, sound: Any) -> None:
        self.sound, self.broken = sound, True

    def __call__(self, *given: Any) -> Any:
        if self.broken:
            raise RuntimeError("the cause")
        return self.sound(*given)


def paused(slug: str = "tictactoe", part: str = "step", **changes: Any) -> tuple[Driver, Cause]:
    """A match that is paused by a fault at 5 s in one of its rules."""
    rules = get_rules(slug)
    cause = Cause(getattr(rules, part))
    game = Driver(rules)
    game.play()
    game.live.rules = replace(rules, **{part: cause, **changes})
    game.now = 5000
    if rules.tick_hz:
        game.pass_()
    else:
        ask(game)
    assert game.room.fault is not None
    return game, cause


def ask(game: Driver) -> Any:
    return game.do((ANN, BOB)[game.live.state.turn], MoveBody(b"\x81\xa4cell\x04"))


def replies(fx: Any) -> list[tuple[bool, str]]:
    return [(reply.ok, reply.code) for _, reply in fx.replies]


def test_a_resumed_room_plays_on_from_where_it_stopped() -> None:
    game, cause = paused()
    cause.broken = False
    game.now = 65_000
    fx = game.act(RESUME, token="t")
    assert (kinds(fx), replies(fx), game.room.fault) == (["resumed"], [(True, "")], None)
    assert codes(ask(game)) == []
    assert game.live.state.cells[4] >= 0


def test_a_room_that_fails_again_is_paused_again() -> None:
    game, cause = paused()
    assert kinds(game.act(RESUME)) == ["resumed"]
    assert kinds(ask(game)) == ["paused"]
    cause.broken = False
    game.act(RESUME)
    assert codes(ask(game)) == []


def test_a_room_that_is_not_paused_cannot_be_resumed() -> None:
    game = Driver()
    game.attach(ANN)
    fx = game.act(RESUME, token="t")
    assert (kinds(fx), replies(fx)) == ([], [(False, "not_paused")])


def test_the_pause_does_not_count_for_a_deadline() -> None:
    game, cause = paused(deadline=lambda state: 8000)
    start = game.room.match_ms
    game.now = 605_000
    assert tick.next_due(game.live) is None, "a paused match has no deadline"
    cause.broken = False
    game.act(RESUME)
    assert game.room.match_ms == start + 600_000
    assert tick.next_due(game.live) == start + 600_000 + 8000


def test_a_ticking_match_goes_on_with_the_next_tick_and_its_time_does_not_go_back() -> None:
    game, cause = paused("arena")
    stopped = game.room.match_tick
    times: list[int] = []
    cause.broken = False
    sound = cause.sound

    def watched(state: Any, inputs: Any, now: Any, rng: Any) -> Any:
        times.append(now.ms)
        return sound(state, inputs, now, rng)

    cause.sound = watched
    game.now = 65_000
    game.act(RESUME)
    before = game.room.ms
    assert before == 65_000
    for _ in range(3):
        game.pass_(1000 // game.rules.tick_hz)
        assert game.room.ms >= before
        before = game.room.ms
    step = 1000 // game.rules.tick_hz
    assert times == [(stopped + n) * step for n in (1, 2, 3)], "the rules notice no pause"


def test_moves_in_the_pass_of_the_resumption_count() -> None:
    game, cause = paused("snake")
    given: list[Any] = []
    cause.broken = False
    sound = cause.sound

    def watched(state: Any, inputs: Any, *more: Any) -> Any:
        given.extend(inputs)
        return sound(state, inputs, *more)

    cause.sound = watched
    move = game.rules.sample_move(game.live.state, 0, Rng("any"))
    fx = game.act(RESUME, game.command(ANN, MoveBody(msgspec.msgpack.encode(move))))
    assert codes(fx) == []
    assert [one.seat for one in given] == [0], "what is acknowledged reached the rules"


def test_grace_stops_in_a_paused_match_and_goes_on_after_it() -> None:
    game = Driver(replace(get_rules("tictactoe"), grace_s=30))
    game.play()
    game.now = 1000
    game.detach(BOB)
    game.now = 11_000
    cause = Cause(game.live.rules.step)
    game.live.rules = replace(game.live.rules, step=cause)
    ask(game)  # an input of somebody who is away counts too: web processes may fall silent before they die
    assert game.room.fault is not None
    game.pass_(600_000)
    assert game.room.seats[1] is not None, "the seat is held while the match is paused"
    cause.broken = False
    game.act(RESUME)
    game.pass_(19_000)
    assert game.room.seats[1] is not None
    game.pass_(1500)
    assert game.room.seats[1] is None, "10 s of the grace were over before the pause"


def test_who_leaves_in_the_pause_has_left_when_it_ends() -> None:
    game, cause = paused()
    assert game.do(BOB, LeaveBody()).matches == []
    cause.broken = False
    (over,) = game.act(RESUME).matches
    assert [(f.name, f.rank) for f in sorted(over.finishers, key=lambda f: f.rank)] == [("Ann", 1), ("Bob", 2)]
    assert game.room.phase == "finished"


def test_all_who_left_in_the_pause_end_one_match() -> None:
    game, cause = paused(leave=None)
    game.do(BOB, LeaveBody())
    game.do(ANN, LeaveBody())
    cause.broken = False
    assert len(game.act(RESUME).matches) == 1


def test_a_match_that_could_not_be_set_up_is_set_up_then() -> None:
    rules = get_rules("tictactoe")
    cause = Cause(rules.setup)
    game = Driver(replace(rules, setup=cause))
    game.attach(ANN)
    game.attach(BOB)
    game.do(BOB, ReadyBody(True))
    assert "paused" in kinds(game.do(ANN, StartBody()))
    assert game.live.state is None
    game.kill()
    game.act(RESUME)
    assert game.room.fault is not None, "still broken"
    cause.broken = False
    game.act(RESUME)
    assert (game.room.fault, game.room.phase, game.room.match) == (None, "playing", 1)
    assert codes(ask(game)) == []


def test_a_second_match_that_cannot_be_set_up_shows_no_old_board() -> None:
    game = Driver()
    game.play()
    for cell in (0, 3, 1, 4, 2):
        game.move((ANN, BOB)[game.live.state.turn], {"cell": cell})
    assert game.room.phase == "finished"
    game.live.rules = replace(game.rules, setup=Cause(None))
    game.do(ANN, RematchBody())
    game.do(BOB, RematchBody())
    assert (game.room.phase, game.live.state) == ("playing", None)


def test_a_paused_room_waits_longer_for_somebody_than_others() -> None:
    game, cause = paused()
    game.detach(ANN)
    game.detach(BOB)
    bounds = Bounds()
    assert not game.pass_(bounds.idle_ms + 1000).closed
    cause.broken = False
    game.act(RESUME)
    assert not game.pass_(bounds.idle_ms - 1000).closed, "resumed, it has the usual time again"
    assert game.pass_(2000).closed


def test_a_paused_room_does_not_wait_for_ever() -> None:
    game, _ = paused()
    game.detach(ANN)
    game.detach(BOB)
    assert game.pass_(Bounds().paused_idle_ms + 1).closed


def test_a_closed_room_says_why_and_records_its_match() -> None:
    game, _ = paused()
    fx = game.act(Operate("close", "Rules under repair."), token="t")
    assert fx.closed
    assert fx.events[-1].body == {"reason": "Rules under repair."}
    assert {(bye.code, bye.reason) for bye in fx.farewells} == {(4510, "Rules under repair.")}
    assert [(over.finishers, over.reason) for over in fx.matches] == [((), "Rules under repair.")]
    assert replies(fx) == [(True, "")]


def test_any_room_can_be_closed() -> None:
    game = Driver()
    game.attach(ANN)
    fx = game.act(Operate("close"))
    assert fx.closed
    assert "operator" in fx.events[-1].body["reason"]


def test_chat_goes_on_in_the_pause() -> None:
    game, _ = paused()
    assert kinds(game.do(ANN, ChatBody("what now?"))) == ["chat"]
