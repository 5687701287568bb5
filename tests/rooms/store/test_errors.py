"""Each fault says what to do."""

from __future__ import annotations

from rooms.store import Fenced, LogFull, ShardsDiffer, StoreUnavailable


def test_they_explain_themselves() -> None:
    assert str(ShardsDiffer(8, 16)) == (
        "This Redis holds rooms in 8 shards, but SHARDS is 16. Set SHARDS=8, or use an empty Redis."
    )
    assert str(LogFull([3, 4], [0])) == "The log of shard 3, 4 is full: is an engine running?"
    assert "epoch 4 (lease): it is at epoch 5, owner nobody" in str(Fenced(7, 4, "", 5, "lease"))


def test_a_full_log_is_a_store_that_cannot_do_its_part() -> None:
    """Whoever catches the general case has caught this one."""
    full = LogFull([1], [2])
    assert isinstance(full, StoreUnavailable)
    assert full.reason == str(full)
