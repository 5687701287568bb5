"""The difference of two tables: lists of rows of whole numbers, all rows of the same length.

Two forms, both flat lists of numbers, so that msgpack gives most of them one byte:

    [key, difference, ..., key, difference, ...]     some rows. key = rows skipped << columns | bits of the changed
                                                     columns (the first is the lowest bit); a difference for each bit
    [bits, difference, ...]                          all rows: the differences of the first changed column for every
                                                     row, then of the next

The first may begin with two lists, [gone, ...] and [row, ...]: the places of the old rows that are no more, and new
rows for the end. `skipped` counts old rows, those that are gone too.

Laws (tests/rooms/core/test_rows.py): patch(old, diff(old, new)) == new; neither changes its arguments.
"""

from __future__ import annotations

from itertools import chain, compress
from operator import add, ne, sub
from typing import Any, Final

Row = list[int]
Change = list[Any]

MOST: Final = 0.4
"""The part of the rows that may have changed before all of them are told: from about there on that is shorter, and
it is computed at a third of the cost.
"""


class BadRows(ValueError):
    """A difference that does not fit the table."""


def diff_some(old: list[Row], new: list[Row], by_id: bool = False, in_order: bool = True) -> Change | None:
    """Some rows changed, came or went; None when it cannot be said so. `by_id`: the first column tells rows apart.

    Not `in_order`: the rows may come out in another order than in `new`, so it can always be said.
    """
    if by_id:
        return _by_id(old, new if in_order else _as_before(old, new))
    if len(new) > len(old):
        return [[], new[len(old) :], *_steps(old, new, range(len(old)))]
    if len(new) < len(old):
        return [list(range(len(new), len(old))), [], *_steps(old, new, range(len(new)))]
    return _steps(old, new, range(len(new)))


def _by_id(old: list[Row], new: list[Row]) -> Change | None:
    """None when rows have changed their order, or came anywhere but at the end."""
    place = {row[0]: at for at, row in enumerate(old)}
    places = [place.get(row[0], -1) for row in new]
    kept = [at for at in places if at >= 0]
    if kept != sorted(set(kept)) or -1 in places[: len(kept)]:
        return None
    steps = _steps(old, new, kept)
    if len(kept) == len(old) == len(new):
        return steps
    staying = set(kept)
    return [[at for at in range(len(old)) if at not in staying], new[len(kept) :], *steps]


def _as_before(old: list[Row], new: list[Row]) -> list[Row]:
    """The rows of `new`: those that were there first, in their order of then."""
    place = {row[0]: at for at, row in enumerate(old)}
    return sorted(new, key=lambda row: place.get(row[0], len(old)))


def _steps(old: list[Row], new: list[Row], places: range | list[int]) -> Change:
    """`places`: for each row of `new`, as far as it goes, the place of the old row that it was."""
    befores = old if type(places) is range else [old[at] for at in places]
    steps: list[int] = []
    behind = 0
    for index in compress(range(len(places)), map(ne, befores, new)):
        at = places[index]
        differences = list(map(sub, new[index], old[at]))
        bits = 0
        for column, difference in enumerate(differences):
            if difference:
                bits |= 1 << column
        steps.append((at - behind) << len(differences) | bits)
        steps += filter(None, differences)
        behind = at + 1
    return steps


def diff_all(old: list[Row], new: list[Row]) -> Change:
    """Every row, of two tables of the same length."""
    columns = len(old[0])
    differences = list(map(sub, chain.from_iterable(new), chain.from_iterable(old)))
    bits, told = 0, list[int]()
    for column in range(columns):
        steps = differences[column::columns]
        if any(steps):
            bits |= 1 << column
            told += steps
    return [bits, *told]


def is_for_all(old: list[Row], new: list[Row]) -> bool:
    """Whether `diff_all` serves better than `diff_some`. Looks at a part of a long table only."""
    if len(old) != len(new) or not old:
        return False
    every = 1 + len(old) // 32
    some, others = old[::every], new[::every]
    return bool(sum(map(ne, some, others)) > MOST * len(some))


def patch_some(old: list[Row], change: Change) -> list[Row]:
    """`old` with what `diff_some` said. Shares unchanged rows. Raises BadRows."""
    try:
        return _patch_some(old, change)
    except (TypeError, IndexError, ValueError) as error:
        raise BadRows(f"the difference does not fit the table: {error}") from error


def _patch_some(old: list[Row], change: Change) -> list[Row]:
    rows, at, behind = list(old), 0, 0
    gone: list[int] = []
    added: list[Row] = []
    if change and isinstance(change[0], list):
        gone, added, at = change[0], change[1], 2
    columns = len(old[0]) if old else 0
    while at < len(change):
        key, at = change[at], at + 1
        place = behind + (key >> columns)
        row = list(rows[place])
        for column in range(columns):
            if key >> column & 1:
                row[column] += change[at]
                at += 1
        rows[place], behind = row, place + 1
    for place in reversed(gone):
        del rows[place]
    return rows + added


def patch_all(old: list[Row], change: Change) -> list[Row]:
    """`old` with what `diff_all` said. Raises BadRows."""
    try:
        bits, count, at = change[0], len(old), 1
        told = list(zip(*old, strict=True))
        for column in range(len(told)):
            if bits >> column & 1:
                told[column] = tuple(map(add, told[column], change[at : at + count]))
                at += count
        if at != len(change) or bits >> len(told):
            raise BadRows("the difference is of a table of another size")
        return [list(row) for row in zip(*told, strict=True)]
    except (TypeError, IndexError, ValueError) as error:
        raise BadRows(f"the difference does not fit the table: {error}") from error
