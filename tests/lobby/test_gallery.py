from __future__ import annotations

import pytest

from lobby.errors import LobbyError
from lobby.gallery import all_shown, json_schema, quick_size, rules_of, title_of, usual_size
from rooms.games.registry import find_games


def test_every_game_is_shown_by_title() -> None:
    shown = all_shown()
    assert {game.slug for game in shown} == set(find_games())
    assert [game.title for game in shown] == sorted(game.title for game in shown)
    assert all(game.script == f"/static/js/games/{game.slug}.js" for game in shown)


def test_players_and_pace_in_words() -> None:
    by_slug = {game.slug: game for game in all_shown()}
    assert (by_slug["tictactoe"].players, by_slug["tictactoe"].pace) == ("2 players", "turn by turn")
    assert (by_slug["arena"].players, by_slug["arena"].pace) == ("1 to 16 players", "real time")


@pytest.mark.parametrize(("slug", "quick", "usual"), [("tictactoe", 2, 2), ("snake", 4, 8), ("arena", 4, 8)])
def test_sizes_that_suit(slug: str, quick: int, usual: int) -> None:
    assert (quick_size(rules_of(slug)), usual_size(rules_of(slug))) == (quick, usual)


def test_an_unknown_game_is_refused_and_still_has_a_title() -> None:
    with pytest.raises(LobbyError, match="no game called “chess”") as caught:
        rules_of("chess")
    assert caught.value.status == 404
    assert title_of("chess") == "chess"


@pytest.mark.parametrize("slug", find_games())
def test_schemas_are_complete(slug: str) -> None:
    rules = rules_of(slug)
    options, move = json_schema(rules.options), json_schema(rules.move)
    assert set(options["properties"]) == set(rules.options.__struct_encode_fields__)
    assert "$ref" not in move
