"""tests/golden/packs.json is what msgspec writes and reads."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tests.golden import packs

KEPT: dict[str, list[dict[str, Any]]] = json.loads(packs.FILE.read_text())
UNREADABLE_HERE_TOO = ("string", "array", "map", "nothing", "after", "never", "UTF-8")


def test_the_file_is_what_the_writer_writes() -> None:
    assert packs.FILE.read_text() == packs.text(), "run: python -m tests.golden.packs"


@pytest.mark.parametrize("case", KEPT["both"] + KEPT["read"], ids=lambda case: case["hex"][:24])
def test_the_bytes_are_the_value(case: dict[str, Any]) -> None:
    assert msgspec.msgpack.decode(bytes.fromhex(case["hex"])) == case["value"]


@pytest.mark.parametrize(
    "case", [case for case in KEPT["broken"] if any(word in case["name"] for word in UNREADABLE_HERE_TOO)]
)
def test_broken_bytes_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        msgspec.msgpack.decode(bytes.fromhex(case["hex"]))
