"""Sockets that come and go, seats that are held, rooms that end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rooms.core import ending, presence
from rooms.core.bounds import Bounds
from rooms.core.ids import SocketId, WebId
from rooms.core.inputs import (
    JSON,
    Attach,
    BotBody,
    ChatBody,
    KickBody,
    Lapse,
    LeaveBody,
    Reserve,
    Resume,
    Resync,
    RollCall,
)
from rooms.games import get_rules
from rooms.protocol.closing import Close
from tests.rooms.core.driver import ANN, BOB, CAT, Driver, codes, kinds, person


def test_the_codes_are_those_of_the_protocol() -> None:
    ours = (presence.REPLACED, presence.NOT_FOUND, presence.ROOM_FULL, presence.KICKED, ending.ROOM_CLOSED)
    assert ours == (Close.REPLACED, Close.NOT_FOUND, Close.ROOM_FULL, Close.KICKED, Close.ROOM_CLOSED)


def test_auto_takes_a_free_seat_and_then_watches() -> None:
    game = Driver()
    for player in (ANN, BOB, CAT):
        assert game.socket(player) in game.attach(player).welcomes
    assert [s.player.name for s in game.room.seats] == ["Ann", "Bob"]
    assert len(game.room.sockets) == 3


def test_play_without_a_free_seat_is_told_so() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    fx = game.attach(CAT, "play")
    assert [(bye.code, bye.socket) for bye in fx.farewells] == [(Close.ROOM_FULL, game.socket(CAT))]
    assert game.socket(CAT) not in game.room.sockets


def test_watch_takes_no_seat() -> None:
    game = Driver(host=None)
    game.attach(BOB, "watch")
    assert game.room.seats == [None, None]


def test_a_second_connection_replaces_the_first() -> None:
    game = Driver()
    game.attach(ANN)
    fx = game.act(Attach(SocketId("second"), WebId("w2"), ANN, 0))
    assert [(bye.socket, bye.code, bye.web) for bye in fx.farewells] == [(game.socket(ANN), Close.REPLACED, "w")]
    assert list(game.room.sockets) == ["second"]
    assert game.room.seats[0].away_ms is None
    assert kinds(fx) == [], "nobody was away"


def test_an_old_socket_that_goes_late_takes_nothing_with_it() -> None:
    game = Driver()
    game.attach(ANN)
    game.act(Attach(SocketId("second"), WebId("w2"), ANN, 0))
    fx = game.detach(ANN)
    assert kinds(fx) == []
    assert game.room.seats[0].away_ms is None


def test_a_lost_player_is_away_and_comes_back() -> None:
    game = Driver()
    game.play()
    assert kinds(game.detach(BOB)) == ["away"]
    game.now += 5000
    assert kinds(game.attach(BOB)) == ["back"]
    assert game.room.phase == "playing"


def test_a_lost_players_grace_ends_in_a_forfeit() -> None:
    game = Driver()
    game.play()
    game.detach(BOB)
    game.pass_(game.rules.grace_s * 1000 - 1)
    assert game.room.phase == "playing"
    fx = game.pass_(1)
    assert game.room.phase != "playing"
    assert "over" in kinds(fx)
    ranks = {p.seat: p.rank for p in game.room.outcome.places}
    assert ranks[0] < ranks[1], "who left is last"


def test_a_game_may_let_a_bot_take_over() -> None:
    rules = replace(get_rules("tictactoe"), absent="bot", grace_s=10)
    game = Driver(rules)
    game.play()
    state = game.live.state
    game.detach(BOB)
    fx = game.pass_(10_000)
    assert game.room.phase == "playing"
    assert game.room.seats[1].player.kind == "bot"
    assert game.live.state == state, "the rules notice no change"
    assert [call.seat for call in fx.calls] == [1]
    assert codes(game.do(BOB, ChatBody("x"))) == [], "a stranger's command is not answered"


def test_a_game_may_wait_for_ever_while_somebody_is_there() -> None:
    game = Driver(replace(get_rules("tictactoe"), absent="wait"))
    game.play()
    game.detach(BOB)
    game.pass_(10_000_000)
    assert game.room.phase == "playing"


def test_a_web_process_that_dies_takes_its_sockets_along() -> None:
    game = Driver()
    game.attach(ANN, web="w1")
    game.attach(BOB, web="w2")

    fx = game.act(Lapse(WebId("w2")))
    assert kinds(fx) == ["away"]
    assert list(game.room.sockets) == [game.socket(ANN)]


def test_a_roll_call_drops_what_is_not_in_it_and_nothing_else() -> None:
    game = Driver(size=4)
    for who, web, born_ms in ((ANN, "w1", 100), (BOB, "w1", 100), (CAT, "w1", 201), (person("Dan"), "w2", 100)):
        game.act(Attach(game.socket(who), WebId(web), who, JSON, "auto", born_ms=born_ms))
    fx = game.act(RollCall(WebId("w1"), (game.socket(ANN), SocketId("unknown")), 200))
    assert kinds(fx) == ["away"]
    assert list(game.room.sockets) == [game.socket(who) for who in (ANN, CAT, person("Dan"))], (
        "who came later is not meant, nor is who is somewhere else"
    )


def test_a_room_whose_last_socket_is_not_at_its_roll_call_closes() -> None:
    game = Driver()
    game.attach(ANN)
    game.pass_(game.live.bounds.idle_ms * 2)
    assert game.act(RollCall(WebId("w"), (), 1)).closed is False
    assert game.pass_(game.live.bounds.idle_ms).closed


def test_a_seat_outside_a_match_is_held_for_a_while() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    game.detach(BOB)
    game.pass_(game.live.bounds.hold_ms - 1)
    assert game.room.seats[1] is not None
    game.pass_(1)
    assert game.room.seats[1] is None


def test_a_reserved_seat_lapses_when_nobody_comes() -> None:
    game = Driver()
    game.attach(ANN)
    fx = game.act(Reserve(BOB), token="t")
    assert [(token, reply.ok, reply.seat) for token, reply in fx.replies] == [("t", True, 1)]
    assert not game.act(Reserve(CAT), token="u").replies[0][1].ok
    game.pass_(game.live.bounds.reserve_ms)
    assert game.room.seats[1] is None
    assert game.act(Reserve(CAT), token="v").replies[0][1].ok


def test_two_hundred_reservations_for_the_last_seats_fill_exactly_those() -> None:
    game = Driver(get_rules("arena"), host=None, size=16)
    acts = [Reserve(person(f"P{n}")) for n in range(200)]
    replies = [game.act(act, token=f"t{n}").replies[0][1].ok for n, act in enumerate(acts)]
    assert replies.count(True) == 16
    assert len({s.player.id for s in game.room.seats}) == 16


def test_an_idle_room_closes_and_says_goodbye_to_nobody() -> None:
    game = Driver()
    game.attach(ANN)
    game.detach(ANN)
    assert not game.pass_(game.live.bounds.idle_ms - 1).closed
    fx = game.pass_(1)
    assert fx.closed
    assert game.room.phase == "closed"


def test_a_room_that_nobody_ever_entered_closes_too() -> None:
    assert Driver(host=None).pass_(Bounds().idle_ms).closed


def test_a_spectator_keeps_a_room_open() -> None:
    game = Driver()
    game.attach(CAT, "watch")
    assert not game.pass_(10 * Bounds().idle_ms).closed


def test_built_in_bots_alone_keep_nothing_open() -> None:

    game = Driver()
    game.attach(ANN)
    game.do(ANN, BotBody("hard"))
    bot = game.room.seats[1].player
    game.attach(bot)
    game.detach(ANN)
    assert game.pass_(Bounds().idle_ms).closed


def test_spectators_are_bounded() -> None:
    game = Driver()
    game.live.bounds = Bounds(spectators=2)
    game.attach(ANN)
    watchers = [game.attach(person(f"W{n}"), "watch") for n in range(3)]
    assert [len(fx.welcomes) for fx in watchers] == [1, 1, 0]
    assert watchers[2].farewells[0].code == Close.ROOM_FULL
    assert game.attach(BOB).welcomes, "a player is not held up by spectators"


def test_a_kicked_player_stays_out() -> None:

    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    fx = game.do(ANN, KickBody(1))
    assert [bye.code for bye in fx.farewells] == [Close.KICKED]
    assert game.attach(BOB).farewells[0].code == Close.KICKED
    assert not game.act(Reserve(BOB), token="t").replies[0][1].ok


def test_resync_and_resume_are_welcomes() -> None:
    game = Driver()
    game.attach(ANN)
    where = Resume("inc", 1)
    assert game.act(Resync(game.socket(ANN), where)).welcomes == {game.socket(ANN): where}
    assert game.act(Resync(SocketId("nobody"), where)).welcomes == {}


def test_leaving_says_goodbye_for_good() -> None:
    game = Driver()
    game.play()
    fx = game.do(BOB, LeaveBody())
    assert [bye.code for bye in fx.farewells] == [Close.LEFT]
    assert game.room.phase == "waiting", "one player is too few for a rematch"
    assert fx.matches[0].finishers[0].rank < fx.matches[0].finishers[1].rank


@pytest.mark.parametrize("bot_here", [True, False])
def test_a_bot_is_called_until_it_comes(bot_here: bool) -> None:

    game = Driver()
    game.attach(ANN)
    assert len(game.do(ANN, BotBody("easy")).calls) == 1
    if bot_here:
        game.attach(game.room.seats[1].player)
    calls = sum(len(game.pass_(1000).calls) for _ in range(10))
    assert calls == (0 if bot_here else 3)


def test_a_room_waits_for_a_player_on_the_way() -> None:
    game = Driver()
    game.attach(ANN)
    game.detach(ANN)
    game.now = game.live.bounds.idle_ms - 100
    assert game.act(Reserve(BOB), token="t").replies[0][1].ok
    assert not game.pass_(1000).closed
    game.attach(BOB)
    assert game.room.idle_ms is None


def test_an_old_socket_that_is_attached_again_does_not_replace_the_newer() -> None:
    """Its hub may have missed that it was replaced."""
    game = Driver()
    game.attach(ANN)
    game.act(Attach(SocketId("newer"), WebId("w2"), ANN, 0))
    fx = game.act(Attach(game.socket(ANN), WebId("w"), ANN, 0, again=True))
    assert [(bye.socket, bye.code, bye.web) for bye in fx.farewells] == [(game.socket(ANN), Close.REPLACED, "w")]
    assert list(game.room.sockets) == ["newer"]


def test_the_socket_opened_last_stays_when_redis_remembers_only_an_older_one() -> None:
    """Redis came back from an older file, which still has a socket that its player had left since."""
    game = Driver()
    game.act(Attach(SocketId("older"), WebId("w1"), ANN, 0, born_ms=1000))
    fx = game.act(Attach(SocketId("live"), WebId("w2"), ANN, 0, again=True, born_ms=2000))
    assert [(bye.socket, bye.code) for bye in fx.farewells] == [("older", Close.REPLACED)]
    assert list(fx.welcomes) == ["live"]
    fx = game.act(Attach(SocketId("older"), WebId("w1"), ANN, 0, again=True, born_ms=1000))
    assert [(bye.socket, bye.code) for bye in fx.farewells] == [("older", Close.REPLACED)]
    assert list(game.room.sockets) == ["live"]


def test_a_socket_that_is_attached_again_alone_is_welcomed() -> None:
    game = Driver()
    game.attach(ANN)
    game.act(Lapse(WebId("w")))
    fx = game.act(Attach(game.socket(ANN), WebId("w2"), ANN, 0, again=True))
    assert list(fx.welcomes) == [game.socket(ANN)]
    assert fx.farewells == []
