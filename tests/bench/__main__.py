"""`make bench`: takes the samples, prints the table, writes var/bench/latest.json, and of all rows docs/benchmarks.md.

    python -m tests.bench [--rows fan-out,input] [--rounds 3] [--seconds 1.5] [--json PATH]
    python -m tests.bench --rows fan-out --cases 100x10 --sides ours,colyseus      while something is made faster

Missed reaches and faults of samples are results: they are told, and the exit code stays 0.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import tests.conftest as setup  # first: it sets up the environment and Django, as for any test
from tests.bench import machine, page, rows
from tests.bench.runner import run
from tests.bench.stage import Stage
from tests.bench.table import as_json, table

TOP = Path(__file__).resolve().parents[2]
OUT = TOP / "var" / "bench"


def words(text: str) -> tuple[str, ...]:
    """The words of a list parted by commas."""
    return tuple(filter(None, (word.strip() for word in text.split(","))))


def main() -> int:
    """Read what is asked for, do it, tell."""
    asked = argparse.ArgumentParser(prog="make bench")
    asked.add_argument("--rows", default="", help=f"only these, by commas: {', '.join(row.name for row in rows.ROWS)}")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seconds", type=float, default=1.5, help="measured time of a sample")
    asked.add_argument("--cases", type=words, default=(), help="only these cases of the rows, by commas: 100x10")
    asked.add_argument("--sides", type=words, default=(), help="only these sides, by commas: ours,colyseus")
    asked.add_argument("--json", type=Path, default=OUT / "latest.json")
    given = asked.parse_args()
    try:
        wanted = rows.named(given.rows)
    except LookupError as error:
        asked.error(str(error))
    logging.getLogger("picows").setLevel(logging.WARNING)  # it tells of every connection
    cores = machine.choose_cores()
    if not cores.apart:
        print("Only one core: servers and load share it, so times mean little.", file=sys.stderr)
    about = {"made": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine.describe()}
    os.sched_setaffinity(0, {cores.load})
    begun = time.monotonic()
    folder = Path(setup.RUN_FOLDER) / "bench"
    folder.mkdir()
    stage = Stage(folder, TOP / ".venv" / "bench", cores, given.seconds, given.rounds, given.cases, given.sides)
    with stage:
        taken = run(wanted, stage, rows.TOGETHER)
    settings = {"rounds": given.rounds, "seconds": given.seconds, "took_s": round(time.monotonic() - begun)}
    about |= {"versions": machine.versions(), "settings": settings, "notes": stage.notes}
    given.json.parent.mkdir(parents=True, exist_ok=True)
    results = as_json(taken, about)
    given.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if given.json == page.LATEST and not (
        given.rows or given.cases or given.sides
    ):  # of a part there is no page: python -m tests.bench.page makes one
        page.write(results)
    print(f"{table(taken)}\n\n{settings['took_s']} s; {given.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
