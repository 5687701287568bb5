"""Games are found by being there; a broken one is told of and takes nothing else down."""

from __future__ import annotations

import pkgutil

import pytest

import rooms.games
from rooms.games import UnknownGame, broken_games, find_games, forget_games, get_rules
from rooms.games.registry import installed_modules
from tests.support.temp_game import InstallGame, documented_game

NIM = documented_game()["nim.py"]


def test_the_shipped_games_are_found_in_order() -> None:
    assert list(find_games()) == sorted(find_games())
    assert {"arena", "battleship", "snake", "tictactoe"} <= set(find_games())


def test_the_result_is_the_callers_own() -> None:
    find_games().clear()
    assert find_games()


def test_rules_by_slug() -> None:
    assert get_rules("arena").title == "Arena"
    assert get_rules("arena") is find_games()["arena"]


def test_an_unknown_game_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownGame, match=r"no game 'chess'; there are .*arena"):
        get_rules("chess")


WITH_OLDER = (
    NIM
    + """
VERSION = 3


class Before:
    \"\"\"As if it were a module.\"\"\"


for name, part in list(globals().items()):
    setattr(Before, name, part if isinstance(part, type) or not callable(part) else staticmethod(part))
Before.VERSION = 1
OLDER = (Before,)
"""
)


def test_rules_of_a_version(install_game: InstallGame) -> None:
    install_game("nim", WITH_OLDER)
    assert get_rules("nim").version == get_rules("nim", 3).version == 3
    assert get_rules("nim", 1).version == 1
    with pytest.raises(UnknownGame, match="'nim' is not installed in version 2; installed: 1, 3"):
        get_rules("nim", 2)


def test_an_older_version_beside_its_game_is_no_game_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_games()
    beside = pkgutil.ModuleInfo(pkgutil.get_importer("."), "_arena_1", False)  # type: ignore[arg-type]
    found = [*pkgutil.iter_modules(rooms.games.__path__), beside]
    monkeypatch.setattr(pkgutil, "iter_modules", lambda path: iter(found))
    assert "_arena_1" not in find_games()
    assert "_arena_1" not in broken_games()
    monkeypatch.undo()
    forget_games()


def test_an_installed_game_is_found_with_its_module(install_game: InstallGame) -> None:
    game = install_game("nim", NIM)
    assert get_rules("nim").title == "Nim"
    assert installed_modules()["nim"].__name__ == game.module


def test_shipped_games_are_not_installed_modules() -> None:
    assert "arena" not in installed_modules()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
        ("def broken(", "SyntaxError"),
        ("TITLE = 'Half a game'", "lacks .*setup"),
        (NIM.replace("SEATS = Seats(2, 2)", "SEATS = Seats(3, 2)"), "SEATS must satisfy"),
        (NIM.replace('title="Matches on the table")] = 21', 'title="Matches")]'), "needs a default"),
    ],
    ids=["import", "raise", "syntax", "lacks", "seats", "options"],
)
def test_a_broken_game_is_left_out_with_its_reason(install_game: InstallGame, source: str, reason: str) -> None:
    install_game("sad", source)
    assert "sad" not in find_games()
    assert "arena" in find_games()
    with pytest.raises(UnknownGame, match=f"'sad' cannot be played: .*{reason}"):
        get_rules("sad")
    assert list(broken_games()) == ["sad"]


@pytest.mark.parametrize("slug", ["Nim", "2nim", "n" * 31, "ni.m"])
def test_a_slug_must_fit_urls_and_files(install_game: InstallGame, slug: str) -> None:
    install_game(slug, NIM)
    assert slug not in find_games()
    assert "a slug has" in broken_games()[slug]


def test_a_shipped_game_is_not_replaced(install_game: InstallGame) -> None:
    install_game("arena", NIM)
    assert get_rules("arena").title == "Arena"
    assert "another game" in broken_games()["arena"]


def test_all_is_as_before_when_the_package_is_gone() -> None:
    assert broken_games() == {}
    assert "nim" not in find_games()
