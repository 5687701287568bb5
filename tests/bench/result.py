"""What the samples say: medians with the least and the most, ratios, and whether reaches were met.

A ratio is taken within each round, where both sides ran one after the other, and then its median: what the machine
does over minutes falls out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.row import Measure, Reach, Row, Sample
from tests.bench.runner import Taken


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some figures, and how far they lie apart."""

    median: float
    least: float
    most: float
    count: int

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """Of one figure or more."""
        return cls(median(figures), min(figures), max(figures), len(figures))


@dataclass(frozen=True, slots=True)
class Judged:
    """A reach, and how it came out."""

    reach: Reach
    figure: float
    met: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One measure in one case."""

    case: str
    measure: Measure
    spread: Spread
    ratios: dict[str, Spread]
    """To each of the row's `beside` of the same unit that was measured in this case."""
    judged: tuple[Judged, ...]
    faults: tuple[str, ...]


def lines_of(taken: Taken) -> list[Line]:
    """Every line of a row's table, in the order of cases and measures."""
    row = taken.row
    found = (_line(row, taken.samples, case, measure) for case in row.cases for measure in row.measures)
    return [line for line in found if line is not None]


def _line(row: Row, samples: Sequence[Sample], case: str, measure: Measure) -> Line | None:
    mine = figures(samples, case, measure)
    if not mine:
        return None
    named = {other.name: other for other in row.measures}
    ratios = {
        name: ratio
        for name in row.beside
        if name != measure.name
        and named[name].unit == measure.unit
        and (ratio := _ratio(mine, figures(samples, case, named[name]))) is not None
    }
    judged = [_judge(reach, mine, samples, case, named) for reach in row.reaches if _applies(reach, measure, case)]
    faults = [fault for s in samples if (s.case, s.side) == (case, measure.side) for fault in s.faults]
    spread = Spread.of(list(mine.values()))
    return Line(case, measure, spread, ratios, tuple(one for one in judged if one), tuple(dict.fromkeys(faults)))


def figures(samples: Sequence[Sample], case: str, measure: Measure) -> dict[int, float]:
    """A measure's figures in a case, by round."""
    return {s.round: s.figures[measure.figure] for s in _of(samples, case, measure)}


def _of(samples: Sequence[Sample], case: str, measure: Measure) -> list[Sample]:
    return [s for s in samples if s.case == case and s.side == measure.side and measure.figure in s.figures]


def _ratio(mine: dict[int, float], others: dict[int, float]) -> Spread | None:
    ratios = [mine[number] / others[number] for number in mine if others.get(number)]
    return Spread.of(ratios) if ratios else None


def _applies(reach: Reach, measure: Measure, case: str) -> bool:
    return reach.measure == measure.name and (not reach.cases or case in reach.cases)


def _judge(
    reach: Reach, mine: dict[int, float], samples: Sequence[Sample], case: str, named: dict[str, Measure]
) -> Judged | None:
    """None where the measure it is compared with was not taken."""
    if not reach.of:
        figure = median(mine.values())
        return Judged(reach, figure, reach.met_by(figure))
    ratio = _ratio(mine, figures(samples, case, named[reach.of]))
    return None if ratio is None else Judged(reach, ratio.median, reach.met_by(ratio.median))
