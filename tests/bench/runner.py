"""Takes the samples: for each case every side in turn, and again, so that what the machine does hits all alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.bench.row import Row, Sample
from tests.bench.stage import Absent, Stage


@dataclass(slots=True)
class Taken:
    """What came of one row."""

    row: Row
    samples: list[Sample] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    """Sides that could not run here, and why."""


def run(rows: Iterable[Row], stage: Stage) -> list[Taken]:
    """Every row, one after the other; servers of a row end with it."""
    return [run_row(row, stage) for row in rows]


def run_row(row: Row, stage: Stage) -> Taken:
    """All rounds of all cases of one row."""
    taken = Taken(row)
    try:
        for case in row.cases:
            for number in range(stage.rounds):
                _take_turns(taken, case, number, stage)
    finally:
        stage.let_go()
    return taken


def _take_turns(taken: Taken, case: str, number: int, stage: Stage) -> None:
    """One round: each side once, in an order that turns round so that none is always first."""
    sides = list(taken.row.sides(case))
    for side in sides if number % 2 == 0 else reversed(sides):
        if side in taken.absent:
            continue
        try:
            sample = taken.row.sample(case, side, stage)
        except Absent as missing:
            taken.absent[side] = str(missing)
            stage.say(f"{taken.row.name}: no {side}: {missing}")
            continue
        sample.case, sample.side, sample.round = case, side, number
        taken.samples.append(sample)
        stage.say(told(taken.row, sample))


def told(row: Row, sample: Sample) -> str:
    """A sample in one line of progress."""
    mine = [m for m in row.measures if m.side == sample.side and m.figure in sample.figures]
    shown = ", ".join(f"{m.name} {sample.figures[m.figure]:.{m.digits}f} {m.unit}" for m in mine)
    faults = f"  FAULT: {'; '.join(sample.faults)}" if sample.faults else ""
    return f"{row.name} {sample.case} #{sample.round + 1} {sample.side}: {shown}{faults}"
