"""The checker finds nothing in good histories, and every one of many seeded lies about them."""

from __future__ import annotations

import asyncio
from functools import cache
from random import Random

import pytest

from rooms.core.game import Rules
from rooms.games.registry import get_rules
from tests.chaos.checker import check
from tests.chaos.history import Closed, History, Opened, dump, parse
from tests.chaos.mutations import MUTATIONS, Mutation
from tests.chaos.recording import Recording

GAMES = {"tictactoe": 3, "battleship": 1, "snake": 2, "arena": 1}
"""Matches of each history."""
LIES = {"tictactoe": 12, "battleship": 4, "snake": 6, "arena": 1}
"""Of each kind about each history: fewer about long ones."""


@cache
def recorded(game: str) -> tuple[bytes, Rules]:
    """A good history, packed, so that each test gets its own."""
    with asyncio.Runner() as runner:
        history = runner.run(Recording(game, "good", GAMES[game]).record())
    return dump(history), get_rules(game)


def good(game: str) -> tuple[History, Rules]:
    raw, rules = recorded(game)
    return parse(raw), rules


@pytest.mark.parametrize("game", GAMES)
def test_a_good_history_is_good(game: str) -> None:
    history, rules = good(game)
    verdict = check(history, rules)
    assert verdict.violations == []
    assert verdict.tallies["acked"] > 15
    assert verdict.tallies["matches"] == GAMES[game]
    assert history.final is not None
    assert history.final.phase == "finished"


def test_good_histories_hold_what_lies_are_made_of() -> None:
    """Refusals, comings back, repetitions, seats that change hands: else the lies below would prove little."""
    kinds = set()
    for game in GAMES:
        history, _ = good(game)
        for log in history.logs.values():
            kinds |= {f"{type(record).__name__} {getattr(record, 'by', '')}" for record in log}
            kinds |= {"again" for record in log if getattr(record, "copy", 0)}
        kinds |= {type(line.record).__name__ for lines in history.journals.values() for line in lines}
    assert kinds >= {"Answered reject", "Answered frame", "Answered ack", "Answered welcome", "again", "Closed ", "Sat"}
    assert kinds >= {"Gone", "Mark", "Ended", "Stepped"}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_lie_is_caught(mutation: Mutation) -> None:
    told, missed = 0, []
    for game in GAMES:
        for seed in range(LIES[game]):
            history, rules = good(game)
            lie = mutation(history, Random(f"{game}:{seed}"))
            if lie is None:
                continue
            told += 1
            if not check(history, rules).violations:
                missed.append(f"{game} {seed}: {lie}")
    assert missed == []
    assert told >= 12, "there was nothing to lie about"


@pytest.mark.parametrize(("codes", "fine"), [([4511], True), ([1006, 4510], True), ([1006], False), ([4504], False)])
def test_a_lost_room_has_to_say_so(codes: list[int], fine: bool) -> None:
    history, rules = good("tictactoe")
    history.final, history.lost, history.last = None, True, {}
    for log in history.logs.values():
        log += [Closed(log[-1].at, code, True) for code in codes]
    assert (check(history, rules).violations == []) == fine


def test_nobody_is_sent_away_from_a_room_that_lives() -> None:
    history, rules = good("tictactoe")
    for log in history.logs.values():
        log.append(Closed(log[-1].at, 4504, True))
    assert {one.kind for one in check(history, rules).violations} == {"end"}


def test_who_comes_back_to_a_lost_room_can_only_be_told_that_it_is_not_there() -> None:
    history, rules = good("tictactoe")
    history.final, history.lost, history.last = None, True, {}
    for log in history.logs.values():
        at = log[-1].at
        log += [Closed(at, 1006, False), Opened(at, 0, "i", 1), Closed(at, 4504, True)]
    assert "end" not in {one.kind for one in check(history, rules).violations}
