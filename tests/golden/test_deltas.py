"""tests/golden/deltas.json is what the engine says, and viewers read it rightly, in both encodings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rooms.core.delta import BadPatch
from rooms.core.inputs import JSON, MSGPACK
from rooms.core.snapshot import Reading, Snapshot, later
from rooms.protocol.codec import parse_server
from rooms.protocol.server import Delta
from tests.golden import deltas

KEPT: dict[str, list[dict[str, Any]]] = json.loads(deltas.FILE.read_text())
READING = Reading(tuple(KEPT["reading"][0]["fields"]), KEPT["reading"][0]["tick_hz"])


def snapshot(tree: dict[str, Any]) -> Snapshot:
    return Snapshot(tree["tick"], tree["ms"], tuple(tree["acks"]), tree["whole"]["room"], tree["whole"]["game"])


BASE = snapshot(KEPT["base"][0])


def test_the_file_is_what_the_writer_writes() -> None:
    assert deltas.FILE.read_text() == deltas.text(), "run: python -m tests.golden.deltas"


@pytest.mark.parametrize("case", KEPT["fit"], ids=lambda case: case["name"])
def test_a_delta_leads_from_the_base_to_what_comes_after(case: dict[str, Any]) -> None:
    for said in (
        parse_server(json.dumps(case["delta"]), JSON),
        parse_server(bytes.fromhex(case["hex"]), MSGPACK),
    ):
        assert isinstance(said, Delta)
        assert later(BASE, said.age, said.changes, READING) == snapshot(case["after"])
    assert snapshot(KEPT["base"][0]) == BASE, "the base was changed"


@pytest.mark.parametrize("case", KEPT["misfit"], ids=lambda case: case["name"])
def test_a_delta_that_does_not_fit_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(BadPatch):
        later(BASE, case["delta"][0], case["delta"][1:], READING)


def test_every_way_of_telling_a_change_occurs() -> None:
    told = {what for case in KEPT["fit"] for what in case["delta"][1::2]}
    ships, shots, board = 8 + 4 * 1, 8 + 4 * 2, 8 + 4 * 3
    assert told >= {0, 1, 2, 8, ships, ships + 2, ships + 3, shots, shots + 2, board, board + 1}
