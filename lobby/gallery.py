"""The games as the lobby shows them: found by the registry, described for pages and API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.templatetags.static import static

from lobby.errors import unknown_game
from rooms.core.game import Rules
from rooms.games.registry import UnknownGame, find_games, get_rules

QUICK_SEATS: Final = 4
"""Seats of a room opened by quick play, where the game leaves the choice: few enough to fill."""
USUAL_SEATS: Final = 8
"""Seats suggested for a room opened with options, where the game leaves the choice."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One game of the gallery."""

    slug: str
    title: str
    summary: str
    least: int
    most: int
    tick_hz: int
    strengths: tuple[str, ...]
    script: str
    """Address of the game's JavaScript module."""

    @property
    def players(self) -> str:
        """ "2 players", "1 to 16 players"."""
        if self.least == self.most:
            return f"{self.most} player{'' if self.most == 1 else 's'}"
        return f"{self.least} to {self.most} players"

    @property
    def pace(self) -> str:
        """How time passes in it, in two words."""
        return "real time" if self.tick_hz else "turn by turn"


def rules_of(slug: str) -> Rules:
    """The rules of a game. Raises LobbyError when there is none."""
    try:
        return get_rules(slug)
    except UnknownGame as error:
        raise unknown_game(slug) from error


def shown(rules: Rules) -> Shown:
    """A game as pages show it."""
    return Shown(
        slug=rules.slug,
        title=rules.title,
        summary=rules.summary,
        least=rules.seats.min,
        most=rules.seats.max,
        tick_hz=rules.tick_hz,
        strengths=rules.strengths,
        script=static(f"js/games/{rules.slug}.js"),
    )


def all_shown() -> list[Shown]:
    """Every game, by title."""
    return sorted((shown(rules) for rules in find_games().values()), key=lambda game: game.title)


def title_of(slug: str) -> str:
    """A game's title; the slug itself for a game that is not installed here (any more)."""
    rules = find_games().get(slug)
    return rules.title if rules else slug


def stranded(game: str, version: int) -> str:
    """Why rooms of this game and version wait for another engine; "" when the games here can go on with them."""
    try:
        rules = get_rules(game)
    except UnknownGame as error:
        return str(error)
    if version > rules.version:
        return f"it is of version {version} of {game}, and here is version {rules.version}"
    return ""


def quick_size(rules: Rules) -> int:
    """Seats of a room for quick play."""
    return min(rules.seats.max, max(rules.seats.min, QUICK_SEATS))


def usual_size(rules: Rules) -> int:
    """Seats suggested when somebody opens a room with options."""
    return min(rules.seats.max, max(rules.seats.min, USUAL_SEATS))


def json_schema(shape: Any) -> dict[str, Any]:
    """The JSON schema of a game's options or moves, complete in itself."""
    schema: dict[str, Any] = msgspec.json.schema(shape)
    parts = schema.get("$defs", {})
    if "$ref" in schema and len(parts) == 1:
        (schema,) = parts.values()  # one struct alone: no reader should have to follow a reference
    return schema
