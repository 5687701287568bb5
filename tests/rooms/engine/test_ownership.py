"""Sharing shards out evenly."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from rooms.engine.ownership import plan, share


@dataclass(frozen=True)
class Row:
    shard: int
    owner: str
    left_ms: int


@given(st.integers(1, 64), st.integers(1, 9))
def test_shares_are_even_and_cover_everything(shards: int, engines: int) -> None:
    names = [f"e{n}" for n in range(engines)]
    shares = [share(names, name, shards) for name in names]
    assert sum(shares) == shards
    assert max(shares) - min(shares) <= 1


def test_an_engine_that_is_not_registered_has_no_share() -> None:
    assert share(["a"], "b", 16) == 0


@given(st.integers(1, 32), st.lists(st.sampled_from("abcd"), min_size=1, max_size=30))
def test_engines_that_come_and_go_end_up_even(shards: int, changes: list[str]) -> None:
    """Whatever the order of coming and dying, a few rounds later every shard has one owner and the shares are even."""
    owner: dict[int, str] = {}
    living: set[str] = set()
    for name in changes:
        living ^= {name}
        owner = {shard: who for shard, who in owner.items() if who in living}
        _round(owner, living, shards)
    living = living or {"a"}
    owner = {shard: who for shard, who in owner.items() if who in living}
    for _ in range(3):
        _round(owner, living, shards)
    assert sorted(owner) == list(range(shards))
    counts = [list(owner.values()).count(name) for name in living]
    assert max(counts) - min(counts) <= 1


def _round(owner: dict[int, str], living: set[str], shards: int) -> None:
    for me in sorted(living):
        rows = [Row(n, owner.get(n, ""), 1000 if n in owner else 0) for n in range(shards)]
        mine = [n for n, who in owner.items() if who == me]
        wanted = plan(rows, mine, sorted(living), me)
        assert not (wanted.take and wanted.release)
        for n in wanted.release:
            assert owner.pop(n) == me
        for n in wanted.take:
            assert n not in owner, "only free shards are taken"
            owner[n] = me


def test_a_lapsed_lease_is_free() -> None:
    rows = [Row(0, "dead", 0), Row(1, "b", 900)]
    assert plan(rows, [], ["a", "b"], "a").take == [0]


def test_engines_that_start_together_begin_at_different_places() -> None:
    rows = [Row(n, "", 0) for n in range(16)]
    one, two = (plan(rows, [], ["a", "b"], me).take for me in "ab")
    assert not set(one) & set(two)
