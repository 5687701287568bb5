"""Laws of the differences of tables."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.core.rows import BadRows, diff_all, diff_some, is_for_all, patch_all, patch_some

numbers = st.integers(-300, 300) | st.integers(-(2**52), 2**52)
columns = st.integers(1, 16)


def tables_of(width: int, least: int = 0) -> st.SearchStrategy[list[list[int]]]:
    return st.lists(st.lists(numbers, min_size=width, max_size=width), min_size=least, max_size=8)


@st.composite
def changed_tables(draw: st.DrawFn) -> tuple[list[list[int]], list[list[int]]]:
    """A table, and the same with rows changed, dropped, and added at the end."""
    width = draw(columns)
    old = draw(tables_of(width))
    new = [draw(st.sampled_from([row, [draw(numbers), *row[1:]], draw(st.just([0] * width))])) for row in old]
    kept = [row for row in new if draw(st.integers(0, 3))]
    return old, kept + draw(tables_of(width))


@given(changed_tables())
def test_the_difference_leads_from_the_old_to_the_new(tables: tuple[Any, Any]) -> None:
    old, new = tables
    before = deepcopy(tables)
    change = diff_some(old, new)
    assert change is not None
    assert patch_some(old, change) == new
    assert tables == before, "neither argument may change"


@given(changed_tables(), st.data())
def test_rows_with_an_id_may_come_and_go_anywhere(tables: tuple[Any, Any], data: Any) -> None:
    old, new = ([[at, *row] for at, row in enumerate(table)] for table in tables)
    new = [row for row in new if data.draw(st.booleans())] + [[100 + at, *row[1:]] for at, row in enumerate(new)]
    change = diff_some(old, new, by_id=True)
    assert change is not None
    assert patch_some(old, change) == new


@given(changed_tables(), st.randoms())
def test_without_an_order_it_can_always_be_said(tables: tuple[Any, Any], dice: Any) -> None:
    old, new = ([[at, *row] for at, row in enumerate(table)] for table in tables)
    dice.shuffle(new)
    change = diff_some(old, new, by_id=True, in_order=False)
    assert change is not None
    assert sorted(patch_some(old, change)) == sorted(new)


def test_a_row_that_goes_leaves_the_others_unsaid() -> None:
    old = [[7, 100, 0], [8, 200, 0], [9, 300, 0]]
    new = [[8, 200, 0], [9, 301, 0], [10, 0, 0]]
    assert diff_some(old, new, by_id=True) == [[0], [[10, 0, 0]], 2 << 3 | 0b010, 1]


@pytest.mark.parametrize("new", [[[2, 0], [1, 0]], [[3, 0], [1, 0]], [[1, 0], [1, 1]]])
def test_another_order_cannot_be_said(new: list[list[int]]) -> None:
    assert diff_some([[1, 0], [2, 0]], new, by_id=True) is None


@given(st.data())
def test_all_rows_at_once(data: Any) -> None:
    width = data.draw(columns)
    old = data.draw(tables_of(width, 1))
    new = [data.draw(st.lists(numbers, min_size=width, max_size=width)) for _ in old]
    assert patch_all(old, diff_all(old, new)) == new


def test_small_steps_of_one_row_in_a_hundred_take_four_bytes() -> None:
    old = [[at * 30, at * 20] for at in range(100)]
    new = deepcopy(old)
    new[30] = [old[30][0] + 3, old[30][1] - 2]
    change = diff_some(old, new)
    assert change == [30 << 2 | 0b11, 3, -2]
    assert len(msgspec.msgpack.encode(change)) == 1 + 3


def test_many_rows_are_told_by_column() -> None:
    old = [[at, 0, 0] for at in range(100)]
    assert not is_for_all(old, [[at, int(at % 10 == 3), 0] for at in range(100)])
    new = [[at, 1, 0] for at in range(100)]
    assert is_for_all(old, new)
    assert diff_all(old, new) == [0b010, *[1] * 100]
    assert not is_for_all(old, new[1:]), "rows that come or go are said one by one"
    assert not is_for_all([], [])


@pytest.mark.parametrize("change", [[9 << 2 | 1, 1], [0b11, 1], [[5], []], [1, "x"], [None], [[0]]])
def test_some_rows_that_do_not_fit_are_refused(change: list[Any]) -> None:
    with pytest.raises(BadRows):
        patch_some([[1, 2], [3, 4]], change)


@pytest.mark.parametrize("change", [[], [1], [1, 5], [1, 5, 6, 7], [4, 1, 1], ["x", 1]])
def test_all_rows_that_do_not_fit_are_refused(change: list[Any]) -> None:
    with pytest.raises(BadRows):
        patch_all([[1, 2], [3, 4]], change)
