"""What a row of the table is: its cases, how one sample is taken, what is read off the samples, and its reaches.

    class Handclap:                                  # tests/bench/rows/handclap.py; listed in rows/__init__.py
        name, title = "handclap", "Hands clapped"
        measures = (Measure("clap", side="ours", figure="us", unit="µs"),)
        reaches = (Reach("clap", at_most=100.0),)
        cases, about_s = ("2 hands", "4 hands"), 3.0
        def sides(self, case: str) -> tuple[str, ...]: return ("ours",)
        def sample(self, case: str, side: str, stage: Stage) -> Sample: ...

The runner asks for one sample of each side of a case in turn, again and again; the table and the JSON are made of
measures and reaches alone, so a new row needs neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tests.bench.stage import Stage


@dataclass(slots=True)
class Sample:
    """What one side did in one case, once. `case`, `side` and `round` are filled in by the runner."""

    figures: dict[str, float]
    """By name: what measures read (rates, µs, bytes, percentiles) and what they were made of."""
    seconds: float = 0.0
    """How long it was measured."""
    cpu: dict[str, float] = field(default_factory=dict)
    """CPU seconds in that time, by process: web, engine, lobby, redis; colyseus; and so on."""
    generator: float = 0.0
    """The share of its core that the load generator needed: near 1 it measured itself."""
    faults: list[str] = field(default_factory=list)
    """Why this sample is not to be trusted, in words for people."""
    case: str = ""
    side: str = ""
    round: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of one side: a line of the table in each case."""

    name: str
    """Unique in its row, for people: "ours, whole"."""
    side: str
    figure: str
    """The name of a figure of that side's samples; cases whose samples lack it have no such line."""
    unit: str
    digits: int = 1


@dataclass(frozen=True, slots=True)
class Reach:
    """What a measure ought to reach: a bound, or a share of another measure in the same case."""

    measure: str
    at_most: float | None = None
    at_least: float | None = None
    of: str = ""
    """The other measure; "" compares with the bound itself."""
    cases: tuple[str, ...] = ()
    """Only in these; () in all."""
    strict: bool = True
    """False: an aim, told beside the reach."""

    def met_by(self, figure: float) -> bool:
        """Whether a figure (or the ratio to `of`) is within."""
        low = self.at_least is None or figure >= self.at_least
        return low and (self.at_most is None or figure <= self.at_most)

    def __str__(self) -> str:
        unit = f"x {self.of}" if self.of else ""
        bounds = [f"<= {self.at_most:g}"] if self.at_most is not None else []
        bounds += [f">= {self.at_least:g}"] if self.at_least is not None else []
        return f"{'' if self.strict else 'aim '}{' and '.join(bounds)}{unit}"


class Row(Protocol):
    """A row of the table."""

    @property
    def name(self) -> str:
        """What `--rows` calls it."""

    @property
    def title(self) -> str:
        """Of its part of the table."""

    @property
    def load(self) -> str:
        """What is done, in a sentence."""

    @property
    def cases(self) -> Sequence[str]:
        """Sizes, mostly; each is measured for every side."""

    @property
    def measures(self) -> Sequence[Measure]:
        """The lines of the table in each case."""

    @property
    def reaches(self) -> Sequence[Reach]:
        """What ought to be reached."""

    @property
    def about_s(self) -> float:
        """Seconds that a sample takes, starts of servers included; for the time left, which mends it as it goes."""

    @property
    def beside(self) -> Sequence[str]:
        """Measures that the others are divided by in the table, such as "Colyseus"."""

    def sides(self, case: str) -> Sequence[str]:
        """Who takes part in a case, in the order of their turns."""

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        """One sample. Raises `Absent` where this machine lacks what the side needs."""
