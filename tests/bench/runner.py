"""Takes the samples: for each case every side in turn, and again, so that what the machine does hits all alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from picows import WSError

from rooms.store import StoreUnavailable
from tests.bench.row import Row, Sample
from tests.bench.stage import Absent, Stage

FAILURES = (TimeoutError, OSError, RuntimeError, StoreUnavailable, WSError)
"""How a sample may fail under load: that is a result, and no reason to lose the others."""


@dataclass(slots=True)
class Taken:
    """What came of one row."""

    row: Row
    samples: list[Sample] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    """Sides that could not run here, and why."""


def run(rows: Sequence[Row], stage: Stage, together: Collection[str] = ()) -> list[Taken]:
    """Every row, one after the other; servers of a row end with it, unless it and the next are of those `together`."""
    taken = []
    for row, after in zip_longest(rows, rows[1:]):
        taken.append(run_row(row, stage))
        if after is None or not {row.name, after.name} <= set(together):
            stage.let_go()
    return taken


def run_row(row: Row, stage: Stage) -> Taken:
    """All rounds of all cases of one row."""
    taken = Taken(row)
    for case in stage.wanted(row.cases, stage.cases):
        for number in range(stage.rounds):
            _take_turns(taken, case, number, stage)
    return taken


def _take_turns(taken: Taken, case: str, number: int, stage: Stage) -> None:
    """One round: each side once, in an order that turns round so that none is always first."""
    sides = stage.wanted(taken.row.sides(case), stage.sides)
    for side in sides if number % 2 == 0 else reversed(sides):
        if side in taken.absent:
            continue
        try:
            sample = taken.row.sample(case, side, stage)
        except Absent as missing:
            taken.absent[side] = str(missing)
            stage.say(f"{taken.row.name}: no {side}: {missing}")
            continue
        except FAILURES as error:
            sample = Sample({}, faults=[f"no figure: {type(error).__name__}: {error}"])
            stage.let_go()  # whatever state its server is in: the next sample gets a new one
        sample.case, sample.side, sample.round = case, side, number
        taken.samples.append(sample)
        stage.say(told(taken.row, sample))


def told(row: Row, sample: Sample) -> str:
    """A sample in one line of progress."""
    mine = [m for m in row.measures if m.side == sample.side and m.figure in sample.figures]
    shown = ", ".join(f"{m.name} {sample.figures[m.figure]:.{m.digits}f} {m.unit}" for m in mine)
    used = {name: seconds for name, seconds in sample.cpu.items() if len(sample.cpu) > 1 and sample.seconds}
    shown += "".join(f", {name} {seconds / sample.seconds:.0%}" for name, seconds in used.items())
    faults = f"  FAULT: {'; '.join(sample.faults)}" if sample.faults else ""
    return f"{row.name} {sample.case} #{sample.round + 1} {sample.side}: {shown}{faults}"
