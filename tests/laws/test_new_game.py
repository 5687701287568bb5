"""A new game is two files: the example of docs/games.md, installed as a package, is a game like any other."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from rooms.core.game import _NAMES, Rules
from rooms.games import find_games, get_rules
from rooms.games.registry import GROUP
from tests.laws.laws import LAWS, Law, assert_places
from tests.laws.match import Trial, by_bots, finish
from tests.support.temp_game import DOCS, InstalledGame, InstallGame, documented_game


@pytest.fixture
def nim(install_game: InstallGame) -> InstalledGame:
    files = documented_game()
    return install_game("nim", files["nim.py"], files["nim.js"])


def rules() -> Rules:
    return get_rules("nim")


def test_it_is_not_there_before_it_is_installed() -> None:
    assert "nim" not in find_games()


def test_the_registry_finds_it(nim: InstalledGame) -> None:
    assert find_games()["nim"].title == "Nim"


def test_the_static_finder_finds_its_drawing(nim: InstalledGame) -> None:
    found = finders.find("js/games/nim.js")
    assert isinstance(found, str)
    assert Path(found).read_text(encoding="utf-8") == documented_game()["nim.js"]


def test_its_bots_play_it_to_the_end(nim: InstalledGame) -> None:
    wins = 0
    for seed in range(60):
        trial = Trial(rules(), (0, 1), f"nim {seed}")
        outcome = finish(trial, by_bots("easy", "hard"), bound=60)
        assert outcome is not None
        assert_places(trial, outcome)
        wins += outcome.places[0].seat == 1
    assert wins >= 45, f"hard won {wins} of 60 against easy"


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_it_keeps_the_law(law: Law, nim: InstalledGame) -> None:
    law(rules())


def test_another_process_finds_it_by_its_environment(nim: InstalledGame) -> None:
    code = "from rooms.games import find_games; print(*find_games())"
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, env=nim.environment, cwd=root, capture_output=True, text=True, check=True)
    assert "nim" in told.stdout.split()


def test_the_page_shows_the_entry_point_that_the_fixture_writes(nim: InstalledGame) -> None:
    (point,) = (point for point in entry_points(group=GROUP) if point.name == "nim")
    declared = tomllib.loads(documented_game()["pyproject.toml"])["project"]["entry-points"]
    assert declared == {GROUP: {point.name: point.value}}


def test_the_page_names_every_law() -> None:
    named = re.findall(r"^\| `(\w+)` \| (?:it demands)?", laws_of_the_page(), re.MULTILINE)
    assert named == [law.__name__ for law in LAWS]


def laws_of_the_page() -> str:
    return DOCS.read_text(encoding="utf-8").partition("## The laws")[2].partition("\n## ")[0]


def test_the_page_names_every_declaration() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert [name for name in _NAMES.values() if f"`{name}`" not in page and f"`{name}(" not in page] == []
