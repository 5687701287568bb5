"""Seats, the host, ready and start, quick play and rematches."""

from __future__ import annotations

from rooms.core.inputs import (
    BotBody,
    ChatBody,
    HostBody,
    KickBody,
    LeaveBody,
    MoveBody,
    ReadyBody,
    RematchBody,
    Resume,
    SitBody,
    StandBody,
    StartBody,
)
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB, CAT, Driver, codes, kinds


def finished() -> Driver:
    """Ann and Bob have played a match to its end."""
    game = Driver()
    game.play()
    for cell in (0, 3, 1, 4, 2):
        who = (ANN, BOB)[game.live.state.turn]
        game.do(who, MoveBody(b"\x81\xa4cell" + bytes([cell])))
    assert game.room.phase == "finished"
    return game


def test_the_opener_hosts_and_the_host_passes_on() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    assert game.room.host == ANN.id
    assert codes(game.do(BOB, HostBody(1))) == ["not_host"]
    assert kinds(game.do(ANN, HostBody(1))) == ["host"]
    assert game.room.host == BOB.id
    game.do(BOB, LeaveBody())
    assert game.room.host == ANN.id


def test_a_host_who_stays_away_is_replaced() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    game.detach(ANN)
    game.pass_(game.live.bounds.hold_ms)
    assert game.room.host == BOB.id


def test_start_explains_why_not() -> None:
    game = Driver()
    game.attach(ANN)
    fx = game.do(ANN, StartBody())
    assert codes(fx) == ["not_ready"]
    assert "one more player" in fx.refusals[0].message
    game.attach(BOB)
    assert "Bob" in game.do(ANN, StartBody()).refusals[0].message
    game.do(BOB, ReadyBody(True))
    assert kinds(game.do(ANN, StartBody())) == ["started"]
    assert codes(game.do(ANN, StartBody())) == ["not_waiting"]


def test_ready_can_be_taken_back() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    game.do(BOB, ReadyBody(True))
    game.do(BOB, ReadyBody(False))
    assert codes(game.do(ANN, StartBody())) == ["not_ready"]


def test_a_bot_is_ready_at_once() -> None:
    game = Driver()
    game.attach(ANN)
    assert codes(game.do(ANN, BotBody("genius"))) == ["unknown_strength"]
    game.do(ANN, BotBody("hard"))
    assert kinds(game.do(ANN, StartBody())) == ["started"]


def test_sit_and_stand() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(CAT, "watch")
    assert codes(game.do(CAT, SitBody(0))) == ["seat_taken"]
    fx = game.do(CAT, SitBody(1))
    assert fx.welcomes, "the view follows the seat"
    assert codes(game.do(CAT, SitBody())) == ["seat_taken"]
    game.do(CAT, StandBody())
    assert game.room.seats[1] is None
    assert codes(game.do(CAT, StandBody())) == ["not_seated"]


def test_seats_that_do_not_exist_are_refused() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB, "watch")
    assert codes(game.do(ANN, KickBody(200))) == ["no_such_seat"]
    assert codes(game.do(ANN, HostBody(200))) == ["no_such_seat"]
    assert codes(game.do(ANN, BotBody("easy", 200))) == ["seat_taken"]
    assert codes(game.do(BOB, SitBody(200))) == ["seat_taken"]


def test_nobody_joins_a_match_that_takes_nobody_in() -> None:
    game = Driver()
    game.play()
    game.attach(CAT)
    assert codes(game.do(CAT, SitBody())) == ["not_waiting"]


def test_late_join_and_leave_where_the_game_allows_it() -> None:
    game = Driver(get_rules("arena"), size=4)
    game.attach(ANN)
    game.do(ANN, BotBody(game.rules.strengths[0]))
    game.do(ANN, StartBody())
    game.attach(CAT)
    assert game.room.seats[2].player == CAT
    assert 2 in game.room.cast
    game.do(CAT, LeaveBody())
    assert game.room.phase == "playing"


def test_a_rematch_needs_all_people_and_no_bot() -> None:
    game = finished()
    assert codes(game.do(CAT, RematchBody())) == []
    game.do(ANN, RematchBody())
    assert game.room.phase == "rematch"
    assert kinds(game.do(BOB, RematchBody())) == ["started"]
    assert game.room.match == 2
    assert game.room.outcome is None


def test_who_leaves_takes_the_rematch_along() -> None:
    game = finished()
    game.do(ANN, RematchBody())
    game.do(BOB, LeaveBody())
    assert game.room.phase == "waiting"
    assert not game.room.seats[0].rematch


def test_quick_play_starts_when_full() -> None:
    game = Driver(fill_ms=4000)
    game.attach(ANN)
    assert game.room.phase == "waiting"
    assert "started" in kinds(game.attach(BOB))


def test_quick_play_adds_bots_when_nobody_comes() -> None:
    game = Driver(fill_ms=4000)
    game.attach(ANN)
    game.pass_(3999)
    assert game.room.phase == "waiting"
    fx = game.pass_(1)
    assert "started" in kinds(fx)
    assert [call.strength for call in fx.calls] == ["easy"]
    assert game.room.seats[1].player.kind == "bot"


def test_every_match_has_its_own_chance() -> None:
    game = finished()
    first = game.room.match
    game.do(ANN, RematchBody())
    game.do(BOB, RematchBody())
    assert game.room.match == first + 1
    assert game.room.match_tick == 0


def test_the_welcome_to_another_view_brings_what_this_pass_told() -> None:
    """Nothing else of the pass is shown to the socket."""
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    before = game.room.offset
    fx = game.act(game.command(ANN, ChatBody("bye")), game.command(BOB, StandBody()))
    assert [told.kind for told in fx.events][:2] == ["chat", "left"]
    assert fx.welcomes[game.socket(BOB)] == Resume("inc", before)
