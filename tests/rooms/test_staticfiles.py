"""The drawing of an installed game is served from beside its module, at the address of all drawings."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from rooms.staticfiles import GameFinder
from tests.support.temp_game import InstalledGame, InstallGame, documented_game

DRAWING = "export default {}; // drawn"


@pytest.fixture
def nim(install_game: InstallGame) -> InstalledGame:
    return install_game("nim", documented_game()["nim.py"], DRAWING)


def test_it_is_found_beside_the_module(nim: InstalledGame) -> None:
    found = finders.find("js/games/nim.js")
    assert found == str(nim.site / "holdfast_nim" / "nim.js")
    assert finders.find("js/games/nim.js", find_all=True) == [found]


@pytest.mark.parametrize(
    "path", ["js/games/nim.py", "js/nim.js", "nim.js", "js/games/../games/nim.js", "js/games/other.js", ""]
)
def test_nothing_else_is_found(nim: InstalledGame, path: str) -> None:
    assert GameFinder().find(path) == []


def test_a_game_without_a_drawing_has_none(install_game: InstallGame) -> None:
    install_game("nim", documented_game()["nim.py"])
    assert GameFinder().find("js/games/nim.js") == []
    assert list(GameFinder().list([])) == []


def test_collectstatic_is_told_where_it_goes(nim: InstalledGame) -> None:
    ((path, storage),) = GameFinder().list(["CVS"])
    assert (path, getattr(storage, "prefix", None)) == ("nim.js", "js/games")
    with storage.open(path) as file:
        assert file.read() == DRAWING.encode()
    assert list(GameFinder().list(["*.js"])) == []


def test_the_server_serves_it(nim: InstalledGame) -> None:
    with closing(Client(headers={"host": "localhost"}).get("/static/js/games/nim.js")) as response:
        assert response.status_code == 200
        assert b"".join(response) == DRAWING.encode()


def test_shipped_drawings_are_left_to_the_other_finders() -> None:
    assert GameFinder().find("js/games/tictactoe.js") == []
    assert Path(str(finders.find("js/games/tictactoe.js"))).parent.name == "games"
