"""The history checker: everything that one room's history must be, by the promises of docs/protocol.md. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rooms.core.game import Rules
from tests.chaos.check_events import EventsCheck
from tests.chaos.check_player import PlayerCheck
from tests.chaos.check_state import StateCheck
from tests.chaos.history import Closed, History, Opened, Record, Violation, Welcomed

NOT_FOUND = 4504
HONEST_END = {4510, 4511}
"""How a room may end whose memory was taken away on purpose: it says so."""


@dataclass
class Verdict:
    """What was found, and what was counted on the way."""

    violations: list[Violation] = field(default_factory=list)
    tallies: dict[str, int] = field(default_factory=dict)


def check(history: History, rules: Rules) -> Verdict:
    """Check one room's history."""
    verdict = Verdict()
    found = verdict.violations
    for player, log in history.logs.items():
        found += PlayerCheck(history.room, player, log).run(ended=history.final is not None)
    found += EventsCheck(history).run()
    states = StateCheck(history, rules)
    found += states.run()
    found += _ends(history)
    verdict.tallies = {**states.tallies, "rooms": 1, "matches": len(history.journals)}
    return verdict


def _ends(history: History) -> list[Violation]:
    """A room that was lost told everybody so; any other let nobody go for good."""
    wrong = []
    for player, log in history.logs.items():
        final = [record.code for record in log if isinstance(record, Closed) and record.code >= 4500]
        if history.lost and not (final and final[-1] in HONEST_END) and not _came_back_too_late(log):
            wrong.append(Violation("end", history.room, f"{player}: the room was lost and nobody said so: {final}"))
        if not history.lost and final:
            wrong.append(Violation("end", history.room, f"{player}: was sent away by {final}"))
    return wrong


def _came_back_too_late(log: Sequence[Record]) -> bool:
    """True of a player who was away when the room was lost: to a newcomer all that can be said is that it is not there.

    Its last connection was refused by 4504 and had never been welcomed.
    """
    talk = [record for record in log if isinstance(record, Opened | Welcomed | Closed)]
    return [type(record) for record in talk[-2:]] == [Opened, Closed] and getattr(talk[-1], "code", 0) == NOT_FOUND
