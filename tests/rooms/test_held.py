"""What is kept for a slow socket, and what is not."""

from __future__ import annotations

from rooms.held import HELD_BYTES, HELD_EVENTS, Held


def test_only_the_newest_state_is_kept_and_it_follows_the_events() -> None:
    held = Held(0.0, 0)
    held.whole(b"k1")
    held.patch(b"d2")
    held.event(b"e")
    held.whole(b"k3")
    held.patch(b"d4")
    held.patch(b"d5")
    assert list(held.messages()) == [b"e", b"k3", b"d5"]
    assert held.size == len(b"ek3d5")


def test_a_keyframe_makes_the_delta_before_it_worthless() -> None:
    held = Held(0.0, 0)
    held.patch(b"d1")
    held.whole(b"k2")
    assert list(held.messages()) == [b"k2"]


def test_events_are_bounded() -> None:
    held = Held(0.0, 0)
    seen = []
    for _ in range(HELD_EVENTS + 2):
        held.event(b"e")
        seen.append(held.overflown)
    assert seen == [False] * HELD_EVENTS + [True, True]
    assert held.events == []


def test_events_are_bounded_by_bytes_as_well_and_not_kept_in_vain() -> None:
    held = Held(0.0, 3)
    for _ in range(4):
        held.event(b"x" * (HELD_BYTES // 4))
    assert (len(held.events), held.overflown) == (4, False)
    held.event(b"x")
    assert (held.events, held.overflown) == ([], True)
    held.event(b"x")
    assert (held.events, held.overflown) == ([], True)
