"""Sockets and rooms that end: nobody is cut off without a word, and a match that was running is recorded."""

from __future__ import annotations

from rooms.core import ending
from rooms.core.effects import Effects
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
    assert game.room.sockets == {}
    assert fx.matches == []
