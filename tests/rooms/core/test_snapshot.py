"""From one snapshot to a later one. tests/golden/test_deltas.py has the many cases."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.core.delta import BadPatch
from rooms.core.snapshot import Reading, Snapshot, later, more_acks

BASE = Snapshot(10, 500, (3, 0), {"phase": "playing"}, {"turn": 0, "cells": [[1, 2], [3, 4]]})
READING = Reading(("turn", "cells"), 20)


def test_without_changes_it_is_the_base_some_ticks_later() -> None:
    assert later(BASE, 4, [], READING) == Snapshot(14, 700, BASE.acks, BASE.room, BASE.game)
    assert later(BASE, 4, [], Reading()).ms == 500, "where nothing ticks, time is told"


def test_what_has_not_changed_is_shared() -> None:
    seen = later(BASE, 1, [8, 1], READING)
    assert seen.game == {"turn": 1, "cells": [[1, 2], [3, 4]]}
    assert seen.game["cells"] is BASE.game["cells"]
    assert seen.room is BASE.room
    assert BASE.game["turn"] == 0


def test_rows_that_did_not_change_are_shared() -> None:
    seen = later(BASE, 1, [8 + 4 + 2, [1 << 2 | 0b10, 5]], READING)
    assert seen.game["cells"] == [[1, 2], [3, 9]]
    assert seen.game["cells"][0] is BASE.game["cells"][0]


@given(st.lists(st.integers(0, 2**53), max_size=5), st.lists(st.integers(0, 2**53), max_size=5))
def test_acks_are_told_by_how_much_more_has_counted(before: list[int], now: list[int]) -> None:
    more = more_acks(before, now)
    base = Snapshot(0, 0, tuple(before), None, None)
    wide = max(len(before), len(now))
    told = later(base, 0, [0, more], READING).acks
    assert [*told, *[0] * (wide - len(told))] == [*now, *[0] * (wide - len(now))]
    assert not more or more[-1], "zeros at the end are left out"


@pytest.mark.parametrize("changes", [[8], [40, 1], [2, [7]], [3, [1, {"no": [1, {}]}]], [0, 1], [1, None], [None, 1]])
def test_what_does_not_fit_is_refused(changes: list[Any]) -> None:
    with pytest.raises(BadPatch):
        later(BASE, 1, changes, READING)


def test_a_field_of_a_game_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadPatch):
        later(Snapshot(1, 0, (), {}, None), 1, [8, 1], READING)
