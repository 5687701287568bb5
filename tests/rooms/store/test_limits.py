"""Limits hang together."""

from __future__ import annotations

from rooms.store import Limits
from rooms.store.limits import COMMAND_S, CONNECT_S, LOAD_S, QUEUE_S


def test_times_hang_together() -> None:
    """A silent Redis is noticed before the calls behind it give up; an answer outlives every wait for it."""
    assert CONNECT_S <= COMMAND_S < QUEUE_S < LOAD_S
    assert Limits().reply_ms > 1000 * (QUEUE_S + LOAD_S)


def test_a_full_log_of_large_entries_fits_a_large_machine() -> None:
    limits = Limits()
    assert limits.log_entries * limits.entry_bytes < 16 * 2**30
