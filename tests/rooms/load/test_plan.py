from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rooms.games.registry import find_games, get_rules
from rooms.load.plan import BadPlan, usual_rate
from tests.rooms.load.making import plan


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rooms": 0}, "--rooms is 0"),
        ({"rooms": 20_000}, "--rooms is 20000"),
        ({"players": 3}, "a room of Noughts and crosses has 2 players"),
        ({"rules": get_rules("arena"), "players": 17}, "a room of Arena has 1 to 16 players"),
        ({"rules": get_rules("arena"), "players": 16, "rooms": 2000}, "32,000 bots are too many"),
        ({"rate": 100}, "--rate is 100"),
        ({"rate": 0}, "--rate is 0"),
        ({"seconds": 0}, "--seconds"),
        ({"url": "localhost:8000"}, "is no address"),
    ],
)
def test_what_cannot_be_done_is_said(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadPlan, match=words):
        plan(**changes).check()


@pytest.mark.parametrize("game", sorted(find_games()))
def test_the_usual_rate_of_every_game_is_a_possible_one(game: str) -> None:
    rules = get_rules(game)
    plan(game, rate=usual_rate(rules), players=rules.seats.min).check()
    plan(game, rate=usual_rate(replace(rules, bot_every_ms=0)), players=rules.seats.min).check()
