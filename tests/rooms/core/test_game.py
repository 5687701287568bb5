"""Reading a game's module, and making a step out of a play."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from rooms.core.game import Event, IllegalMove, Input, Now, Step, in_turn, read_rules
from rooms.core.rng import Rng
from rooms.games import tictactoe
from tests.support import meadow


def module(**changes: Any) -> SimpleNamespace:
    """A sound game with changes; None takes a part away."""
    parts = {name: getattr(tictactoe, name) for name in dir(tictactoe) if not name.startswith("_")} | changes
    return SimpleNamespace(**{name: part for name, part in parts.items() if part is not None})


def test_a_module_is_read() -> None:
    rules = read_rules("mine", module(VERSION=7, GRACE_S=5))
    assert (rules.slug, rules.version, rules.grace_s) == ("mine", 7, 5)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"TITLE": None, "step": None}, "TITLE, step"),
        ({"TICK_HZ": 61}, "TICK_HZ"),
        ({"TICK_HZ": -1}, "TICK_HZ"),
        ({"TITLE": ""}, "TITLE"),
        ({"bot": None}, "STRENGTHS"),
        ({"LATE_JOIN": True, "join": None}, "LATE_JOIN"),
        ({"ABSENT": "cry"}, "ABSENT"),
        ({"REPLAY": "nobody"}, "REPLAY"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        read_rules("mine", module(**changes))


def test_options_need_defaults() -> None:
    class Options:
        def __init__(self, width: int) -> None: ...

    with pytest.raises(TypeError, match="default"):
        read_rules("mine", module(Options=Options))


def counting(state: int, seat: int, move: int, rng: Rng) -> int:
    if move < 0:
        raise IllegalMove("negative", "Only forward.", [1, 2])
    return state + move


def test_in_turn_takes_what_is_legal_and_explains_what_is_not() -> None:
    step: Callable[..., Step[int]] = in_turn(counting)
    done = step(10, [Input(0, 5), Input(1, -1), Input(0, 2)], Now(1, 0), Rng())
    assert done.state == 17
    assert [(no.index, no.code, no.legal) for no in done.rejections] == [(1, "negative", (1, 2))]


def test_in_turn_passes_events_on() -> None:
    def telling(state: int, seat: int, move: int, rng: Rng) -> tuple[int, list[Event]]:
        return state + move, [Event("moved", {"by": move})]

    step: Callable[..., Step[int]] = in_turn(telling)
    done = step(0, [Input(0, 3)], Now(1, 0), Rng())
    assert (done.state, done.events) == (3, (Event("moved", {"by": 3}),))


def test_time_runs_out_before_the_moves() -> None:
    def expire(state: int, now: Now, rng: Rng) -> int:
        return 0 if now.ms >= 1000 else state

    step: Callable[..., Step[int]] = in_turn(counting, expire)
    assert step(10, [Input(0, 1)], Now(1, 999), Rng()).state == 11
    assert step(10, [Input(0, 1)], Now(2, 1000), Rng()).state == 1


RACE = """
import sys, threading
from types import SimpleNamespace
import msgspec
from rooms.core.game import read_rules
from rooms.games import tictactoe
from tests.support import meadow

sys.setswitchinterval(1e-6)
parts = {name: getattr(tictactoe, name) for name in dir(tictactoe) if not name.startswith("_")}
for _ in range(100):
    names = [f"f{n}" for n in range(6)]
    inner = [msgspec.defstruct(f"In_{name}", [("a", int), ("b", list[tuple[int, str]])]) for name in names]
    view = msgspec.defstruct("View", list(zip(names, inner)))
    rules = read_rules("mine", SimpleNamespace(**parts | {"View": view}))
    seen = {name: {"a": 1, "b": []} for name in names}
    both = threading.Barrier(2)
    def think():
        both.wait()
        msgspec.convert(seen, rules.view_type)
    threads = [threading.Thread(target=think) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def test_two_threads_may_be_the_first_to_read_a_view() -> None:
    """msgspec looks at a type at its first use, and two threads at once there end the process with SIGSEGV."""
    done = subprocess.run([sys.executable, "-c", RACE], timeout=60, check=False)
    assert done.returncode == 0


def test_older_rules_are_read_with_the_game() -> None:
    rules = read_rules("mine", module(VERSION=3, OLDER=(module(VERSION=1, GRACE_S=5), module(VERSION=2))))
    assert sorted(rules.older) == [1, 2]
    assert rules.at(1).grace_s == 5
    assert rules.at(3) is rules
    assert rules.at(9) is rules, "what is not here is played, if at all, by the newest"


@pytest.mark.parametrize("older", [(3,), (4,), (1, 1), (0,)])
def test_older_rules_need_numbers_of_their_own_below_the_games(older: tuple[int, ...]) -> None:
    with pytest.raises(TypeError, match="OLDER"):
        read_rules("mine", module(VERSION=3, OLDER=[module(VERSION=version) for version in older]))


def test_what_is_wrong_with_older_rules_is_named() -> None:
    with pytest.raises(TypeError, match="step"):
        read_rules("mine", module(VERSION=2, OLDER=(module(VERSION=1, step=None),)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"HIDDEN": True}, "HIDDEN needs neither"),
        ({"View": dict}, "plain struct"),
        ({"cells_seen": None}, "belong together"),
        ({"View": meadow.Cell}, "a field for the cells"),
    ],
)
def test_parts_of_a_view_that_do_not_fit_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        read_rules("meadow", SimpleNamespace(**{**meadow.PARTS, **changes}))
