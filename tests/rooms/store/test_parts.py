"""A commit as the script takes it: only the parts that it has, in the order in which they must be done."""

from __future__ import annotations

import pytest

from rooms.core.ids import RoomId
from rooms.store import Commit, Lease
from rooms.store.keys import shard_keys
from rooms.store.parts import feed, section
from tests.rooms.store.making import ROOM, WEB

LEASE = Lease(3, "engine-1", 1000)
KEYS = shard_keys(3)
OTHER = RoomId("other")


def test_an_ordinary_tick_has_three_parts() -> None:
    commit = Commit(
        LEASE, last="5-0", paces={20: {}}, journals={(ROOM, 1): b"lines"}, parcels={WEB: b"parcel"}, trims=False
    )
    keys, args = section(commit, KEYS, 7, told=True)
    assert keys == [KEYS.lease, KEYS.meta, KEYS.paces, KEYS.journal(ROOM, 1), KEYS.out]
    assert args[:7] == [3, "engine-1", 1000, 7, "5-0", 3, 11]
    assert args[7:] == ["paces", 1, 20, b"", "journals", 1, b"lines", "parcels", 1, WEB, b"parcel"]


def test_a_commit_with_nothing_in_it_is_its_fence() -> None:
    assert section(Commit(LEASE), KEYS, None, told=True) == (
        [KEYS.lease, KEYS.meta],
        [3, "engine-1", 1000, "", "", 0, 0],
    )


def test_a_room_that_is_written_and_closed_ends_as_closed() -> None:
    """What deletes comes behind what writes."""
    commit = Commit(
        LEASE,
        rooms={ROOM: b"r"},
        cards={ROOM: b"c"},
        events={ROOM: [b"e", b"f"]},
        journals={(ROOM, 1): b"j"},
        closed=[ROOM],
        whole=[(OTHER, 1)],
        given_up=[(ROOM, 1)],
    )
    keys, args = section(commit, KEYS, 7, told=True)
    names = [word for word in args[7:] if word in ("rooms", "cards", "events", "closed", "journals", "given_up")]
    assert names == ["rooms", "cards", "events", "closed", "journals", "given_up"]
    assert keys[-3:] == [KEYS.journal(ROOM, 1), KEYS.journal(OTHER, 1), KEYS.journal(ROOM, 1)]
    assert args[args.index("events") :][:5] == ["events", 1, 2, b"e", b"f"]


@pytest.mark.parametrize("told", [True, False])
def test_what_is_not_told_yet_is_left_out(told: bool) -> None:
    """And marked; the cards are counted all the same, under the number they are told with later."""
    commit = Commit(LEASE, rooms={ROOM: b"r"}, cards={ROOM: b"c"}, parcels={WEB: b"p"}, replies={"token": b"yes"})
    keys, args = section(commit, KEYS, 7, told=told)
    assert (KEYS.reply("token") in keys, KEYS.out in keys) == (told, told)
    assert ("replies" in args, "parcels" in args, "untold" in args) == (told, told, not told)
    assert args[args.index("fed") + 2] == (feed(commit) if told else b"")


def test_only_what_was_applied_is_trimmed() -> None:
    keys, args = section(Commit(LEASE, last="5-3"), KEYS, 7, told=True)
    assert (keys[2:], args[7:]) == ([KEYS.log], ["trim", 1, "5-4"])
    assert section(Commit(LEASE), KEYS, 7, told=True)[0][2:] == []
