"""Laws of patches."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rooms.core.delta import BadPatch, diff, patch

leaves = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.floats(allow_nan=False, width=16)
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)


def same(one: Any, two: Any) -> bool:
    """Equal, and of the same types: True is not 1 to a reader in JavaScript."""
    return repr(one) == repr(two)


@example([None, {"a": None, "b": 0.0}], [None, {"b": -0.0}])
@given(trees, trees)
def test_a_patch_leads_from_the_old_to_the_new(old: Any, new: Any) -> None:
    before, after = repr(old), repr(new)
    assert same(_ordered(patch(old, diff(old, new))), _ordered(new))
    assert (repr(old), repr(new)) == (before, after), "neither argument may change"


def _ordered(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _ordered(tree[key]) for key in sorted(tree)}
    if isinstance(tree, float):
        return tree + 0.0  # -0.0 equals 0.0 and is not sent anew
    return [_ordered(item) for item in tree] if isinstance(tree, list) else tree


@given(trees)
def test_equal_trees_have_no_patch(tree: Any) -> None:
    assert diff(tree, tree) is None


@pytest.mark.parametrize(
    ("old", "change"),
    [
        ([1], [2, 3, [0, [0, 1]]]),
        ({}, [1, {"a": [1, {}]}]),
        ({}, [1, {}, ["gone"]]),
        ([1], [2, 1, [5, [0, 1]]]),
        (1, [9, 1]),
        (1, []),
        (1, [1, {"a": [0, 1]}]),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(old: Any, change: Any) -> None:
    with pytest.raises(BadPatch):
        patch(old, change)
