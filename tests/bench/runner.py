"""Takes the samples: for each case every side in turn, and again, so that what the machine does hits all alike."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from picows import WSError

from rooms.store import StoreUnavailable
from tests.bench.row import Row, Sample
from tests.bench.stage import Absent, Stage

FAILURES = (TimeoutError, OSError, RuntimeError, StoreUnavailable, WSError)
"""How a sample may fail under load: that is a result, and no reason to lose the others."""


TRUST_S = 60.0
"""So much weight has what the rows think of their own times, against what has passed."""


@dataclass(slots=True)
class Taken:
    """What came of one row."""

    row: Row
    samples: list[Sample] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    """Sides that could not run here, and why."""


@dataclass(slots=True)
class Left:
    """How long the rest will take: by what the rows think, times how much slower the samples so far were."""

    expected: float
    """Seconds, of all samples not yet taken."""
    done: float = TRUST_S
    took: float = TRUST_S
    """Seconds that those taken were to take, and did."""

    @classmethod
    def of(cls, rows: Sequence[Row], stage: Stage) -> Left:
        """Of all samples of these rows."""
        return cls(sum(row.about_s * _samples(row, stage) for row in rows))

    def passed(self, row: Row, seconds: float) -> None:
        """One sample of a row is done."""
        self.expected -= row.about_s
        self.done += row.about_s
        self.took += seconds

    @property
    def seconds(self) -> float:
        """As it looks now."""
        return max(0.0, self.expected) * self.took / self.done

    def __str__(self) -> str:
        minutes, seconds = divmod(round(self.seconds), 60)
        return f"{minutes}:{seconds:02} left"


def _samples(row: Row, stage: Stage) -> int:
    cases = stage.wanted(row.cases, stage.cases)
    return stage.rounds * sum(len(stage.wanted(row.sides(case), stage.sides)) for case in cases)


def run(rows: Sequence[Row], stage: Stage, together: Collection[str] = ()) -> list[Taken]:
    """Every row, those of `together` first, on servers that are kept for all of them; the results in the rows' order.

    Any other row's servers end with it.
    """
    left, taken = Left.of(rows, stage), {}
    for row in rows:
        if row.name in together:
            taken[row.name] = run_row(row, stage, left)
    stage.let_go()
    for row in rows:
        if row.name not in together:
            taken[row.name] = run_row(row, stage, left)
            stage.let_go()
    return [taken[row.name] for row in rows]


def run_row(row: Row, stage: Stage, left: Left | None = None) -> Taken:
    """All rounds of all cases of one row."""
    taken, left = Taken(row), left or Left.of([row], stage)
    for case in stage.wanted(row.cases, stage.cases):
        for number in range(stage.rounds):
            _take_turns(taken, case, number, stage, left)
    return taken


def _take_turns(taken: Taken, case: str, number: int, stage: Stage, left: Left) -> None:
    """One round: each side once, in an order that turns round so that none is always first."""
    row = taken.row
    sides = stage.wanted(row.sides(case), stage.sides)
    for side in sides if number % 2 == 0 else reversed(sides):
        begun = time.monotonic()
        sample = None if side in taken.absent else _take(taken, case, side, stage)
        left.passed(row, time.monotonic() - begun)
        if sample is not None:
            sample.case, sample.side, sample.round = case, side, number
            taken.samples.append(sample)
            stage.say(f"{told(row, sample)}  ({left})")


def _take(taken: Taken, case: str, side: str, stage: Stage) -> Sample | None:
    """A sample, or the fault that there is instead of one; None where the side cannot run here."""
    try:
        return taken.row.sample(case, side, stage)
    except Absent as missing:
        taken.absent[side] = str(missing)
        stage.say(f"{taken.row.name}: no {side}: {missing}")
        return None
    except FAILURES as error:
        stage.let_go()  # whatever state its server is in: the next sample gets a new one
        return Sample({}, faults=[f"no figure: {type(error).__name__}: {error}"])


def told(row: Row, sample: Sample) -> str:
    """A sample in one line of progress."""
    mine = [m for m in row.measures if m.side == sample.side and m.figure in sample.figures]
    shown = ", ".join(f"{m.name} {sample.figures[m.figure]:.{m.digits}f} {m.unit}" for m in mine)
    used = {name: seconds for name, seconds in sample.cpu.items() if len(sample.cpu) > 1 and sample.seconds}
    shown += "".join(f", {name} {seconds / sample.seconds:.0%}" for name, seconds in used.items())
    faults = f"  FAULT: {'; '.join(sample.faults)}" if sample.faults else ""
    return f"{row.name} {sample.case} #{sample.round + 1} {sample.side}: {shown}{faults}"
