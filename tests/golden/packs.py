"""Writes tests/golden/packs.json: values and their MessagePack bytes by msgspec. `python -m tests.golden.packs`

test_packs.py holds the file to msgspec; tests/js/net/msgpack.test.js holds static/js/net/msgpack.js to the file.
Under "read" stand forms that the reader must know although the JavaScript writer uses another.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

FILE = Path(__file__).with_name("packs.json")

VALUES: list[Any] = [
    None, True, False,
    0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**53 - 1,
    -1, -32, -(2**31) - 1, -(2**53) + 1,
    0.5, -0.25, 1e300, -0.0, 1732276800123.25,
    "", "a", "x" * 31, "x" * 32, "x" * 255, "x" * 256, "é日🦜",
    [], [1, [2, [3]]], list(range(15)), list(range(16)), [None] * 300,
    {}, {"a": 1, "b": {"c": [True, None]}}, {f"k{i}": i for i in range(16)}, {"__proto__": 1, "é": 2},
    {"t": "frame", "tick": 4811, "ms": 240_550, "acks": [17, 0], "whole": {"room": {}, "game": None}},
]  # fmt: skip
"""Values that JSON can hold too, so that both languages read them from the file."""
READ_ONLY: list[tuple[Any, str]] = [
    (1.5, "ca3fc00000"), (1.0, "cb3ff0000000000000"),
    (-33, "d0df"), (-128, "d080"), (-129, "d1ff7f"), (-32_768, "d18000"), (-32_769, "d2ffff7fff"),
    (-(2**31), "d280000000"), (-33, "d3ffffffffffffffdf"), (-1, "d0ff"), (-2, "d1fffe"),
    (5, "cc05"), (5, "cf0000000000000005"),
    ([1], "dd0000000101"), ({"a": 1}, "df00000001a16101"), ("a", "db0000000161"),
]  # fmt: skip
BROKEN: list[tuple[str, str]] = [
    ("nothing at all", ""),
    ("a string cut short", "a5616263"),
    ("an array cut short", "9301"),
    ("a map cut short", "81a161"),
    ("a long string cut short", "dbffffffff61"),
    ("bytes after the end", "0101"),
    ("the byte that is never used", "c1"),
    ("an extension type", "d4010a"),
    ("an integer beyond 53 bits", "cf0020000000000000"),
    ("a negative integer beyond 53 bits", "d3ffdfffffffffffff"),
    ("text that is not UTF-8", "a2c328"),
]


def cases() -> dict[str, list[dict[str, Any]]]:
    """Everything that stands in the file; bytes as hexadecimal digits."""
    both = [{"value": value, "hex": msgspec.msgpack.encode(value).hex()} for value in VALUES]
    read = [{"value": value, "hex": digits} for value, digits in READ_ONLY]
    return {"both": both, "read": read, "broken": [{"name": name, "hex": digits} for name, digits in BROKEN]}


def text() -> str:
    """The file's text: one case a line."""
    parts = [
        f' "{part}": [\n' + ",\n".join(f"  {json.dumps(case, ensure_ascii=True)}" for case in listed) + "\n ]"
        for part, listed in cases().items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text())
