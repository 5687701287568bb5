"""rooms/bots/track.py: skipped frames, lost bases, and events over reconnects."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.bots.track import Track, find_seat
from rooms.core.delta import BadPatch
from rooms.protocol.server import Delta, Event, Frame
from tests.rooms.bots.script import ME, chair, delta, event, frame, welcome, whole


def test_a_welcome_is_the_whole() -> None:
    track = Track()
    track.welcome(welcome(tick=7, ms=350, whole=whole({"n": 1})))

    view = track.view
    assert view is not None
    assert (view.tick, view.ms, view.game, view.seat, view.phase) == (7, 350, {"n": 1}, 0, "playing")
    assert view.chair == chair()


def test_the_seat_is_where_the_room_says_one_sits() -> None:
    track = Track()
    track.welcome(welcome(whole=whole(seats=[None, chair()])))
    assert track.view is not None
    assert track.view.seat == 1

    stood = track.frame(frame(2, whole=whole(seats=[chair("other"), None])))
    assert stood is not None
    assert (stood.seat, stood.chair) == (None, None)


def test_find_seat_knows_strangers() -> None:
    assert find_seat(whole(seats=[None, chair("other")])["room"], ME) is None


def test_a_delta_builds_on_the_newest_whole_that_came() -> None:
    track = Track()
    track.welcome(welcome(tick=5))
    track.frame(frame(6))

    patched = track.frame(delta(2, {"n": 6}, {"n": 8}))

    assert patched is not None
    assert (patched.tick, patched.game) == (8, {"n": 8})


def test_a_delta_without_changes_is_the_keyframe_itself() -> None:
    track = Track()
    track.welcome(welcome(tick=5))

    view = track.frame(delta(4))

    assert view is not None
    assert (view.tick, view.game) == (9, {"n": 0})


def test_an_older_whole_is_a_base_all_the_same() -> None:
    track = Track()
    track.welcome(welcome(tick=5))

    assert track.frame(frame(3)) is None
    view = track.frame(delta(3, {"n": 3}, {"n": 6}))

    assert view is not None
    assert (view.tick, view.game) == (6, {"n": 6})


def test_before_the_first_whole_a_delta_says_nothing() -> None:
    with pytest.raises(BadPatch):
        Track().frame(delta(1))


def test_a_delta_that_does_not_fit_asks_for_the_whole() -> None:
    track = Track()
    track.welcome(welcome(tick=5))

    for changes in ([8, 1], [3, [1, {"x": [1, {}]}]], [3], [0, 5]):
        with pytest.raises(BadPatch):
            track.frame(Delta(1, changes))


def test_what_is_no_room_is_refused() -> None:
    track = Track()
    track.welcome(welcome(tick=5))

    with pytest.raises(BadPatch):
        track.frame(Frame(6, 0, whole={"game": None}))


def test_the_view_never_goes_back() -> None:
    track = Track()
    track.welcome(welcome(tick=5))

    assert track.frame(frame(4)) is None
    assert track.view is not None
    assert track.view.tick == 5


def test_another_incarnation_begins_its_events_anew() -> None:
    track = Track()
    track.welcome(welcome(offset=50))
    again = welcome(incarnation="second", offset=2, events=(event(1), event(2)))

    assert not track.is_same_room(again)
    assert [told.offset for told in track.welcome(again)] == [1, 2]
    assert track.incarnation == "second"


@given(
    st.lists(st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(0, 3), max_size=4)), min_size=1),
    st.data(),
)
def test_whatever_is_skipped_the_view_is_the_servers(games: list[dict[str, Any]], data: Any) -> None:
    """The server sends keyframes now and then and deltas against the last; any delta may be left out."""
    track = Track()
    track.welcome(welcome(tick=0, whole=whole({})))
    key_tick, key = 0, dict[str, Any]()
    for tick, game in enumerate(games, start=1):
        if data.draw(st.booleans(), label="keyframe"):
            key_tick, key = tick, game
            view = track.frame(frame(tick, whole=whole(game)))
        elif data.draw(st.booleans(), label="skipped"):
            continue
        else:
            view = track.frame(delta(tick - key_tick, key, game))
        assert view is not None
        assert (view.tick, view.game) == (tick, game)


@given(st.lists(st.integers(0, 4), max_size=20))
def test_every_event_is_told_once_and_in_order(bursts: list[int]) -> None:
    """Each burst: the room tells so many events, of which the last is lost with its connection."""
    track, told, kept = Track(), list[int](), list[Event]()

    def come_back() -> None:
        missed = tuple(one for one in kept if one.offset > track.offset)
        fresh = track.welcome(welcome(recovered=True, offset=len(kept), events=missed))
        told.extend(one.offset for one in fresh)

    come_back()
    for burst in bursts:
        for _ in range(burst):
            kept.append(event(len(kept) + 1))
        for one in kept[-burst:-1] if burst else []:
            if track.event(one):
                told.append(one.offset)
        come_back()
        for one in kept[-3:]:
            assert not track.event(one)

    assert told == [one.offset for one in kept]
