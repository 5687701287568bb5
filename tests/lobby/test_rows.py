from __future__ import annotations

import pytest

from lobby.rows import row_of
from tests.lobby.world import card


def test_a_row_says_what_a_room_is() -> None:
    shown = card(game="tictactoe", size=2, spectators=3)
    row = row_of(shown)
    assert row["url"] == f"/rooms/{shown.room}/"
    assert (row["title"], row["host"], row["state"], row["mood"]) == ("Noughts and crosses", "Ann", "Waiting", "good")
    assert (row["players"], row["size"], row["spectators"], row["action"]) == (1, 2, 3, "Join")


@pytest.mark.parametrize(
    ("changes", "state", "action"),
    [
        ({"phase": "playing", "joinable": False}, "Playing", "Watch"),
        ({"phase": "playing"}, "Playing", "Join"),
        ({"phase": "rematch"}, "Match over", "Join"),
        ({"phase": "playing", "paused": True, "joinable": False}, "Paused", "Watch"),
    ],
)
def test_states_and_what_one_can_do(changes: dict[str, object], state: str, action: str) -> None:
    row = row_of(card(**changes))
    assert (row["state"], row["action"]) == (state, action)


def test_pips_show_people_bots_and_free_seats_where_they_can_be_counted() -> None:
    assert row_of(card(size=4, players=3, bots=1))["pips"] == ["person", "person", "bot", "free"]
    assert row_of(card(size=16, players=3))["pips"] == []
