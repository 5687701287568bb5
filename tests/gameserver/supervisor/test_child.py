"""The pauses between lives, and deaths in words. Whole lives: test_supervisor.py."""

from __future__ import annotations

import signal

import pytest

from gameserver.supervisor.child import manner_of_death, next_pause


def test_the_pause_doubles_up_to_a_limit() -> None:
    pause = None
    pauses = [pause := next_pause(pause, lived=0.1) for _ in range(8)]
    assert pauses == [0.0, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0], "the first comes at once"


def test_a_long_life_begins_anew() -> None:
    assert next_pause(5.0, lived=2.9) == 5.0
    assert next_pause(5.0, lived=3.0) == 0.0


def test_who_served_is_not_waited_for_long() -> None:
    """Killed every two seconds, an engine must still be there again within two seconds, each time."""
    pause = None
    pauses = [pause := next_pause(pause, lived=2.0, served=True) for _ in range(8)]
    assert pauses == [0.0, 0.2, *[0.4] * 6]


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "ended with code 0"), (-signal.SIGKILL, "was killed by SIGKILL"), (-250, "was killed by signal 250")],
)
def test_manner_of_death(code: int, words: str) -> None:
    assert manner_of_death(code) == words
