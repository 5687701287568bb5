"""rooms/bots/backoff.py: full jitter under a ceiling that doubles."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rooms.bots.backoff import LAST_S, Backoff


def test_the_ceiling_doubles_from_a_quarter_to_ten_seconds() -> None:
    backoff = Backoff(lambda: 1.0)

    assert [backoff.next() for _ in range(8)] == [0.25, 0.5, 1, 2, 4, 8, 10, 10]


def test_a_reset_begins_again() -> None:
    backoff = Backoff(lambda: 1.0)
    fresh = [backoff.is_fresh]
    backoff.next()
    fresh.append(backoff.is_fresh)
    backoff.reset()
    fresh.append(backoff.is_fresh)

    assert fresh == [True, False, True]
    assert backoff.next() == 0.25


@given(st.integers(0, 2**32), st.integers(1, 40))
def test_waits_lie_between_nothing_and_the_ceiling(seed: int, attempts: int) -> None:
    backoff = Backoff(Random(seed).random)
    waits = [backoff.next() for _ in range(attempts)]

    assert all(0 <= wait <= min(0.25 * 2**n, LAST_S) for n, wait in enumerate(waits))


def test_clients_spread_over_the_whole_wait() -> None:
    """A thousand clients at their sixth attempt: each of eight slots of a second gets its share."""
    slots = [0] * 8
    for seed in range(1000):
        backoff = Backoff(Random(seed).random)
        for _ in range(5):
            backoff.next()
        slots[int(backoff.next())] += 1

    assert min(slots) > 80
