"""A room and its bytes."""

from __future__ import annotations

import msgspec
import pytest

from rooms.core import inputs
from rooms.core.room import (
    dump_live,
    dump_pace,
    free_seat,
    keep_state,
    load_room,
    read_state,
    seat_of,
    seats_by,
    taken,
)
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB, CAT, Driver


def test_a_room_survives_its_bytes() -> None:
    game = Driver()
    game.play()
    before = dump_live(game.live)
    game.kill()
    assert dump_live(game.live) == before


def test_a_room_without_a_match_has_no_state() -> None:
    game = Driver()
    _, state = load_room(dump_live(game.live))
    assert state == b"\xc0"
    game.kill()
    assert game.live.state is None


def test_the_sound_state_can_be_had_back() -> None:
    game = Driver()
    game.play()
    keep_state(game.live)
    sound = game.live.state
    game.live.state = None
    assert read_state(game.live) == sound
    assert read_state(game.live) is not sound


def test_seats() -> None:
    game = Driver()
    game.attach(ANN)
    assert (taken(game.room), free_seat(game.room), free_seat(game.room, 0)) == ([0], 1, None)
    assert free_seat(game.room, 7) is None
    game.attach(BOB)
    assert free_seat(game.room) is None
    assert (seat_of(game.room, BOB.id), seat_of(game.room, CAT.id)) == (1, None)


def test_kept_events_are_bounded() -> None:
    game = Driver()
    game.kill()
    for n in range(300):
        game.now += 10_000
        game.attach(ANN) if n % 2 else game.detach(ANN)
    assert len(game.live.events) <= game.live.bounds.events


def test_a_room_and_a_later_pace_are_the_room_at_that_pace() -> None:
    game = Driver(get_rules("arena"))
    game.play()
    whole = dump_live(game.live)
    game.move(ANN, {"turn": 1})
    whole, earlier = dump_live(game.live), dump_pace(game.live)
    assert load_room(whole, earlier) == load_room(whole), "of one tick: the same"
    for _ in range(5):
        assert game.move(ANN, {"turn": 1}).plain
    now = dump_live(game.live)
    assert load_room(whole, dump_pace(game.live)) == load_room(now)
    assert load_room(now, earlier) == load_room(now), "an earlier pace says nothing"
    game.move(CAT, {})
    game.attach(CAT, "watch")
    game.do(CAT, inputs.ChatBody("hello"))
    with pytest.raises(msgspec.DecodeError, match="another room"):
        load_room(whole, dump_pace(game.live))


def test_a_seat_is_found_by_its_player_also_after_a_change() -> None:
    game = Driver()
    game.attach(ANN)
    assert (seats_by(game.live).get(ANN.id), seats_by(game.live).get(BOB.id)) == (0, None)
    game.attach(BOB)
    assert seats_by(game.live).get(BOB.id) == 1
    game.do(ANN, inputs.LeaveBody())
    assert (seats_by(game.live).get(ANN.id), seats_by(game.live).get(BOB.id)) == (None, 1)
