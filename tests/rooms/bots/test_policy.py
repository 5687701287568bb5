"""rooms/bots/policy.py: what a built-in bot gets to see, and when it does what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from rooms.bots.policy import Part, choose, may_move, wants_rematch
from rooms.bots.track import View
from rooms.core.rng import Rng
from rooms.games.registry import get_rules
from tests.rooms.bots import games
from tests.rooms.bots.script import ME, chair, whole


def look(game: Any = None, *, seat: int | None = 0, tick: int = 9, **changes: Any) -> View:
    return View(tick, 0, whole(**changes)["room"], {"n": 3} if game is None else game, seat)


def test_the_bot_gets_its_typed_view_seat_and_strength() -> None:
    got: list[Any] = []

    def bot(view: Any, seat: int, strength: str, rng: Rng) -> dict[str, int]:
        got.extend((view, seat, strength))
        return {"cell": 1}

    assert choose(games.part(bot, "hard"), look()) == {"cell": 1}
    assert got == [games.View(3), 0, "hard"]


def test_its_chance_follows_from_room_seat_and_tick_alone() -> None:
    def bot(view: Any, seat: int, strength: str, rng: Rng) -> list[int]:
        return [rng.below(1000) for _ in range(5)]

    part = games.part(bot)
    assert choose(part, look(tick=9)) == choose(part, look(tick=9))
    assert choose(part, look(tick=9)) != choose(part, look(tick=10))
    assert choose(part, look(seat=0)) != choose(part, look(seat=1))
    expected = Rng(games.ROOM, 0, 9)
    assert choose(part, look(tick=9)) == [expected.below(1000) for _ in range(5)]


def test_before_the_first_match_there_is_nothing_to_do() -> None:
    def bot(*_: Any) -> None:
        raise AssertionError("asked without a view")

    view = View(1, 0, whole(phase="waiting")["room"], None, 0)
    assert choose(games.part(bot), view) is None


def test_a_view_of_another_shape_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError):
        choose(games.part(lambda *_: None), look({"m": 1}))


def test_the_shipped_bot_moves_in_what_came_over_the_wire() -> None:
    part = Part(games.ROOM, get_rules("tictactoe"), "hard")
    move = choose(part, look({"cells": [1, 1, -1, 0, 0, -1, -1, -1, -1], "turn": 0, "line": []}))
    assert move == part.rules.move(cell=5)


def test_it_moves_only_while_a_match_runs() -> None:
    assert may_move(look(phase="playing"))
    assert not may_move(look(phase="finished"))
    assert not may_move(look(seat=None))
    paused = look()
    paused.room["paused"] = {"code": "rules_fault", "message": "..."}
    assert not may_move(paused)


@pytest.mark.parametrize(
    ("phase", "mine", "theirs", "wanted"),
    [
        ("finished", {}, {"rematch": True}, True),
        ("rematch", {}, {"rematch": True}, True),
        ("finished", {}, {}, False),
        ("rematch", {"rematch": True}, {"rematch": True}, False),
        ("rematch", {}, {"rematch": True, "kind": "bot"}, False),
        ("playing", {}, {"rematch": True}, False),
    ],
)
def test_it_agrees_to_a_rematch_and_never_asks(
    phase: str, mine: dict[str, Any], theirs: dict[str, Any], wanted: bool
) -> None:
    seats = [chair(ME, kind="bot", **mine), chair("other", **({"kind": "guest"} | theirs)), None]
    assert wants_rematch(look(phase=phase, seats=seats)) is wanted


def test_a_bot_plays_by_the_rules_of_its_room() -> None:
    older = get_rules("tictactoe")
    newest = replace(older, version=2, older={1: older})
    part = Part(games.ROOM, newest, "hard")
    assert part.at(1).rules is older
    assert part.at(2) == part
