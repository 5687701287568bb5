"""What leaves the engine, and what does not."""

from __future__ import annotations

import json

import msgspec

from rooms.core import view
from rooms.core.effects import Effects
from rooms.core.inputs import BotBody, LeaveBody
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB, CAT, Driver
from tests.support import meadow


def test_a_view_is_plain() -> None:
    game = Driver()
    game.play()
    tree = {"room": view.room_tree(game.live), "game": view.game_tree(game.live, 0)}
    assert json.loads(json.dumps(tree)) == tree
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(tree)) == tree


def test_before_the_first_match_there_is_no_game() -> None:
    assert view.game_tree(Driver().live, 0) is None


def test_the_cause_of_a_fault_stays_inside() -> None:
    from rooms.core.match import pause

    game = Driver()
    pause(game.live, Effects(), RuntimeError("secret detail"))
    assert "secret detail" not in json.dumps(view.room_tree(game.live))


def test_a_seat_sees_its_own_fleet_alone() -> None:
    game = Driver(get_rules("battleship"))
    game.play()
    for viewer, seen in ((0, True), (1, False), (None, False)):
        board = view.game_tree(game.live, viewer)["boards"][0]
        assert (board["fleet"] is not None) is seen


def test_a_card_counts_people_bots_and_spectators() -> None:

    game = Driver()
    game.attach(ANN)
    game.attach(CAT, "watch")
    card = view.card(game.live)
    assert (card.players, card.bots, card.spectators, card.joinable, card.host) == (1, 0, 1, True, "Ann")
    game.do(ANN, BotBody("easy"))
    card = view.card(game.live)
    assert (card.players, card.bots, card.joinable) == (2, 1, False)


def test_someone_with_a_seat_is_no_spectator() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    assert view.spectators(game.live) == 0


def test_whoever_takes_a_seat_after_the_match_sees_what_spectators_see() -> None:
    game = Driver(get_rules("battleship"))
    game.play()
    game.do(BOB, LeaveBody())
    game.attach(CAT)
    assert game.room.seats[1].player == CAT
    assert view.game_tree(game.live, 1) == view.game_tree(game.live, None)


def test_a_view_in_parts_is_put_together_for_whoever_sees_it() -> None:
    state = meadow.State([meadow.Sheep(1, 5, 5), meadow.Sheep(2, 25, 5)], [(0, 0), (20, 0)], [[7], [8]], 3)
    sheep = {0: {"number": 0, "sheep": [[1, 5, 5]]}, 2: {"number": 2, "sheep": [[2, 25, 5]]}}
    for eyes, hand, cells in ((0, [7], [sheep[0]]), (1, [8], [sheep[2]]), (None, None, [sheep[0]])):
        assert view.whole_view(meadow.RULES, state, eyes) == {"turn": 3, "cells": cells, "hand": hand}
    assert view.whole_view(meadow.RULES, None, 0) is None
