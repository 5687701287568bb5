"""Sharing shards out evenly."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.engine.ownership import AT_ONCE, hand_over, plan, share, soonest_lapse_ms


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


@settings(deadline=None)  # the machine may be busy
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
    for _ in range(3 + shards // AT_ONCE):
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


def test_shards_are_handed_over_some_at_a_time() -> None:
    """The next ones when those before have been taken: each misses as few ticks as can be."""
    rows = [Row(n, "a", 900) for n in range(16)]
    assert hand_over(rows, range(16), 8) == [8, 9, 10, 11]
    rows[8:12] = [Row(8, "", 0), Row(9, "", 0), Row(10, "b", 900), Row(11, "b", 900)]
    assert hand_over(rows, [*range(8), 12, 13, 14, 15], 8) == [12, 13]
    assert hand_over([Row(n, "a", 900) for n in range(1024)], range(1024), 0) == list(range(64))


def test_the_instant_at_which_anothers_lease_can_lapse_is_known() -> None:
    rows = [Row(0, "me", 5), Row(1, "b", 700), Row(2, "c", 300), Row(3, "", 0), Row(4, "d", 0)]
    assert soonest_lapse_ms(rows, "me") == 300
    assert soonest_lapse_ms(rows[:1], "me") > 60_000
