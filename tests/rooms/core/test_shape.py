"""What a view's type says of its fields."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from rooms.core.shape import MOST_COLUMNS, Field, names_of, shape_of


class Mark(Struct, array_like=True):
    id: int
    kind: Literal[1, 2]
    x: Annotated[int, Meta(ge=0)]


class Named(Struct):
    x: int


class Odd(Struct, array_like=True):
    x: int
    name: str


class View(Struct, rename="camel"):
    clock_ms: int
    marks: Annotated[list[Mark], Meta(max_length=50)]
    places: list[tuple[int, int]]
    named: list[Named]
    odd: list[Odd]
    flags: list[tuple[bool, int]]
    numbers: list[int]
    wide: list[tuple[int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, int, int]]


def test_tables_are_lists_of_rows_of_whole_numbers() -> None:
    marks, places = Field("marks", 3, True), Field("places", 2)
    others = [Field(name) for name in ("named", "odd", "flags", "numbers", "wide")]
    assert shape_of(View) == (Field("clockMs"), marks, places, *others)
    assert names_of(View)[0] == "clockMs", "the names are those on the wire"
    assert MOST_COLUMNS == 16


class Tagged(Struct, tag="x"):
    a: int


class Thin(Struct, omit_defaults=True):
    a: int = 0


def test_other_views_have_no_numbered_fields() -> None:
    kinds: list[Any] = [Tagged, Thin, Mark, dict[str, int], int, None]
    for kind in kinds:
        assert shape_of(kind) == ()
