"""Writes tests/golden/patches.json: trees, their patches, and patches that do not fit. `python -m tests.golden.patches`

test_patches.py holds the file to rooms.core.delta; tests/js/net/patch.test.js holds static/js/net/patch.js to the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from rooms.core.delta import diff

FILE = Path(__file__).with_name("patches.json")
RANDOM_CASES = 120

BY_HAND: list[tuple[str, Any, Any]] = [
    ("nothing changes", {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
    ("a value", 1, 2),
    ("a value becomes null", {"a": 1}, {"a": None}),
    ("null becomes an object", None, {"a": 1}),
    ("false is not 0", [False, 0], [0, False]),
    ("true is not 1", {"ready": 1}, {"ready": True}),
    ("a key comes", {"a": 1}, {"a": 1, "b": [2]}),
    ("a key goes", {"a": 1, "b": 2}, {"b": 2}),
    ("a key goes, one comes, one changes", {"a": 1, "b": 2}, {"b": 3, "c": 4}),
    ("all keys go", {"a": 1}, {}),
    ("keys that objects have of their own", {"a": 1}, {"__proto__": 1, "constructor": 2, "toString": None}),
    ("a patch inside such a key", {"__proto__": {"x": 1}}, {"__proto__": {"x": 2}}),
    ("letters beyond ASCII", {"é": "naïve"}, {"é": "🦜", "日本": "ж"}),
    ("an array grows", [1, 2], [1, 2, 3, 4]),
    ("an array grows and changes", [1, 2], [1, 5, 3]),
    ("an array shrinks", [1, 2, 3], [1]),
    ("an array shrinks and changes", [1, 2, 3], [4, 2]),
    ("an array is emptied", [1, 2], []),
    ("an empty array fills", [], [[], {}]),
    ("objects in arrays", [{"x": 1, "y": 2}, {"x": 3}], [{"x": 1, "y": 9}, {"x": 3}]),
    ("an array becomes an object", {"a": [1]}, {"a": {"0": 1}}),
    ("numbers at the edge", [2**53 - 1, -(2**53) + 1, 0.1], [-(2**53) + 1, 2**53 - 1, 1e-7]),
    ("arrays of arrays", [[0, 10, 20], [1, 30, 40]], [[0, 11, 20], [1, 30, 41]]),
]

MISFITS: list[tuple[str, Any, Any]] = [
    ("a kind that does not exist", {}, [7, 1]),
    ("an object's patch on a value", 5, [1, {"a": [0, 1]}]),
    ("an object's patch on an array", [1], [1, {"0": [2, 1]}]),
    ("an object's patch on null", None, [1, {"a": [0, 1]}]),
    ("a patch inside a key that is not there", {}, [1, {"a": [1, {"b": [0, 1]}]}]),
    ("dropping a key that is not there", {"a": 1}, [1, {}, ["b"]]),
    ("an array's patch on an object", {"a": 1}, [2, 0, [], [1]]),
    ("an array that is shorter than expected", [1], [2, 3]),
    ("an item beyond the end", [1, 2], [2, 2, [2, [0, 9]]]),
    ("an item beyond what is left", [1, 2, 3], [2, 1, [1, [0, 9]]]),
]


def cases() -> dict[str, list[dict[str, Any]]]:
    """Everything that stands in the file."""
    fit = [{"name": name, "old": old, "patch": diff(old, new), "new": new} for name, old, new in BY_HAND]
    for number in range(RANDOM_CASES):
        dice = Random(number)
        old = _tree(dice, 4)
        new = _changed(dice, old)
        fit.append({"name": f"random {number}", "old": old, "patch": diff(old, new), "new": new})
    misfit = [{"name": name, "old": old, "patch": patch} for name, old, patch in MISFITS]
    return {"fit": fit, "misfit": misfit}


def _tree(dice: Random, depth: int) -> Any:
    """A random plain tree."""
    kind = dice.randrange(7 if depth else 5)
    if kind == 5:
        return [_tree(dice, depth - 1) for _ in range(dice.randrange(5))]
    if kind == 6:
        return {dice.choice("abcdefgh"): _tree(dice, depth - 1) for _ in range(dice.randrange(5))}
    return (None, dice.random() < 0.5, dice.randrange(-1000, 1000), dice.choice(["", "x", "ö"]), 0.25)[kind]


def _changed(dice: Random, tree: Any) -> Any:
    """`tree`, with some of it otherwise."""
    if dice.random() < 0.15:
        return _tree(dice, 3)
    if isinstance(tree, list):
        items = [_changed(dice, item) for item in tree if dice.random() < 0.9]
        return items + [_tree(dice, 1) for _ in range(dice.randrange(2))]
    if isinstance(tree, dict):
        kept = {key: _changed(dice, value) for key, value in tree.items() if dice.random() < 0.9}
        return {**kept, **({"new": _tree(dice, 1)} if dice.random() < 0.3 else {})}
    return tree


def text() -> str:
    """The file's text: one case a line, so that a change shows where it is."""
    parts = [
        f' "{part}": [\n' + ",\n".join(f"  {json.dumps(case, ensure_ascii=True)}" for case in listed) + "\n ]"
        for part, listed in cases().items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text())
