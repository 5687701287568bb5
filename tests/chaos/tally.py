"""What a run adds up to: faults by kind, times, inputs, closes, violations; as a table and as JSON."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.checker import Verdict
from tests.chaos.history import Closed, History, Violation

SHOWN = 20
"""Violations in the table; the JSON has all."""
ENOUGH = 30
"""Engine kills from which on their 99th percentile is judged."""
TAKEOVER_S = 2.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all do not exceed; 0 of none."""
    ranked = sorted(values)
    return ranked[max(0, -(-int(share * 1000) * len(ranked) // 1000) - 1)] if ranked else 0.0


@dataclass
class Tally:
    """Filled while a scenario runs."""

    seed: str
    faults: Counter[str] = field(default_factory=Counter)
    recovery: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By kind of fault: seconds until each player concerned heard from the room again."""
    worst: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By kind: seconds until the last of them did, once for each fault."""
    gaps: list[float] = field(default_factory=list)
    """Of drains: the longest time without a frame, of each player of a ticking room."""
    told: list[float] = field(default_factory=list)
    """Seconds until "degraded" was told."""
    closes: Counter[int] = field(default_factory=Counter)
    inputs: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)

    def add(self, history: History, verdict: Verdict) -> None:
        """A room that was checked."""
        self.inputs.update(verdict.tallies)
        self.violations += verdict.violations
        for log in history.logs.values():
            self.closes.update(record.code for record in log if isinstance(record, Closed))

    def blame(self, kind: str, text: str, room: str = "") -> None:
        """Something that no history shows."""
        self.violations.append(Violation(kind, room, text))

    def judge(self) -> None:
        """What can only be said of many: to be called once, at the end."""
        kills = self.worst["engine-kill"]
        slow = percentile(self.recovery["engine-kill"], 0.99)
        if len(kills) >= ENOUGH and slow > TAKEOVER_S:
            self.blame("takeover", f"the 99th percentile of {len(kills)} engine kills is {slow:.2f} s")

    def as_json(self) -> dict[str, Any]:
        """Everything, for other programs."""
        kinds = Counter(violation.kind for violation in self.violations)
        return {
            "seed": self.seed,
            "faults": {
                kind: {"count": count, "recovery_s": _spread(self.recovery[kind]), "worst_s": _spread(self.worst[kind])}
                for kind, count in sorted(self.faults.items())
            },
            "takeover_s": _spread(self.recovery["engine-kill"]),
            "drain_gap_s": _spread(self.gaps),
            "degraded_told_s": _spread(self.told),
            "rooms": self.inputs["rooms"],
            "matches": self.inputs["matches"],
            "inputs": {name: self.inputs[name] for name in ("acked", "refused", "unclear")},
            "lost": kinds["lost"],
            "doubled": kinds["doubled"],
            "holes": kinds["hole"],
            "view_mismatches": kinds["view"],
            "violations": [{"kind": one.kind, "room": one.room, "text": one.text} for one in self.violations],
            "closed_by_code": {str(code): count for code, count in sorted(self.closes.items())},
        }

    def write(self, path: Path) -> None:
        """Keep the JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")

    def table(self) -> str:
        """Everything, for people."""
        told = self.as_json()
        lines = [f"seed {self.seed}", "", f"{'fault':<20}{'times':>6}{'p50':>8}{'p99':>8}{'max':>8}   back in, seconds"]
        for kind, row in told["faults"].items():
            spread = row["recovery_s"]
            lines.append(f"{kind:<20}{row['count']:>6}{spread['p50']:>8.2f}{spread['p99']:>8.2f}{spread['max']:>8.2f}")
        lines.append("")
        for name in ("takeover_s", "drain_gap_s", "degraded_told_s", "inputs", "closed_by_code"):
            lines.append(f"{name:<22}" + "  ".join(f"{key} {value}" for key, value in told[name].items()))
        for name in ("rooms", "matches", "lost", "doubled", "holes", "view_mismatches"):
            lines.append(f"{name:<22}{told[name]}")
        lines.append(f"{'violations':<22}{len(self.violations)}")
        lines += [f"  {one.kind}: {one.room} {one.text}"[:400] for one in self.violations[:SHOWN]]
        return "\n".join(lines)


def _spread(values: Sequence[float]) -> dict[str, float]:
    shares = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {"n": len(values), **{name: round(percentile(values, share), 3) for name, share in shares.items()}}
