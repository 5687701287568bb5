"""tests/golden/cells.json is what the engine and the hub say, and viewers read it rightly."""

from __future__ import annotations

import json
from typing import Any

from rooms.bots.track import Track
from rooms.core.inputs import JSON, MSGPACK, Wire
from rooms.protocol.codec import parse_server
from rooms.protocol.server import Delta, Frame, Welcome
from tests.golden import cells

KEPT: dict[str, list[dict[str, Any]]] = json.loads(cells.FILE.read_text())


def test_the_file_is_what_the_writer_writes() -> None:
    assert cells.FILE.read_text() == cells.text(), "run: python -m tests.golden.cells"


def test_viewers_see_what_they_should_after_each_message() -> None:
    wires: dict[str, Wire] = {"json": JSON, "msgpack": MSGPACK}
    for name, wire in wires.items():
        track = Track()
        for one in KEPT[name]:
            raw = one["said"].encode() if wire == JSON else bytes.fromhex(one["said"])
            message = parse_server(raw, wire)
            if isinstance(message, Welcome):
                track.welcome(message)
            elif isinstance(message, Frame | Delta):
                track.frame(message)
            assert track.view is not None
            assert (track.view.tick, track.view.game) == (one["tick"], one["game"])


def test_cells_come_change_and_go() -> None:
    deltas = [said for one in KEPT["json"] if isinstance(said := json.loads(one["said"]), list)]
    assert {4, 5, 6, 7} <= {what for delta in deltas for what in delta[1::2]}
