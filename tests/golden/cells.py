"""Writes tests/golden/cells.json: all that two viewers of a large world are sent, and what they see after each message.

`python -m tests.golden.cells`. test_cells.py holds the file to rooms/bots/track.py; tests/js/net/viewed.test.js holds
static/js/net/viewed.js to the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rooms.bots.track import Track
from rooms.core.inputs import JSON, Resync
from rooms.protocol.codec import parse_server
from rooms.protocol.server import Delta, Frame, Welcome
from tests.rooms.test_mosaic import PEOPLE, playing

FILE = Path(__file__).with_name("cells.json")
WALKS = [(5, 5), (6, 5), (15, 5), (35, 35), (35, 34), (5, 25), (15, 25), (15, 26)]


def cases() -> dict[str, list[dict[str, Any]]]:
    """By the viewer's wire: messages, as JSON text or in hex, each with the state that is seen after it."""
    house = playing()
    house.game.live.state.sheep = house.game.live.state.sheep[:16]
    seen: dict[str, list[dict[str, Any]]] = {"json": [], "msgpack": []}
    watched = {"json": house.viewers[PEOPLE[0].id], "msgpack": house.viewers[PEOPLE[2].id]}
    starts = {}
    for name, viewer in watched.items():
        before = len(viewer.ear.raw)
        house.send(house.game.act(Resync(viewer.link.id, None)))
        said = [parse_server(raw, viewer.wire) for raw in viewer.ear.raw[before:]]
        starts[name] = before + [isinstance(one, Welcome) for one in said].index(True)
    for x, y in WALKS:
        house.walk(0, x, y)
        house.walk(1, y, x)
    for name, viewer in watched.items():
        track = Track()
        for raw in viewer.ear.raw[starts[name] :]:
            message = parse_server(raw, viewer.wire)
            if isinstance(message, Welcome):
                track.welcome(message)
            elif isinstance(message, Frame | Delta):
                track.frame(message)
            assert track.view is not None, "the first message is the welcome"
            text_of = raw.decode() if viewer.wire == JSON else raw.hex()
            seen[name].append({"said": text_of, "tick": track.view.tick, "game": track.view.game})
    return seen


def text() -> str:
    """The file's text: one message a line."""
    parts = [
        f' "{part}": [\n' + ",\n".join(f"  {json.dumps(case, ensure_ascii=True)}" for case in listed) + "\n ]"
        for part, listed in cases().items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text())
