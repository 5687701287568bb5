"""The results as one plain table, and as the plain values of var/bench/latest.json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from tests.bench.result import Judged, Line, Spread, lines_of
from tests.bench.runner import Taken

FORMAT = 1
"""Of the JSON; grows when a reader of older files would misread it."""


def table(rows: Iterable[Taken]) -> str:
    """Everything, for a terminal."""
    return "\n\n".join(_block(taken) for taken in rows)


def _block(taken: Taken) -> str:
    head = f"{taken.row.title} ({taken.row.name}): {taken.row.load}"
    beside = list(taken.row.beside)
    lines = lines_of(taken)
    cells = [["case", "what", "median", "least", "most", "", *(f"x {name}" for name in beside), "reach"]]
    cells += [_cells(line, beside) for line in lines]
    faults = [f"  ! {sample.case}, {sample.side}: {fault}" for sample in taken.samples for fault in sample.faults]
    absent = [f"  - {side} was not measured: {why}" for side, why in taken.absent.items()]
    return "\n".join([head, *_columns(cells), *dict.fromkeys(faults), *absent])


def _cells(line: Line, beside: Sequence[str]) -> list[str]:
    digits, spread = line.measure.digits, line.spread
    numbers = [f"{figure:.{digits}f}" for figure in (spread.median, spread.least, spread.most)]
    ratios = [f"{line.ratios[name].median:.2f}" if name in line.ratios else "" for name in beside]
    mark = " !" if line.faults else ""
    return [
        line.case,
        line.measure.name + mark,
        *numbers,
        line.measure.unit,
        *ratios,
        "; ".join(map(_said, line.judged)),
    ]


def _said(judged: Judged) -> str:
    return f"{'met' if judged.met else 'MISSED'} ({judged.reach})"


def _columns(cells: Sequence[Sequence[str]]) -> list[str]:
    """Lined up; words to the left, numbers to the right."""
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    last = len(widths) - 1
    return [
        "  "
        + "  ".join(
            text.rjust(widths[place]) if 2 <= place < last and place != 5 else text.ljust(widths[place])
            for place, text in enumerate(row)
        ).rstrip()
        for row in cells
    ]


def as_json(rows: Iterable[Taken], about: dict[str, Any]) -> dict[str, Any]:
    """What is written to the file: `about` (machine, versions, settings), then each row with lines and raw samples."""
    return {"format": FORMAT, **about, "rows": [_row(taken) for taken in rows]}


def _row(taken: Taken) -> dict[str, Any]:
    row = taken.row
    return {
        "name": row.name,
        "title": row.title,
        "load": row.load,
        "absent": taken.absent,
        "lines": [_line(line) for line in lines_of(taken)],
        "samples": [asdict(sample) for sample in taken.samples],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "case": line.case,
        "measure": line.measure.name,
        "side": line.measure.side,
        "unit": line.measure.unit,
        "digits": line.measure.digits,
        **_spread(line.spread),
        "ratios": {name: _spread(ratio) for name, ratio in line.ratios.items()},
        "reaches": [
            {"reach": str(one.reach), **asdict(one.reach), "figure": one.figure, "met": one.met} for one in line.judged
        ],
        "faults": list(line.faults),
    }


def _spread(spread: Spread) -> dict[str, Any]:
    return asdict(spread)
