"""A patch turns one tree of plain values into another; static/js/net/patch.js applies the same.

A tree is None, bool, int, float, str, list or dict with str keys. A patch is a list whose first item says what it is:

    [0, value]                       put `value` here
    [1, {key: patch}, [gone, ...]]   an object: patch these keys, drop those (the list is left out when empty)
    [2, length, [i, patch, ...], [value, ...]]
                                     an array: patch the items at these indexes, cut to what `length` leaves of the old,
                                     then add the values (left out when empty; so is an empty index list before it)

Laws (tests/rooms/core/test_delta.py): patch(a, diff(a, b)) == b; diff(a, a) is None; neither changes its arguments.
"""

from __future__ import annotations

from typing import Any

Tree = Any
Patch = list[Any]

PUT, OBJECT, ARRAY = 0, 1, 2


class BadPatch(ValueError):
    """A patch that does not fit the tree it is applied to: the viewer lacks the base and must ask for the whole."""


def diff(old: Tree, new: Tree) -> Patch | None:
    """The patch from `old` to `new`, or None when they are equal."""
    kind = type(new)
    if kind is not type(old):
        return [PUT, new]
    if kind is dict:
        return _diff_objects(old, new)
    if kind is list:
        return _diff_arrays(old, new)
    return None if old == new else [PUT, new]


def _diff_objects(old: dict[str, Tree], new: dict[str, Tree]) -> Patch | None:
    changed: dict[str, Patch] = {}
    for key, value in new.items():
        inner = diff(old[key], value) if key in old else [PUT, value]
        if inner is not None:
            changed[key] = inner
    gone = [key for key in old if key not in new]
    if gone:
        return [OBJECT, changed, gone]
    return [OBJECT, changed] if changed else None


def _diff_arrays(old: list[Tree], new: list[Tree]) -> Patch | None:
    changed: list[Any] = []
    for index, (before, after) in enumerate(zip(old, new, strict=False)):
        inner = diff(before, after)
        if inner is not None:
            changed += (index, inner)
    added = new[len(old) :]
    if added:
        return [ARRAY, len(old), changed, added]
    if changed:
        return [ARRAY, len(new), changed]
    return None if len(old) == len(new) else [ARRAY, len(new)]


def patch(old: Tree, change: Patch | None) -> Tree:
    """`old` with `change` applied. Shares unchanged parts with `old`. Raises BadPatch."""
    if change is None:
        return old
    try:
        return _patch(old, change)
    except (TypeError, KeyError, IndexError, ValueError) as error:
        raise BadPatch(f"the patch does not fit: {error}") from error


def _patch(old: Tree, change: Patch) -> Tree:
    kind = change[0]
    if kind == PUT:
        return change[1]
    if kind == OBJECT:
        new = dict(old)
        for key in change[2] if len(change) > 2 else ():
            del new[key]
        for key, inner in change[1].items():
            new[key] = inner[1] if inner[0] == PUT else _patch(old[key], inner)
        return new
    if kind == ARRAY:
        items = list(old[: change[1]])
        if len(items) != change[1]:
            raise BadPatch("the array is shorter than the patch expects")
        changed = change[2] if len(change) > 2 else ()
        for at in range(0, len(changed), 2):
            items[changed[at]] = _patch(items[changed[at]], changed[at + 1])
        items.extend(change[3] if len(change) > 3 else ())
        return items
    raise BadPatch(f"unknown kind of patch {kind!r}")
