"""States of Colyseus, read off bytes that a Colyseus 0.18 sent (recorded from peers/colyseus.mjs)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.games import drift
from tests.bench.load.schema import SHAPES, Mirror, Unreadable
from tests.bench.peers.colyseus import SOURCE

TEXT = "abcdefghijklmnopqrstuvwxyz" * 8
WHOLE = (
    b"\x0e\x80\x06\x00\x00\x00\x81\xf4\x01\x82\xf4\x01\x83\x01\xff\x01\x80\x00\xa90IYCpmLTc\x02\xff\x02\x80\x94\x00"
    b"\x81\xf4\x01\x82\x00\x83\x00\x00\x84\x00\x00\x00\x00"
)
JOINED = (
    b"\x0f\xff\x01\x80\x01\xa9AO6yWOIZu\x03\xff\x03\x80\xce\x00\x81\xfa\x01\x82\x08\x83\x00\x00\x84\x00\x00\x00\x00"
    b"\xff\x00\x80\x07\x00\x00\x00\xff\x02\x80\x9c\x00"
)
MOVED = b"\x0f\x80\x08\x00\x00\x00\xff\x02\x80\xa4\x00\xff\x03\x80\xd4\x00\x81\x00\x02"


def test_a_text_and_a_number() -> None:
    mirror = Mirror("board")
    mirror.apply(b"\x0e\x80\x00\x00\x00\x00\x81\xa0", 1)
    assert mirror.root == {"n": 0, "text": ""}
    mirror.apply(b"\x0f\x80\x01\x00\x00\x00\x81\xd9\x80" + TEXT[1:129].encode(), 1)
    assert mirror.root == {"n": 1, "text": TEXT[1:129]}
    assert mirror.summary() == (1, None)


def test_a_player_who_joins_and_moves() -> None:
    mirror = Mirror("drift")
    mirror.apply(WHOLE, 1)
    assert mirror.summary() == (6, [0])
    assert mirror.place_of("AO6yWOIZu") is None
    mirror.apply(JOINED, 1)
    mirror.apply(MOVED, 1)
    assert mirror.summary() == (8, [0, 0])
    assert (mirror.place_of("0IYCpmLTc"), mirror.place_of("AO6yWOIZu")) == (0, 1)
    ships = mirror.root["ships"].values
    assert ships["0IYCpmLTc"].values == {"x": 0xA4, "y": 500, "heading": 0, "score": 0, "mark": 0}
    assert ships["AO6yWOIZu"].values == {"x": 0xD4, "y": 0x200, "heading": 8, "score": 0, "mark": 0}


def test_marks_are_those_of_the_players() -> None:
    mirror = Mirror("marks")
    whole = b"\x0e\x80\x00\x00\x00\x00\x81\x01\xff\x01\x80\x00\xa9kUfsqUS30\x02\x80\x01\xa9GkR23f7k5\x03"
    mirror.apply(whole + b"\xff\x02\x80\x00\x00\x00\x00\x81\x00\x00\x82\x00", 1)
    mirror.apply(b"\x0f\xff\x03\x80\x05\x00\x00\x00\x81\xe8\x03\x82\x03\xff\x00\x80\x02\x00\x00\x00", 1)
    assert mirror.summary() == (2, [0, 5])
    assert mirror.root["players"].values["GkR23f7k5"].values == {"mark": 5, "aim": 1000, "keys": 3}


@pytest.mark.parametrize("junk", [b"\x0f\xff\x09\x80", b"\x0f\x80\x01", b"\x0f\xff\xd7", b"\x0f\x85\x01"])
def test_what_is_cut_off_or_unknown_is_refused(junk: bytes) -> None:
    mirror = Mirror("drift")
    mirror.apply(WHOLE, 1)
    with pytest.raises(Unreadable):
        mirror.apply(junk, 1)


def test_both_sides_play_by_the_same_numbers() -> None:
    said = re.findall(r"^const (?:TICK|DX|DY).*;$", SOURCE.read_text(), re.MULTILINE)
    assert len(said) == 3
    program = "\n".join([*said, "console.log(JSON.stringify([TICK, SIDE, NEAR, DX, DY]))"])
    node = Path(sys.executable).with_name("node")
    told = subprocess.run([str(node), "-e", program], capture_output=True, text=True, check=True).stdout
    assert told.strip() == str([1000 // drift.TICK_HZ, drift.SIDE, drift.NEAR, drift.DX, drift.DY]).replace(" ", "")


def test_shapes_have_the_fields_of_our_states() -> None:
    for game, fields in SHAPES.items():
        module = __import__(f"tests.bench.games.{game}", fromlist=["State"])
        assert [name for name, _ in fields] == list(module.State.__struct_fields__)
    assert [name for name, _ in dict(SHAPES["drift"])["ships"][1]] == list(drift.Ship.__struct_fields__)
