"""A game in a package of its own, as a stranger would install it: on sys.path, with an entry point, for one
test.

    def test_it(install_game):
        game = install_game("nim", python=NIM, drawing=NIM_JS)
        assert "nim" in find_games()

`game.environment` makes it installed for processes that the test starts, too. `documented_game()` is the
complete example of docs/games.md.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rooms.games import forget_games
from rooms.games.registry import GROUP

DOCS = Path(__file__).resolve().parents[2] / "docs" / "games.md"
_NAMED_BLOCK = re.compile(r"^```\w+ (?P<name>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class InstalledGame:
    """Where a temporary game lies. `module` is its dotted name, `site` the folder that is on sys.path."""

    slug: str
    module: str
    site: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to find the game."""
        inherited = os.environ.get("PYTHONPATH", "")
        return {"PYTHONPATH": os.pathsep.join(filter(None, [str(self.site), inherited]))}


InstallGame = Callable[..., InstalledGame]


@pytest.fixture
def install_game(tmp_path: Path) -> Iterator[InstallGame]:
    """install_game(slug, python, drawing=None) -> InstalledGame. All is gone after the test."""
    installed: list[InstalledGame] = []

    def install(slug: str, python: str, drawing: str | None = None) -> InstalledGame:
        game = write_package(tmp_path / f"site-{slug}", slug, python, drawing)
        sys.path.append(str(game.site))
        installed.append(game)
        forget_games()
        return game

    yield install
    for game in installed:
        sys.path.remove(str(game.site))
        package = game.module.partition(".")[0]
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]
    forget_games()


def write_package(site: Path, slug: str, python: str, drawing: str | None = None) -> InstalledGame:
    """Write what pip would have written: a package with the game, and its metadata with the entry point."""
    word = re.sub(r"\W", "_", slug)
    package = f"holdfast_{word}"
    folder, metadata = site / package, site / f"{package}-1.0.dist-info"
    folder.mkdir(parents=True)
    metadata.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / f"{word}.py").write_text(python, encoding="utf-8")
    if drawing is not None:
        (folder / f"{slug}.js").write_text(drawing, encoding="utf-8")
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{slug} = {package}.{word}\n")
    return InstalledGame(slug, f"{package}.{word}", site)


def documented_game() -> dict[str, str]:
    """The named code blocks of docs/games.md, by name: nim.py, nim.js and so on."""
    return {block["name"]: block["text"] for block in _NAMED_BLOCK.finditer(DOCS.read_text(encoding="utf-8"))}
