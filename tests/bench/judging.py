"""From what a crowd saw in a window to a sample: costs for each state or input, and what was wrong."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.load.window import Window
from tests.bench.percentiles import percentile
from tests.bench.row import Sample

DELIVERED = 0.9
"""Less of what was due: the server did not keep up, or something else ran on its core."""
SKIPPED = 0.002


def per_state(window: Window, due: float) -> Sample:
    """A sample in CPU µs for each state that came; `due` of them should have come in each second."""
    return _sample(window, window.counts["frames"], window.counts["frames"] / (due * window.seconds))


def per_input(window: Window) -> Sample:
    """A sample in CPU µs for each input that was sent; all but those of the last moments should have been seen."""
    sent = window.counts["sent"]
    return _sample(window, sent, max(0.0, 1.0 - window.counts["overdue"] / max(sent, 1.0)))


def _sample(window: Window, count: float, share: float) -> Sample:
    """`count`: of what the costs are divided by. `share`: of what was due, how much came."""
    counts, cpu, count = window.counts, window.cpu, max(count, 1.0)
    figures = {
        "us": sum(cpu.values()) / count * 1e6,
        **{f"{name}_us": used / count * 1e6 for name, used in cpu.items()},
        "core": 100 * sum(cpu.values()) / window.seconds,
        "share": share,
        "states": counts["frames"] / window.seconds,
        "bytes": counts.get("bytes", 0.0) / max(counts["frames"], 1.0),
        "inputs": counts.get("answered", 0.0) / window.seconds,
    }
    if window.latencies:
        figures |= latency_figures(window.latencies)
    late = [f"only {share:.1%} of what was due came"] if share < DELIVERED else []
    return Sample(figures, window.seconds, cpu, window.generator, [*window.faults, *late, *_wrong(counts)])


def latency_figures(latencies: Sequence[float]) -> dict[str, float]:
    """Percentiles in milliseconds."""
    ordered = sorted(latencies)
    parts = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p999": 99.9}
    return {name: 1000 * percentile(ordered, part) for name, part in parts.items()}


def _wrong(counts: dict[str, float]) -> list[str]:
    """What must not be, or not often."""
    frames = counts["frames"]
    bounds = {"skipped": SKIPPED * frames, "stale": 0.0, "torn": 0.0, "lost": 0.0, "refused": 0.0}
    words = {"skipped": "states skipped", "stale": "states shown again", "torn": "states torn"}
    words |= {"lost": "connections lost", "refused": "inputs refused"}
    closed = [f"{count:.0f} {name}" for name, count in counts.items() if name.startswith("closed") and count]
    found = [f"{counts[name]:.0f} {words[name]}" for name, most in bounds.items() if counts.get(name, 0.0) > most]
    return found + closed
