"""Chance for rules: a stream of numbers that the seed, the match and the tick decide, in any process.

The generator is Python's own Mersenne Twister seeded with a string, whose seeding (SHA-512) and methods are
documented to be reproducible. It is made on first use, because most ticks of most games use no chance and seeding
costs more than such a tick.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Rng:
    """The chance of one step. Tests replace it with dice that always fall low or high."""

    __slots__ = ("_random", "_seed")

    def __init__(self, *seed: object) -> None:
        self._seed = seed
        self._random: Random | None = None

    def _stream(self) -> Random:
        if self._random is None:
            self._random = Random(":".join(map(str, self._seed)))
        return self._random

    def random(self) -> float:
        """A float in [0, 1)."""
        return self._stream().random()

    def below(self, limit: int) -> int:
        """A whole number in [0, limit). Raises ValueError when limit < 1."""
        return self._stream().randrange(limit)

    def between(self, low: int, high: int) -> int:
        """A whole number in [low, high], both included."""
        return self._stream().randint(low, high)

    def choice(self, items: Sequence[T]) -> T:
        """One of `items`. Raises IndexError when there is none."""
        return self._stream().choice(items)

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Put `items` in a random order, in place."""
        self._stream().shuffle(items)
