"""Finds the games: those that lie in this folder, and those that installed packages name in an entry point.

A game is found by being there. Shipped games are the modules beside this one; an installed package declares

    [project.entry-points."holdfast.games"]
    nim = "holdfast_nim.nim"

where the name is the slug and the value the module. A game that cannot be loaded is left out, with the reason
kept for `broken_games`, and the others are found all the same. The search runs once per process, until
`forget_games`.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Final

from rooms.core.game import Rules, read_rules

GROUP: Final = "holdfast.games"
"""The entry-point group under which installed packages name their games."""
SLUG: Final = re.compile(r"[a-z][a-z0-9_-]{0,29}\Z")
"""What a game may be called in URLs, files and rooms."""
_HERE: Final = "rooms.games"
_NOT_GAMES: Final = frozenset({"registry"})


class UnknownGame(LookupError):
    """No game of that name is installed, or it is broken. The text says which and may be shown."""


@dataclass(frozen=True, slots=True)
class _Found:
    games: dict[str, Rules]
    modules: dict[str, ModuleType]
    """Of the installed (not shipped) games: their drawings lie beside their modules."""
    broken: dict[str, str]


def find_games() -> dict[str, Rules]:
    """Every game that can be played, by slug, in alphabetical order. The dict is the caller's own."""
    return dict(_found().games)


def get_rules(slug: str, version: int | None = None) -> Rules:
    """The rules of one game: the newest, or those of exactly `version`. Raises UnknownGame."""
    found = _found()
    rules = found.games.get(slug)
    if rules is not None:
        return rules if version is None else _of_version(rules, version)
    if slug in found.broken:
        raise UnknownGame(f"the game {slug!r} cannot be played: {found.broken[slug]}")
    raise UnknownGame(f"there is no game {slug!r}; there are {', '.join(found.games) or 'none'}")


def _of_version(rules: Rules, version: int) -> Rules:
    if version == rules.version:
        return rules
    if version in rules.older:
        return rules.older[version]
    have = ", ".join(map(str, [*sorted(rules.older), rules.version]))
    raise UnknownGame(f"the game {rules.slug!r} is not installed in version {version}; installed: {have}")


def broken_games() -> dict[str, str]:
    """The games that were found and could not be loaded, with the reason: for checks and logs."""
    return dict(_found().broken)


def installed_modules() -> dict[str, ModuleType]:
    """The Python modules of the games that came with other packages, by slug."""
    return dict(_found().modules)


def forget_games() -> None:
    """Search again at the next call: a package was installed or removed (tests do that)."""
    importlib.invalidate_caches()
    _found.cache_clear()


@cache
def _found() -> _Found:
    found = _Found({}, {}, {})
    for slug, load in (*_shipped(), *_installed()):
        _take(found, slug, load)
    return _Found(dict(sorted(found.games.items())), found.modules, found.broken)


def _take(found: _Found, slug: str, load: Callable[[], ModuleType]) -> None:
    try:
        if not SLUG.match(slug):
            raise TypeError("a slug has at most 30 characters of a-z, 0-9, _ and -, and begins with a letter")
        if slug in found.games:
            raise TypeError(f"another game is called {slug!r} already; that one is played")
        module = load()
        rules = read_rules(slug, module)
    except Exception as error:
        # A game is foreign code: its import may raise anything, and must not take the other games down.
        found.broken[slug] = f"{type(error).__name__}: {error}"
        return
    found.games[slug] = rules
    if not module.__name__.startswith(f"{_HERE}."):
        found.modules[slug] = module


def _shipped() -> Iterator[tuple[str, Callable[[], ModuleType]]]:
    for module in pkgutil.iter_modules(importlib.import_module(_HERE).__path__):
        if module.name not in _NOT_GAMES and not module.name.startswith("_"):  # an older version of a game
            yield module.name, _loader(f"{_HERE}.{module.name}")


def _loader(name: str) -> Callable[[], ModuleType]:
    return lambda: importlib.import_module(name)


def _installed() -> Iterator[tuple[str, Callable[[], ModuleType]]]:
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        yield point.name, _loader(point.value)
