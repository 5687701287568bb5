"""Places from scores: what most games end with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rooms.core.game import Place
from rooms.core.ids import Seat


def rank(merits: Mapping[Seat, tuple[Any, ...]], scores: Mapping[Seat, int]) -> tuple[Place, ...]:
    """The places of all seats in `merits`, best first: the greater merit wins, equal merits tie (1, 2, 2, 4).

    `merits` are tuples compared item by item, so that the second item decides where the first is equal.
    """
    best_first = sorted(merits, key=lambda seat: (*(-part for part in merits[seat]), seat))
    ranks: list[int] = []
    for index, seat in enumerate(best_first):
        tied = index > 0 and merits[best_first[index - 1]] == merits[seat]
        ranks.append(ranks[-1] if tied else index + 1)
    return tuple(Place(seat, place, scores[seat]) for seat, place in zip(best_first, ranks, strict=True))
