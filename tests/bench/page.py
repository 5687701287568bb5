"""docs/benchmarks.md and its pictures, made of var/bench/latest.json and nothing else.

    python -m tests.bench.page [--json var/bench/latest.json]      # make bench does it at its end

What people write into the page stands between `<!-- notes: NAME -->` and `<!-- end -->` and is kept.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from tests.bench.charts import Bar, Group, draw

TOP: Final = Path(__file__).resolve().parents[2]
LATEST: Final = TOP / "var" / "bench" / "latest.json"
DOCS: Final = TOP / "docs"
PICTURES: Final = "pictures/bench"
INTRO: Final = """# Benchmarks

`make bench` wrote this page, its tables and its pictures; only what stands under "Notes" was written by people.
A figure is the median of its rounds; beside it stand the least and the most.
"""
HOW: Final = """## How it was measured

- Every server runs on one core and the load generator on another, on one machine, over loopback. Faults (the
  generator's core was busy, others took the servers' core, states were missing) stand under the table of their row.
- All sides of a case take turns within a round, in an order that turns round. A ratio is taken within each round, and
  then its median.
- CPU is that of the processes' own clocks. Of ours all counts, web, engine, lobby worker and Redis, with the settings
  as shipped: every state is committed to Redis and its append-only file before anybody sees it. The peers keep nothing.
- Colyseus runs as its documentation shows it, in one process with the ws transport. It plays by the same rules, at the
  same rates, with the same clients.
- A reach is what we set out to reach, an aim what we hoped for besides.
"""
METHOD: Final = "method"
NOTES: Final = re.compile(r"<!-- notes: (?P<name>[\w-]+) -->\n(?P<text>.*?)<!-- end -->\n", re.DOTALL)

Json = dict[str, Any]


def page(results: Json, notes: dict[str, str]) -> str:
    """The whole page. `notes`: what people wrote, by row, and of the method."""
    parts = [INTRO, _machine(results), HOW, _kept(METHOD, notes), _reaches(results["rows"])]
    parts += [_row(row, notes) for row in results["rows"]]
    return "\n".join(parts)


def pictures(results: Json) -> dict[str, str]:
    """The SVG of each row and unit, by file name."""
    return {
        _picture(row, unit): draw(row["title"], unit, _groups([line for line in row["lines"] if line["unit"] == unit]))
        for row in results["rows"]
        for unit in _units(row)
    }


def read_notes(text: str) -> dict[str, str]:
    """What people wrote into a page, by the name it stands under."""
    return {found["name"]: found["text"] for found in NOTES.finditer(text)}


def write(results: Json, docs: Path = DOCS) -> None:
    """Write page and pictures; pictures that no row has any more go."""
    path, folder = docs / "benchmarks.md", docs / PICTURES
    notes = read_notes(path.read_text(encoding="utf-8")) if path.exists() else {}
    drawn = pictures(results)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        if old.name not in drawn:
            old.unlink()
    for name, svg in drawn.items():
        (folder / name).write_text(svg, encoding="utf-8")
    path.write_text(page(results, notes), encoding="utf-8")


def _machine(results: Json) -> str:
    machine, asked = results["machine"], results["settings"]
    facts = [
        ("made", results["made"]),
        ("machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mb']:,} MB, {machine['system']}"),
        ("versions", _listed(results["versions"])),
        (
            "rounds",
            f"{asked['rounds']}, interleaved; {asked['seconds']:g} s measured in each; {asked['took_s']} s in all",
        ),
    ]
    facts += [(name, _listed(told)) for name, told in results["notes"].items()]
    return "\n".join(["## What it was measured on", "", *_table(["", ""], facts)])


def _listed(facts: Json) -> str:
    return ", ".join(f"{name} {fact}" for name, fact in facts.items() if fact != "")


def _kept(name: str, notes: dict[str, str]) -> str:
    """A place for people's words."""
    return f"<!-- notes: {name} -->\n{notes.get(name, '')}<!-- end -->\n"


def _reaches(rows: list[Json]) -> str:
    """Each reach of each row: how far we got."""
    cells = [
        (
            f"[{row['title']}](#{row['name']})",
            line["case"],
            line["measure"],
            _said(reach),
            "met" if reach["met"] else "**missed**",
        )
        for row in rows
        for line in row["lines"]
        for reach in line["reaches"]
    ]
    met = sum(cell[-1] == "met" for cell in cells)
    head = ["row", "case", "figure", "reached", ""]
    return "\n".join(["## Reaches", "", f"{met} of {len(cells)} are met.", "", *_table(head, cells)])


def _said(reach: Json) -> str:
    return f"{reach['figure']:.3g} ({reach['reach']})"


def _row(row: Json, notes: dict[str, str]) -> str:
    beside = sorted({name for line in row["lines"] for name in line["ratios"]})
    head = ["case", "", "median", "least", "most", "unit", *(f"x {name}" for name in beside), "reach"]
    shown = [f"![{row['title']} in {unit}]({PICTURES}/{_picture(row, unit)})\n" for unit in _units(row)]
    absent = [f"- {side} was not measured: {why}" for side, why in row["absent"].items()]
    faults = [f"- {line['case']}, {line['measure']}: {fault}" for line in row["lines"] for fault in line["faults"]]
    return "\n".join(
        [
            f'<a id="{row["name"]}"></a>\n',
            f"## {row['title']}\n",
            f"{row['load']}\n",
            *shown,
            *_table(head, [_cells(line, beside) for line in row["lines"]]),
            *dict.fromkeys([*absent, *faults]),
            "",
            _kept(row["name"], notes),
        ]
    )


def _cells(line: Json, beside: list[str]) -> list[str]:
    ratios = [f"{line['ratios'][name]['median']:.2f}" if name in line["ratios"] else "" for name in beside]
    numbers = [_number(line, key) for key in ("median", "least", "most")]
    reaches = "; ".join(f"{'met' if one['met'] else '**missed**'} ({one['reach']})" for one in line["reaches"])
    return [line["case"], line["measure"], *numbers, line["unit"], *ratios, reaches]


def _number(line: Json, key: str) -> str:
    return f"{line[key]:,.{line['digits']}f}"


def _groups(lines: list[Json]) -> list[Group]:
    return [
        Group(case, tuple(map(_bar, several))) for case, several in groupby(lines, key=lambda line: str(line["case"]))
    ]


def _bar(line: Json) -> Bar:
    bounds = [reach["at_most"] or reach["at_least"] for reach in line["reaches"] if not reach["of"]]
    numbers = line["median"], line["least"], line["most"]
    return Bar(line["measure"], line["side"], *numbers, _number(line, "median"), bounds[0] if bounds else None)


def _units(row: Json) -> list[str]:
    return list(dict.fromkeys(line["unit"] for line in row["lines"]))


def _picture(row: Json, unit: str) -> str:
    plain = re.sub(r"\W+", "-", unit.replace("µ", "u").replace("%", "percent")).strip("-").lower()
    return f"{row['name']}-{plain}.svg" if len(_units(row)) > 1 else f"{row['name']}.svg"


def _table(head: list[str], cells: list[Any]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in cells:
        yield f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |"
    yield ""


def main() -> int:
    """Make the page of the last measurement, or of another one."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.page")
    asked.add_argument("--json", type=Path, default=LATEST)
    given = asked.parse_args()
    write(json.loads(given.json.read_text(encoding="utf-8")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
