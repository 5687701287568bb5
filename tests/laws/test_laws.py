"""Every game that is found, shipped or installed, is held to every law."""

from __future__ import annotations

import pytest

from rooms.games import broken_games, find_games, get_rules
from tests.laws.laws import LAWS, Law
from tests.laws.match import of_a_size


@pytest.mark.parametrize("slug", find_games())
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_game_keeps_the_law(law: Law, slug: str) -> None:
    law(of_a_size(get_rules(slug)))


def test_no_game_is_broken() -> None:
    assert broken_games() == {}


def test_the_four_games_are_found() -> None:
    assert {"arena", "battleship", "snake", "tictactoe"} <= set(find_games())
