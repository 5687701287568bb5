"""A room and its bytes."""

from __future__ import annotations

from rooms.core.room import dump_live, free_seat, keep_state, load_room, read_state, seat_of, taken
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
