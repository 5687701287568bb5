"""`make chaos`: a long scenario, a table at its end, the same as JSON; exit code 1 when anything was violated."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import tests.conftest as setup  # first: it sets up the environment and Django, as for any test
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.network import Network
from tests.chaos.scenario import Scenario
from tests.chaos.stage import Stage

TOP = Path(__file__).resolve().parents[2]
OUT = TOP / "var" / "chaos"


def named(words: str) -> list[Fault]:
    """The faults that words name: whole names, or a group such as "redis"; no words name all."""
    found = [
        fault
        for fault in FAULTS.values()
        if not words or any(fault.name == word or fault.name.startswith(f"{word}-") for word in words.split(","))
    ]
    if not found:
        raise SystemExit(f"No fault is called {words!r}. There are: {', '.join(FAULTS)}.")
    return found


def by_count(seed: str, counts: str) -> list[Fault]:
    """So many of each kind, such as "engine-kill:200,redis:20" (a group: so many of each of its kinds), mixed."""
    plan: list[Fault] = []
    for part in counts.split(","):
        word, _, count = part.partition(":")
        plan += [fault for fault in named(word) for _ in range(int(count or 1))]
    Random(f"{seed}:plan").shuffle(plan)
    return plan


def by_time(seed: str, minutes: float, words: str) -> Iterator[Fault]:
    """Any of these, for so long."""
    rng, kinds = Random(f"{seed}:plan"), named(words)
    until = time.monotonic() + minutes * 60
    while time.monotonic() < until:
        yield rng.choice(kinds)


def main() -> int:
    """Read what is asked for, do it, tell."""
    asked = argparse.ArgumentParser(prog="make chaos")
    asked.add_argument("--seed", default="")
    asked.add_argument("--minutes", type=float, default=5.0)
    asked.add_argument("--counts", default="", help="engine-kill:200,web-kill:50,redis:20 instead of minutes")
    asked.add_argument("--faults", default="", help="only these kinds or groups, by commas")
    asked.add_argument("--rooms", type=int, default=12)
    asked.add_argument("--fsync", default="always", choices=("always", "everysec"), help="of Valkey's append-only file")
    given = asked.parse_args()
    seed = given.seed or secrets.token_hex(4)
    logging.disable(logging.WARNING)  # the store's, in this process: faults are made on purpose
    print(f"seed {seed}", flush=True)
    plan = by_count(seed, given.counts) if given.counts else by_time(seed, given.minutes, given.faults)
    begun = time.monotonic()
    with Network() as network, Stage(Path(setup.RUN_FOLDER) / "chaos", network, fsync=given.fsync) as stage:
        stage.open()
        scenario = Scenario(
            stage, seed, rooms=given.rooms, failed=OUT / "failed", tell=lambda line: print(line, flush=True)
        )
        try:
            tally = asyncio.run(scenario.run(itertools.chain(plan)))
        finally:
            (OUT / "fleet.log").parent.mkdir(parents=True, exist_ok=True)
            (OUT / "fleet.log").write_text(stage.output(), encoding="utf-8")
    tally.write(OUT / "latest.json")
    print(f"\n{tally.table()}\n\n{time.monotonic() - begun:.0f} s; {OUT / 'latest.json'}")
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
