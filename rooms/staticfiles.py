"""Serves the drawing of an installed game from where it lies: beside the game's Python module.

The drawings of shipped games are in static/js/games. That of a game which came with another package is
`<slug>.js` in the folder of its module, and has the same address: js/games/<slug>.js below STATIC_URL.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles.finders import BaseFinder, searched_locations
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

from rooms.games.registry import installed_modules

PREFIX: Final = "js/games"
_ADDRESS: Final = re.compile(rf"{PREFIX}/(?P<slug>[a-z][a-z0-9_-]*)\.js\Z")


class GameFinder(BaseFinder):
    """Finds drawings of installed games. It asks the registry each time, so that it need never be told of a change."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file at `path`: its path, or a list of them with `find_all` (`all` before Django 5.2); [] if none."""
        match = _ADDRESS.match(path.replace("\\", "/"))
        found = _drawing(match["slug"]) if match else None
        if found is None:
            return []
        searched_locations.append(str(found.parent))
        return [str(found)] if find_all or kwargs.get("all") else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Every drawing, for collectstatic: its name and a storage of its folder."""
        for slug in installed_modules():
            found = _drawing(slug)
            if found is not None and not matches_patterns(found.name, list(ignore_patterns or ())):
                storage = FileSystemStorage(location=found.parent)
                # How Django's own finders say where below STATIC_URL a storage begins:
                storage.prefix = PREFIX  # type: ignore[attr-defined]
                yield found.name, storage

    def check(self, **kwargs: Any) -> builtins.list[Any]:
        """Nothing can be configured wrongly here."""
        return []


def _drawing(slug: str) -> Path | None:
    """The file of an installed game's drawing, or None when there is no such game or no such file."""
    module = installed_modules().get(slug)
    if module is None or module.__file__ is None:
        return None
    file = Path(module.__file__).with_name(f"{slug}.js")
    return file if file.is_file() else None
