"""What a load test is to do, and what would make it fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from rooms.core.game import Rules

MOST_ROOMS: Final = 10_000
MOST_BOTS: Final = 20_000
SLOWEST, FASTEST = 0.05, 50.0
"""Moves a second of one bot: a socket may send 60 messages a second."""


class BadPlan(ValueError):
    """What was asked for cannot be done; the text says why, for the person who asked."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a result must hold; None: not asked for."""

    p99_ms: float | None = None
    errors: int | None = None
    delivered: float | None = None
    """Percent of the moves that were due which the server has answered."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who plays what, where, how fast and for how long."""

    url: str
    rules: Rules
    rooms: int
    players: int
    """In each room; each one is a bot with a socket of its own."""
    seconds: float
    """Measured, after the ramp."""
    ramp_s: float
    """The rooms are opened spread over this time; nothing counts before it is over."""
    rate: float
    """Moves a second that are due of each bot."""
    wire: Literal["json", "msgpack"] = "msgpack"
    options: dict[str, Any] = field(default_factory=dict)
    move: Any = None
    """Sent instead of what the game's bot would do."""
    limits: Limits = Limits()

    def check(self) -> None:
        """Raises BadPlan."""
        seats = self.rules.seats
        if not 1 <= self.rooms <= MOST_ROOMS:
            raise BadPlan(f"--rooms is {self.rooms}; choose from 1 to {MOST_ROOMS:,}.")
        if not seats.min <= self.players <= seats.max:
            some = f"{seats.min} players" if seats.min == seats.max else f"{seats.min} to {seats.max} players"
            raise BadPlan(f"--players is {self.players}; a room of {self.rules.title} has {some}.")
        if self.rooms * self.players > MOST_BOTS:
            raise BadPlan(f"{self.rooms * self.players:,} bots are too many for one process; {MOST_BOTS:,} may play.")
        if not SLOWEST <= self.rate <= FASTEST:
            raise BadPlan(f"--rate is {self.rate:g}; choose from {SLOWEST:g} to {FASTEST:g} moves a second.")
        if not (self.seconds > 0 and self.ramp_s >= 0):
            raise BadPlan("--seconds must be above 0, and --ramp not below.")
        if not self.url.startswith(("http://", "https://")):
            raise BadPlan(f"--url {self.url!r} is no address; it begins with http:// or https://")


def usual_rate(rules: Rules) -> float:
    """The pace of the game's own bot, where it names one; else a move at each step, ten a second at most."""
    if rules.bot_every_ms:
        return min(FASTEST, 1000 / rules.bot_every_ms)
    return float(min(rules.tick_hz, 10)) or 2.0
