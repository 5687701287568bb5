from __future__ import annotations

from typing import get_args

import pytest

from lobby.filters import LISTED, Filter, Order, key_for, read_cursor, tidy_text, words_of, write_cursor
from tests.lobby.world import card

WORDS = words_of(card(), "Snake")


@pytest.mark.parametrize(
    ("wanted", "changes", "taken"),
    [
        (LISTED, {}, True),
        (LISTED, {"private": True}, False),
        (LISTED, {"phase": "closed"}, False),
        (Filter(game="snake"), {}, True),
        (Filter(game="arena"), {}, False),
        (Filter(seats=True), {"joinable": False}, False),
        (Filter(quick=True), {}, True),
        (Filter(quick=True), {"quick": False}, False),
        (Filter(quick=True), {"paused": True}, False),
        (Filter(text="ann"), {}, True),
        (Filter(text="snak"), {}, True),
        (Filter(text="bob"), {}, False),
    ],
)
def test_what_a_filter_takes(wanted: Filter, changes: dict[str, object], taken: bool) -> None:
    assert wanted.takes(card(**changes), WORDS) is taken


def test_a_search_goes_by_what_people_see_whatever_its_case() -> None:
    assert tidy_text("  Noughts   AND ") == "noughts and"
    assert len(tidy_text("x" * 1000)) == 40
    words = words_of(card(host="Ann", names=("Ann", "ÉMILE"), game="tictactoe"), "Noughts and crosses")
    assert words.split("\n") == ["ann", "émile", "noughts and crosses", "tictactoe"]


@pytest.mark.parametrize("order", get_args(Order))
def test_a_cursor_leads_back_to_its_place(order: Order) -> None:
    key = key_for(order)(card(players=3))
    assert read_cursor(order, write_cursor(key)) == key


@pytest.mark.parametrize("cursor", ["?", "AAAA", "é", write_cursor((1, 2, 3)), "x" * 300])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        read_cursor("open", cursor)
