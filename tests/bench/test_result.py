"""The arithmetic of the benchmark, on samples made up here: medians, ratios by round, reaches, faults, turns."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.bench import rows
from tests.bench.machine import Cores
from tests.bench.result import lines_of
from tests.bench.row import Measure, Reach, Row, Sample
from tests.bench.runner import Left, Taken, run, run_row
from tests.bench.stage import Absent, Stage
from tests.bench.table import as_json, table


class Clap:
    """Ours gets slower with the rounds, and so does the other."""

    name, title, load = "clap", "Hands clapped", "with two hands"
    cases, about_s = ("2", "4"), 2.0
    measures = (Measure("ours", "ours", "us", "µs"), Measure("theirs", "theirs", "us", "µs"))
    reaches = (Reach("ours", at_most=0.5, of="theirs"), Reach("ours", at_most=15.0, cases=("4",), strict=False))
    beside = ("theirs",)

    def __init__(self) -> None:
        self.turns: list[tuple[str, str]] = []
        self.more: tuple[str, ...] = ()

    def sides(self, case: str) -> tuple[str, ...]:
        return ("ours", "theirs", "missing") if case == "2" else ("ours", *self.more)

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        if side == "missing":
            raise Absent("it is not here")
        if side == "failing":
            raise TimeoutError("nobody came in")
        number = sum(turn == (case, side) for turn in self.turns)
        self.turns.append((case, side))
        slower = 10.0 * (number + 1)
        return Sample({"us": slower if side == "ours" else 4 * slower}, faults=["torn"] if number == 2 else [])


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    clap: Row = Clap()
    with Stage(tmp_path, tmp_path, Cores(0, 1), rounds=3) as stage:
        return run_row(clap, stage)


def test_sides_take_turns_and_a_missing_one_is_told(taken: Taken) -> None:
    turns = [(s.case, s.side, s.round) for s in taken.samples]
    assert turns[:6] == [
        ("2", side, number) for number in range(3) for side in (("ours", "theirs")[:: 1 - number % 2 * 2])
    ]
    assert turns[6:] == [("4", "ours", number) for number in range(3)]
    assert taken.absent == {"missing": "it is not here"}
    assert "missing was not measured: it is not here" in table([taken])


def test_a_sample_that_fails_is_told_and_its_servers_are_ended(tmp_path: Path) -> None:
    clap, ended = Clap(), []
    clap.more = ("failing",)
    with Stage(tmp_path, tmp_path, Cores(0, 1), rounds=1, cases=("4",)) as stage:
        stage.keep("ours", lambda: closing(SimpleNamespace(close=lambda: ended.append("ours"))))
        taken = run_row(clap, stage)
        assert ended == ["ours"]
    assert "! 4, failing: no figure: TimeoutError: nobody came in" in table([taken])
    assert [line.case for line in lines_of(taken)] == ["4"]


def test_rows_on_the_same_servers_come_first_and_the_table_keeps_its_order(tmp_path: Path) -> None:
    told: list[str] = []
    clap, other = Clap(), Clap()
    other.name = "other"
    with Stage(tmp_path, tmp_path, Cores(0, 1), rounds=1, cases=("4",)) as stage:
        stage.say = told.append  # type: ignore[method-assign, assignment]  # what it says is what is tested
        taken = run([clap, other], stage, {"other"})
    assert [one.row.name for one in taken] == ["clap", "other"]
    assert [line.split()[0] for line in told] == ["other", "clap"]
    assert [line.split("(")[-1] for line in told] == ["0:02 left)", "0:00 left)"]


def test_the_time_left_follows_how_long_samples_take(tmp_path: Path) -> None:
    clap = Clap()
    with Stage(tmp_path, tmp_path, Cores(0, 1), rounds=100) as stage:
        left = Left.of([clap], stage)
    assert str(left) == "13:20 left", "400 samples of 2 s"
    for _ in range(200):
        left.passed(clap, 6.0)
    assert 400 * 2.5 < left.seconds < 400 * 3.0, "they take three times as long, and the first word has some weight"


def test_a_part_can_be_asked_for(tmp_path: Path) -> None:
    with Stage(tmp_path, tmp_path, Cores(0, 1), rounds=2, cases=("2",), sides=("theirs",)) as stage:
        samples = run_row(Clap(), stage).samples
    assert [(s.case, s.side, s.round) for s in samples] == [("2", "theirs", 0), ("2", "theirs", 1)]


def test_a_line_is_the_median_and_ratios_are_taken_within_a_round(taken: Taken) -> None:
    ours, theirs, alone = lines_of(taken)
    assert (ours.spread.least, ours.spread.median, ours.spread.most) == (10.0, 20.0, 30.0)
    ratio = ours.ratios["theirs"]
    assert (ratio.least, ratio.median, ratio.most, ratio.count) == (0.25, 0.25, 0.25, 3)
    assert theirs.ratios == {}
    assert alone.ratios == {}


def test_reaches_are_judged_where_they_apply_and_can_be(taken: Taken) -> None:
    ours, theirs, alone = lines_of(taken)
    assert [(one.figure, one.met) for one in ours.judged] == [(0.25, True)]
    assert theirs.judged == ()
    assert [(one.figure, one.met) for one in alone.judged] == [(20.0, False)]
    text = table([taken])
    assert "met (<= 0.5x theirs)" in text
    assert "MISSED (aim <= 15)" in text


def test_faults_stand_in_table_and_file(taken: Taken) -> None:
    assert "! 2, ours: torn" in table([taken])
    (row,) = as_json([taken], {"machine": {}})["rows"]
    assert row["lines"][0]["faults"] == ["torn"]
    assert [sample["faults"] for sample in row["samples"][:5:2]] == [[], [], ["torn"]]


def test_a_reach_has_two_ends() -> None:
    assert Reach("x", at_least=2.0, at_most=3.0).met_by(2.5)
    assert not Reach("x", at_least=2.0).met_by(1.9)
    assert str(Reach("x", at_least=1.0, of="y")) == ">= 1x y"


def test_rows_are_asked_for_by_name() -> None:
    names = [row.name for row in rows.ROWS]
    assert len(set(names)) == len(names)
    assert [row.name for row in rows.named(f" {names[0]}, ")] == names[:1]
    assert rows.named("") == list(rows.ROWS)
    with pytest.raises(LookupError, match="clap"):
        rows.named("clap")


@pytest.mark.parametrize("row", rows.ROWS, ids=lambda row: row.name)
def test_every_row_is_whole(row: Row) -> None:
    names = [measure.name for measure in row.measures]
    assert len(set(names)) == len(names)
    assert set(row.beside) <= set(names)
    assert {name for reach in row.reaches for name in (reach.measure, reach.of)} <= {*names, ""}
    assert {case for reach in row.reaches for case in reach.cases} <= set(row.cases)
    assert {m.side for m in row.measures} == {side for case in row.cases for side in row.sides(case)}
