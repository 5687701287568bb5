"""Counts of this process, for /metrics: every bound that is reached and every error that is answered has one."""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

counts: Counter[str] = Counter()
"""Totals since the start, by name; each name ends in `_total` when shown."""
_gauges: dict[str, Callable[[], float]] = {}


def count(name: str, by: int = 1) -> None:
    """Add to a total. Names are fixed words of ours: nothing a client sends may become one."""
    counts[name] += by


def gauge(name: str, read: Callable[[], float]) -> None:
    """Show what `read` returns under `name`; a later gauge of the same name replaces it."""
    _gauges[name] = read


def snapshot() -> dict[str, float]:
    """Everything as it is now, by the name it is shown under; totals end in `_total`."""
    totals: dict[str, float] = {f"{name}_total": total for name, total in counts.items()}
    process = {"cpu_seconds_total": time.process_time(), "peak_memory_bytes": _peak_bytes()}
    return totals | process | {name: read() for name, read in _gauges.items()}


def lines() -> Iterator[str]:
    """Everything of this process in Prometheus' text format, sorted by name."""
    for name, value in sorted(snapshot().items()):
        yield f"# TYPE holdfast_{name} {_kind(name)}"
        yield f"holdfast_{name} {_number(value)}"


def lines_of(label: str, snapshots: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """The same for other processes of one kind, each under its own name as the value of `label`."""
    for name in sorted({name for snapshot in snapshots.values() for name in snapshot}):
        yield f"# TYPE holdfast_{label}_{name} {_kind(name)}"
        for process, seen in sorted(snapshots.items()):
            if name in seen:
                yield f'holdfast_{label}_{name}{{{label}="{process}"}} {_number(seen[name])}'


def _peak_bytes() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _kind(name: str) -> str:
    return "counter" if name.endswith("_total") else "gauge"


def _number(value: float) -> str:
    """Whole numbers in full: a total of millions must not be rounded."""
    return f"{value:.0f}" if value == int(value) else f"{value:g}"
