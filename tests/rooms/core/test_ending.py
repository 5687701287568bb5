"""Sockets and rooms that end: nobody is cut off without a word, and a match that was running is recorded."""

from __future__ import annotations

from rooms.core import ending
from rooms.core.effects import Effects
from rooms.protocol.closing import Close
from tests.rooms.core.driver import ANN, BOB, Driver


def test_a_room_that_ends_during_a_match_records_it_without_places() -> None:
    game = Driver()
    game.play()
    fx = Effects()
    ending.end_room(game.live, "The plug was pulled.", fx)
    (over,) = fx.matches
    assert (over.finishers, over.reason, over.match) == ((), "The plug was pulled.", 1)
    assert fx.closed
    assert game.room.phase == "closed"


def test_everybody_in_a_room_that_ends_is_told_why() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    fx = Effects()
    ending.end_room(game.live, "Enough.", fx, 4599)
    assert {(bye.socket, bye.code, bye.reason) for bye in fx.farewells} == {
        (game.socket(ANN), 4599, "Enough."),
        (game.socket(BOB), 4599, "Enough."),
    }
    assert fx.matches == []


def test_a_room_whose_data_went_back_says_so() -> None:
    game = Driver()
    game.attach(ANN)
    game.play()
    tick, offset = game.room.tick, game.room.offset
    fx = ending.lose_room(game.live)
    assert fx.closed
    assert [(told.kind, told.body) for told in fx.events][-1] == ("closed", {"reason": ending.LOST_WORDS})
    assert game.socket(ANN) in {bye.socket for bye in fx.farewells}
    assert {bye.code for bye in fx.farewells} == {4511}
    assert [(over.reason, over.finishers) for over in fx.matches] == [(ending.LOST_WORDS, ())]
    assert game.room.tick >= tick + ending.LEAP, "no tick is shown twice"
    assert min(told.offset for told in fx.events) > offset + ending.LEAP, "nor is an offset"


def test_its_codes_are_those_of_the_protocol() -> None:
    assert (ending.ROOM_CLOSED, ending.LOST) == (Close.ROOM_CLOSED, Close.LOST)
