"""Journals as JSON: everything in them, by names."""

from __future__ import annotations

import json

from rooms.core.export import plain
from rooms.core.ids import PlayerId
from rooms.core.inputs import Player
from rooms.core.journal import Gone, Sat
from rooms.core.tape import Tape, read_tape
from tests.rooms.core.recording import recorded


def test_all_that_decided_the_match_is_told() -> None:
    driver, raw = recorded("snake")
    told = json.loads(json.dumps(plain(read_tape(raw))))
    assert (told["format"], told["game"], told["seed"], told["hz"]) == (1, "snake", "seed 1", 10)
    assert told["options"] == driver.room.options
    assert told["cast"]["0"] == {"player": "ann", "name": "Ann", "kind": "guest", "strength": ""}
    assert told["ticks"] == driver.room.match_tick
    moves = [given for step in told["steps"] for given in step["inputs"]]
    assert {move["player"] for move in moves} == {"ann", "bob"}
    assert {move["move"]["turn"] for move in moves} <= {"up", "down", "left", "right"}
    assert all(mark["tick"] % 100 == 0 and len(mark["digest"]) == 16 for mark in told["marks"])
    assert told["outcome"]["reason"] == driver.room.outcome.reason
    assert [place["seat"] for place in told["outcome"]["places"]] == [p.seat for p in driver.room.outcome.places]


def test_who_came_and_went_is_told() -> None:
    tape = read_tape(recorded("arena")[1])
    came = Sat(5, 2, Player(PlayerId("bot-1"), "Ada", "bot"), "hard", True)
    told = plain(Tape(tape.begun, (came, Gone(9, 2)), None))
    ada = {"player": "bot-1", "name": "Ada", "kind": "bot", "strength": "hard"}
    assert told["seats"] == [
        {"tick": 5, "seat": 2, "left": False, **ada, "joined": True},
        {"tick": 9, "seat": 2, "left": True},
    ]
    assert told["outcome"] is None
