"""Whether a bot's strengths differ: they play each other, and the wins are counted."""

from __future__ import annotations

from rooms.games import get_rules
from tests.laws.match import Trial, by_bots, finish


def wins_of(stronger: str, weaker: str, slug: str, matches: int, **options: object) -> float:
    """The share of two-player matches won by `stronger`, who sits first in every second one; a tie is half."""
    rules, won = get_rules(slug), 0.0
    for number in range(matches):
        seat = number % 2
        table = (weaker, stronger) if seat else (stronger, weaker)
        outcome = finish(Trial(rules, (0, 1), f"match {number}", rules.options(**options)), by_bots(*table))
        assert outcome is not None
        first = [place.seat for place in outcome.places if place.rank == 1]
        won += (seat in first) / len(first)
    return won / matches
