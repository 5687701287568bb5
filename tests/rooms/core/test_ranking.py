"""Places from merits: the greater first, equal ones share a rank."""

from __future__ import annotations

from rooms.core.game import Place
from rooms.core.ranking import rank


def test_equal_merits_share_a_rank_and_use_up_the_next() -> None:
    merits = {0: (3,), 1: (7,), 2: (3,), 3: (1,)}
    places = rank(merits, {seat: merit[0] for seat, merit in merits.items()})
    assert places == (Place(1, 1, 7), Place(0, 2, 3), Place(2, 2, 3), Place(3, 4, 1))


def test_the_second_item_decides_where_the_first_is_equal() -> None:
    places = rank({0: (1, -4), 1: (1, -2)}, {0: 10, 1: 10})
    assert [(place.seat, place.rank) for place in places] == [(1, 1), (0, 2)]


def test_nobody_has_no_place() -> None:
    assert rank({}, {}) == ()
