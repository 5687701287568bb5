"""Counts of this process, for /metrics: every bound that is reached and every error that is answered has one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

counts: Counter[str] = Counter()
"""Totals since the start, by name; each name ends in `_total` when shown."""
_gauges: dict[str, Callable[[], float]] = {}


def count(name: str, by: int = 1) -> None:
    """Add to a total. Names are fixed words of ours: nothing a client sends may become one."""
    counts[name] += by


def gauge(name: str, read: Callable[[], float]) -> None:
    """Show what `read` returns under `name`; a later gauge of the same name replaces it."""
    _gauges[name] = read


def lines() -> Iterator[str]:
    """Everything in Prometheus' text format, sorted by name."""
    for name, total in sorted(counts.items()):
        yield f"# TYPE holdfast_{name}_total counter"
        yield f"holdfast_{name}_total {total}"
    for name, read in sorted(_gauges.items()):
        yield f"# TYPE holdfast_{name} gauge"
        yield f"holdfast_{name} {read():g}"
