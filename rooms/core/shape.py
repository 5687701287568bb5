"""What a game's view looks like on the wire, read from its type once: its fields in order, and which are tables.

A table is a list of rows of whole numbers: `list[Ship]` where Ship is an `array_like` struct of ints, or
`list[tuple[int, int]]`. Its deltas are differences of numbers (rooms/core/rows.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from msgspec import Struct, inspect

MOST_COLUMNS: Final = 16
"""Of a table, so that a bit for each fits beside the row's number."""
CELLS_FIELD: Final = "cells"
"""The field of a game's view under which the cells in sight stand, in the order of their numbers."""
ID: Final = "id"
"""A first column of this name tells rows apart, so they may come and go anywhere; else the place does."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a view. `columns`: of a table, else 0."""

    name: str
    columns: int = 0
    by_id: bool = False


def shape_of(view_type: Any) -> tuple[Field, ...]:
    """The fields of a view, in the order in which deltas number them; () for one that is no plain struct of fields."""
    return _shape(view_type)


@cache
def _shape(view_type: Any) -> tuple[Field, ...]:
    if not (isinstance(view_type, type) and issubclass(view_type, Struct)):
        return ()
    config = view_type.__struct_config__
    if config.array_like or config.omit_defaults or config.tag is not None:
        return ()  # what the wire has of it is not one value for each field
    told = inspect.type_info(view_type)
    assert isinstance(told, inspect.StructType)
    return tuple(_field(field.encode_name, field.type) for field in told.fields)


def names_of(view_type: Any) -> tuple[str, ...]:
    """The names of the fields that deltas number."""
    return tuple(field.name for field in shape_of(view_type))


def _field(name: str, told: inspect.Type) -> Field:
    told = _bare(told)
    row = _bare(told.item_type) if isinstance(told, inspect.ListType) else None
    if isinstance(row, inspect.StructType):
        columns = [(column.encode_name, column.type) for column in row.fields]
        listed = row.array_like and row.tag is None
    elif isinstance(row, inspect.TupleType):
        columns, listed = [("", column) for column in row.item_types], True
    else:
        return Field(name)
    numbers = all(_is_whole(column) for _, column in columns)
    if not (listed and numbers and 0 < len(columns) <= MOST_COLUMNS):
        return Field(name)
    return Field(name, len(columns), columns[0][0] == ID)


def _bare(told: inspect.Type) -> inspect.Type:
    """Without its title and the like."""
    return _bare(told.type) if isinstance(told, inspect.Metadata) else told


def _is_whole(told: inspect.Type) -> bool:
    told = _bare(told)
    if isinstance(told, inspect.LiteralType):
        return all(type(value) is int for value in told.values)
    return isinstance(told, inspect.IntType)
