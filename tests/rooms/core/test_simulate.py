"""The keys of chance and the formula of time, which live matches and stored journals both depend on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rooms.core import simulate
from rooms.core.game import Now, Step
from rooms.core.rng import Rng
from rooms.games import get_rules

RULES = get_rules("tictactoe")
CHANCE = ("seed", 3)


def draws(rng: Rng) -> list[int]:
    return [rng.below(10**9) for _ in range(3)]


def test_chance_follows_from_seed_match_and_tick_alone() -> None:
    """The very keys: with others, every journal in every database would replay to another match."""
    seen: dict[str, list[int]] = {}

    def keep(name: str) -> Any:
        def rule(*given: Any) -> Any:
            seen[name] = draws(given[-1])
            return Step(None) if name == "step" else None

        return rule

    rules = replace(RULES, **{name: keep(name) for name in ("setup", "step", "join", "leave")})
    simulate.first_state(rules, {}, [0, 1], *CHANCE)
    simulate.step_state(rules, None, [], Now(7, 350), CHANCE)
    simulate.join_state(rules, None, 2, 7, CHANCE)
    simulate.leave_state(rules, None, 2, 7, CHANCE)
    assert seen == {
        "setup": draws(Rng("seed", 3, 0)),
        "step": draws(Rng("seed", 3, 7)),
        "join": draws(Rng("seed", 3, 7, "join", 2)),
        "leave": draws(Rng("seed", 3, 7, "leave", 2)),
    }


@pytest.mark.parametrize(("tick", "hz", "ms"), [(1, 20, 50), (3600, 20, 180_000), (1, 60, 16), (2, 60, 33), (0, 10, 0)])
def test_time_follows_from_the_tick(tick: int, hz: int, ms: int) -> None:
    assert simulate.ms_of(tick, hz) == ms


def test_who_leaves_rules_without_leaving_is_last() -> None:
    outcome = simulate.won_by_leaving({2: None, 0: None, 1: None}, 1, "Bob")
    assert [(place.seat, place.rank) for place in outcome.places] == [(0, 1), (1, 2), (2, 1)]
    assert outcome.reason == "Bob left"
