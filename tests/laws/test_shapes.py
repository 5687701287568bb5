"""The fuzzer makes values of any move's type, within its constraints and up to their edges."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import find
from msgspec import Meta

from rooms.games import find_games
from tests.laws.shapes import values_of


class Move(msgspec.Struct, forbid_unknown_fields=True):
    at: Annotated[int, Meta(ge=0, lt=5)]
    word: Annotated[str, Meta(max_length=3)] = ""
    way: Literal["up", "down"] | None = None
    pair: tuple[bool, float] | None = None


@pytest.mark.parametrize("at", [0, 4])
def test_edges_are_reached(at: int) -> None:
    assert find(values_of(Move), lambda move: move.at == at).at == at


def test_spare_fields_are_given_and_left_out() -> None:
    assert find(values_of(Move), lambda move: move.way == "down" and move.pair is None).word == ""
    assert find(values_of(Move), lambda move: move.pair is not None).pair is not None


@pytest.mark.parametrize("slug", find_games())
def test_every_games_moves_are_made(slug: str) -> None:
    shape: Any = find_games()[slug].move
    move = find(values_of(shape), lambda _: True)
    assert msgspec.convert(msgspec.to_builtins(move), shape) == move


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(TypeError, match="BytesType"):
        values_of(bytes)
