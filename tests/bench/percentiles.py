"""Percentiles of what was measured, by the nearest rank: a figure that was really seen, and no mean of two."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(figures: Sequence[float], part: float) -> float:
    """The least figure that `part` percent of all do not exceed. Of one figure or more."""
    ordered = sorted(figures)
    return ordered[max(0, math.ceil(len(ordered) * part / 100) - 1)]
