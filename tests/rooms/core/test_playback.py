"""Watching a replay: chunks of patches that lead to what each viewer saw, and to nothing that they may not see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from rooms.core import playback
from rooms.core.delta import patch
from rooms.core.ids import Seat
from rooms.core.playback import Chunk, chunk_of, next_checkpoint, tree_of, viewers
from rooms.core.replay import Checkpoint, Rerun
from rooms.core.tape import read_tape
from rooms.core.view import room_tree
from tests.rooms.core.recording import GAMES, recorded


def chunks(game: str, seat: Seat | None) -> list[Chunk]:
    """All chunks of a match, each made from the checkpoint before it."""
    driver, raw = recorded(game)
    tape = read_tape(raw)
    stops: list[Checkpoint] = []
    while stop := next_checkpoint(Rerun(tape, driver.rules, stops[-1] if stops else None)):
        stops.append(stop)
    found: list[Chunk] = []
    start: int | None = 0
    while start is not None:
        before = [stop for stop in stops if stop.tick < start]
        chunk = chunk_of(Rerun(tape, driver.rules, before[-1] if before else None), start, seat)
        assert chunk is not None
        found.append(chunk)
        start = chunk.next
    return found


def trees(chunk: Chunk) -> list[Any]:
    """What the viewer sees at each tick, as the browser works it out from what is sent."""
    sent = msgspec.json.decode(msgspec.json.encode(chunk))
    tree, seen = sent["whole"], []
    for frame in sent["frames"]:
        tree = patch(tree, frame[2])
        seen.append(tree)
    return seen


@pytest.mark.parametrize("seat", [None, 1])
@pytest.mark.parametrize("game", GAMES)
def test_chunks_lead_through_every_tick_as_it_was_seen(game: str, seat: Seat | None) -> None:
    driver, raw = recorded(game)
    tape = read_tape(raw)
    true = [
        msgspec.json.decode(msgspec.json.encode(tree_of(tape, driver.rules, moment, seat)))
        for moment in Rerun(tape, driver.rules).moments()
    ]
    found = chunks(game, seat)
    assert [tree for chunk in found for tree in trees(chunk)] == true
    assert [frame.tick for chunk in found for frame in chunk.frames] == list(range(len(true)))
    assert len(found) == -(-len(true) // playback.CHUNK_TICKS)


def test_nobody_sees_more_than_in_the_match() -> None:
    """Until the last tick, only one's own fleet; at the end all, as the rules of the game show it then."""
    for seat, own in ((None, [False, False]), (0, [True, False]), (1, [False, True])):
        *during, end = [tree["game"] for chunk in chunks("battleship", seat) for tree in trees(chunk)]
        known = [[board["fleet"] is not None for board in game["boards"]] for game in during]
        assert all(fleets == own for fleets in known)
        assert end["stage"] == "over"


def test_an_event_for_some_is_told_to_them_alone() -> None:
    from rooms.core.game import Event, Step

    driver, raw = recorded("tictactoe")

    def step(*given: Any) -> Step[Any]:
        done = driver.rules.step(*given)
        return Step(done.state, (Event("all", {}), Event("one", {}, (1,))), done.rejections)

    rules, tape = replace(driver.rules, step=step), read_tape(raw)
    told = {}
    for seat in (None, 0, 1):
        chunk = chunk_of(Rerun(tape, rules), 0, seat)
        assert chunk is not None
        told[seat] = {kind for frame in chunk.frames for kind, _ in frame.events}
    assert told == {None: {"all"}, 0: {"all"}, 1: {"all", "one"}}


def test_the_room_has_the_shape_that_drawings_know() -> None:
    driver, _raw = recorded("tictactoe")
    (chunk,) = chunks("tictactoe", None)
    live, seen = room_tree(driver.live), trees(chunk)
    assert set(seen[0]["room"]) == set(live)
    assert set(seen[0]["room"]["seats"][0]) == set(live["seats"][0])
    assert [tree["room"]["phase"] for tree in seen[-2:]] == ["playing", "finished"]
    assert seen[-1]["room"]["outcome"] == msgspec.json.decode(msgspec.json.encode(live["outcome"]))
    assert [seat["name"] for seat in seen[0]["room"]["seats"]] == ["Ann", "Bob"]
    assert driver.room.id.encode() not in msgspec.json.encode(chunk)
    assert b'"ann"' not in msgspec.json.encode(chunk)


def test_who_moved_is_told() -> None:
    (chunk,) = chunks("tictactoe", None)
    counted = [frame.moved for frame in chunk.frames]
    assert counted[0] == []
    assert {0, 1} == {seat for moved in counted for seat in moved}


def test_a_chunk_of_large_frames_ends_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playback, "CHUNK_BYTES", 300)
    driver, _raw = recorded("battleship")
    found = chunks("battleship", 0)
    assert len(found) > 3
    assert [frame.tick for chunk in found for frame in chunk.frames] == list(range(driver.room.match_tick + 1))


def test_there_is_nothing_after_the_end() -> None:
    driver, raw = recorded("tictactoe")
    assert chunk_of(Rerun(read_tape(raw), driver.rules), driver.room.match_tick + 1, None) is None


def test_a_game_may_keep_the_views_of_seats_to_itself() -> None:
    driver, raw = recorded("battleship")
    tape = read_tape(raw)
    assert viewers(tape, driver.rules) == [None, 0, 1]
    assert viewers(tape, replace(driver.rules, replay="spectator")) == [None]
