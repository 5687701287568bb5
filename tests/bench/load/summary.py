"""Of each game: what a client reads off a state. The names are those of tests/bench/games."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.bench.games.flood import text_of

Seen = tuple[int, Sequence[int] | None]
"""Number of the state, and the players' marks by seat where they do something."""


def board(game: Any) -> Seen:
    return game["n"], None


def marks(game: Any) -> Seen:
    return game["n"], [told[0] for told in game["players"]]


def drift(game: Any) -> Seen:
    return game["n"], [ship[4] for ship in game["ships"]]


def flood(game: Any) -> Seen:
    """Raises ValueError for a state that is torn."""
    if game["text"] != text_of(game["n"]):
        raise ValueError(f"state {game['n']} has another one's text")
    return game["n"], None


SUMMARIES: dict[str, Callable[[Any], Seen]] = {"board": board, "marks": marks, "drift": drift, "flood": flood}


def move(game: str, mark: int) -> dict[str, int]:
    """Input number `mark` of a game: the same content for every server."""
    if game == "drift":
        return {"heading": mark // 7 % 64, "mark": mark}
    return {"mark": mark, "aim": 1000 + mark % 50_000, "keys": mark % 200}
