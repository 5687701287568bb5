"""What a load test has found: lines while it runs, a summary, JSON, and whether a threshold is broken. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rooms.load.plan import Limits, Plan
from rooms.load.tally import Latencies, Tally

BUSY: Final = 0.85
"""Share of a core from which on the load generator itself makes latencies longer."""
PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9)
ADDRESS: Final = 512
"""Sockets that a server takes from one address unless told otherwise (HOLDFAST_MAX_SOCKETS_PER_ADDRESS)."""


@dataclass(frozen=True, slots=True)
class Found:
    """The end of a load test."""

    plan: Plan
    tally: Tally
    seconds: float
    """Measured."""
    rooms: int
    """That were played in."""
    cpu: float
    """Of this process, in cores, while it measured."""
    lag_ms: float
    """How late this process' own clockwork was at worst."""
    stopped: bool
    """Before its time, by Ctrl-C."""
    left_open: int = 0
    """Rooms that nobody is in, which the server will close after HOLDFAST_ROOM_IDLE_S."""

    @property
    def errors(self) -> int:
        """All of them."""
        return sum(self.tally.errors.values())

    @property
    def broken(self) -> list[str]:
        """Each threshold that does not hold, as a sentence."""
        return broken(self.plan.limits, self.tally, self.errors)

    @property
    def doubts(self) -> list[str]:
        """Why the figures may say less than they seem to."""
        doubts = []
        if self.cpu >= BUSY:
            doubts.append(
                f"The load generator was busy itself ({self.cpu:.0%} of a core): latencies hold its own delay. "
                f"Use fewer bots, or several machines."
            )
        if self.tally.errors["not_in"] and self.plan.rooms * self.plan.players > ADDRESS:
            doubts.append(
                f"Not all bots got in: a web process takes {ADDRESS} sockets of one address unless "
                f"HOLDFAST_MAX_SOCKETS_PER_ADDRESS says more."
            )
        if self.left_open:
            doubts.append(f"{self.left_open} empty rooms are left for the server to close (HOLDFAST_ROOM_IDLE_S).")
        if not self.tally.due:
            doubts.append("No move was due: nothing was measured.")
        return doubts

    def as_json(self) -> dict[str, Any]:
        """For programs; docs/operations.md tells the fields."""
        tally, plan = self.tally, self.plan
        return {
            "game": plan.rules.slug,
            "rooms": self.rooms,
            "bots": self.rooms * plan.players,
            "rate": plan.rate,
            "wire": plan.wire,
            "seconds": round(self.seconds, 3),
            "due": tally.due,
            "answered": tally.answered,
            "delivered_percent": round(tally.delivered, 4),
            "latency_ms": {**spread(tally.latencies), "max": round(tally.latencies.most_ms, 3)},
            "moves_per_s": round(tally.answered / self.seconds, 2),
            "messages_per_s": round(tally.frames / self.seconds, 2),
            "bytes_per_s": round(tally.bytes / self.seconds, 1),
            "matches": tally.matches,
            "errors": dict(tally.errors),
            "late": dict(tally.late),
            "generator": {"cpu": round(self.cpu, 3), "lag_ms": round(self.lag_ms, 3)},
            "stopped": self.stopped,
            "left_open": self.left_open,
            "broken": self.broken,
            "doubts": self.doubts,
        }

    def words(self) -> str:
        """For people."""
        tally, seconds = self.tally, self.seconds
        of = spread(tally.latencies)
        lines = [
            f"{self.plan.rules.title}: {self.rooms} rooms of {self.plan.players}, {seconds:.1f} s"
            + (", stopped early" if self.stopped else ""),
            f"  moves     {tally.answered / seconds:,.1f}/s answered; {tally.due:,} were due, "
            f"{tally.delivered:.2f} % of them answered",
            "  latency   " + "  ".join(f"{name} {ms:.1f}" for name, ms in of.items())
            + f"  max {tally.latencies.most_ms:.1f} ms",
            f"  received  {tally.frames / seconds:,.0f} messages/s, {tally.bytes / seconds / 1024:,.0f} KiB/s; "
            f"{tally.matches} matches ended",
            f"  errors    {told(tally.errors)}" + (f"   late: {told(tally.late)}" if tally.late else ""),
            f"  generator {self.cpu:.0%} of a core, its own clock at most {self.lag_ms:.0f} ms late",
            *(f"NOTE: {doubt}" for doubt in self.doubts),
            *(f"FAILED: {sentence}" for sentence in self.broken),
        ]  # fmt: skip
        return "\n".join(lines)


def broken(limits: Limits, tally: Tally, errors: int) -> list[str]:
    """Each threshold that does not hold, as a sentence."""
    said = []
    p99 = tally.latencies.percentile(99)
    asked = (limits.p99_ms, limits.errors, limits.delivered)
    if not tally.due and asked != (None, None, None):
        said.append("nothing was measured")
    if limits.p99_ms is not None and p99 > limits.p99_ms:
        said.append(f"p99 is {p99:.1f} ms, above {limits.p99_ms:g} ms")
    if limits.errors is not None and errors > limits.errors:
        said.append(f"{errors} errors, more than {limits.errors} ({told(tally.errors)})")
    if limits.delivered is not None and tally.delivered < limits.delivered:
        said.append(f"{tally.delivered:.2f} % of the moves were answered, less than {limits.delivered:g} %")
    return said


def spread(latencies: Latencies) -> dict[str, float]:
    """Percentiles in milliseconds, by name."""
    return {f"p{percent:g}": round(latencies.percentile(percent), 3) for percent in PERCENTILES}


def told(counts: Any) -> str:
    """Counts by name, the most frequent first; "none" without any."""
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"


def progress(at_s: float, ramping: bool, rooms: int, bots: int, tally: Tally, cpu: float) -> str:
    """One line of a test that runs."""
    fresh = tally.fresh
    share = f"{cpu:.0%} of a core" + (" (BUSY)" if cpu >= BUSY else "")
    if ramping:
        return f"{at_s:5.0f} s  ramp   {rooms} rooms, {bots} bots; errors {sum(tally.errors.values())}; own CPU {share}"
    times = f"p50 {fresh.percentile(50):.1f}  p99 {fresh.percentile(99):.1f} ms"
    return (
        f"{at_s:5.0f} s  {rooms} rooms, {bots} bots  {fresh.count} moves  {times}  "
        f"errors {sum(tally.errors.values())}; own CPU {share}"
    )
