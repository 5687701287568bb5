"""Chance that can be told again."""

from __future__ import annotations

from rooms.core.rng import Rng


def test_the_same_seed_gives_the_same_numbers() -> None:
    one, two = Rng("s", 1, 7), Rng("s", 1, 7)
    assert [one.below(1000) for _ in range(5)] == [two.below(1000) for _ in range(5)]


def test_numbers_are_the_same_on_every_machine_and_version() -> None:
    rng = Rng("seed", 1, 2)
    assert [rng.below(100), rng.between(1, 6), rng.choice("abcdef")] == [62, 5, "f"]


def test_another_tick_gives_other_numbers() -> None:
    assert [Rng("s", 1, 7).random()] != [Rng("s", 1, 8).random()]


def test_shuffle_keeps_the_items() -> None:
    items = list(range(20))
    Rng("s").shuffle(items)
    assert sorted(items) == list(range(20))
    assert items != list(range(20))
