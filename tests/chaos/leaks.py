"""Is everything given back? What processes and Redis hold after many rooms under faults, against what they held before.

`python -m tests.chaos.leaks --rooms 1000` (make chaos-leaks) does it at length, test_scenario.py in short.

Bounds, for each process, against its role's baseline after the first rooms: as many open files and 24 more (a pool of
connections grows with the worst moment, to 16, and stays; at Valkey's end those of five processes meet), as many
threads and 8 more, 1.25 times its memory and 24 MB more. Of rooms nothing stays in Redis.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import redis

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.network import Network
from tests.chaos.scenario import Scenario
from tests.chaos.stage import Stage

FILES, THREADS, MEMORY_TIMES, MEMORY_KB = 24, 8, 1.25, 24 * 1024
POOL: Final = 16
CLOSE_S: Final = 60.0
"""Rooms are closed, and what lapses has lapsed, by then."""
WARM: Final = 40
QUICK: Final = ("tictactoe", "snake")
ENV: Final = {"HOLDFAST_ROOM_IDLE_S": "8"}
KINDS: Final = (
    *("engine-kill", "web-kill", "redis-reset", "redis-freeze", "redis-full", "redis-slow", "redis-restart"),
    *("client-reset", "client-half-open", "client-stall", "engine-partition"),
)
LASTING: Final = re.compile(r"hf:(meta|engines|webs|counts:.*)|hf:\{s\d\d\}:(lease|meta|out)|hf-cache:.*|hf-layer.*")
STREAMS: Final = re.compile(r"hf:\{s\d\d\}:(in|outbox|bots)")


@dataclass(frozen=True, slots=True)
class Footprint:
    """What one process holds."""

    files: int
    threads: int
    memory_kb: int

    @classmethod
    def of(cls, pid: int) -> Footprint:
        """Of a living process."""
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        numbers = {
            name: int(re.findall(rf"^{name}:\s+(\d+)", status, re.MULTILINE)[0]) for name in ("Threads", "VmRSS")
        }
        return cls(len(os.listdir(f"/proc/{pid}/fd")), numbers["Threads"], numbers["VmRSS"])

    def exceeds(self, base: Footprint, files: int = FILES) -> bool:
        """Whether it is beyond the bounds."""
        return (
            self.files > base.files + files
            or self.threads > base.threads + THREADS
            or self.memory_kb > base.memory_kb * MEMORY_TIMES + MEMORY_KB
        )


def measure(stage: Stage) -> dict[str, Footprint]:
    """By role, and "valkey"; of several processes of a role the greatest of each number."""
    found: dict[str, list[Footprint]] = {}
    for name, process in stage.cast.items():
        found.setdefault(name.partition("-")[0], []).append(Footprint.of(process.pid))
    assert stage.valkey.process is not None
    found["valkey"] = [Footprint.of(stage.valkey.process.pid)]
    return {
        role: Footprint(*(max(getattr(one, part) for one in several) for part in Footprint.__slots__))
        for role, several in found.items()
    }


def left_in(client: redis.Redis) -> list[str]:
    """What of rooms is left in Redis."""
    left: list[str] = []
    for raw in client.scan_iter(count=1000):
        key = raw.decode()
        if STREAMS.fullmatch(key):
            left += [f"{key} has {client.xlen(key)} entries"] if client.xlen(key) else []
        elif not LASTING.fullmatch(key):
            left.append(key)
    return left


def wait_for_rest(stage: Stage, base: dict[str, Footprint], seconds: float = CLOSE_S) -> list[str]:
    """What is still held when all should have been given back; returns as soon as there is nothing."""
    deadline = time.monotonic() + seconds
    with stage.valkey.client() as client:
        while True:
            left = left_in(client)
            if not left:
                now = measure(stage)
                files = {"valkey": POOL * len(stage.cast)}
                left = [
                    f"{role}: {now[role]}, before {base[role]}"
                    for role in base
                    if now[role].exceeds(base[role], files.get(role, FILES))
                ]
            if left and time.monotonic() > deadline:
                lines = {line: stage.network.do(line, "connections") for line in stage.lines()}
                return [*left, f"connections: {lines}"]
            if not left:
                return []
            time.sleep(0.2)  # between two looks, until the deadline


def warm_up(stage: Stage, rooms: int, seed: str) -> dict[str, Footprint]:
    """Open and play some rooms; what processes hold then is the baseline."""
    scenario = Scenario(stage, f"{seed}-warm", rooms=rooms, games=QUICK, matches=1, brief=True, pace=0.4)
    tally = asyncio.run(scenario.run([FAULTS["redis-reset"]]))
    assert tally.violations == []
    return measure(stage)


def until_opened(scenario: Scenario, rooms: int, seed: str) -> Iterator[Fault]:
    """Faults of the kinds above, until so many rooms were opened."""
    rng = Random(f"{seed}:plan")
    while scenario.opened < rooms:
        yield FAULTS[rng.choice(KINDS)]


def main() -> int:
    """Do it at length, and tell."""
    import tests.conftest as setup

    asked = argparse.ArgumentParser(prog="make chaos-leaks")
    asked.add_argument("--seed", default="leaks")
    asked.add_argument("--rooms", type=int, default=1000)
    given = asked.parse_args()
    logging.disable(logging.WARNING)
    with Network() as network, Stage(Path(setup.RUN_FOLDER) / "leaks", network, ENV) as stage:
        stage.open()
        base = warm_up(stage, WARM, given.seed)
        games = ("tictactoe", "snake", "tictactoe", "battleship")
        scenario = Scenario(stage, given.seed, rooms=WARM, games=games, matches=1, brief=True, pace=0.3, tell=print)
        tally = asyncio.run(scenario.run(until_opened(scenario, given.rooms, given.seed)))
        left = wait_for_rest(stage, base)
        after = measure(stage)
    print(f"\n{tally.table()}\n\n{scenario.opened} rooms; files, threads and memory (kB) before and after:")
    for role, before in base.items():
        print(f"{role:<10}{before.files:>6} {after[role].files:<6}{before.threads:>6} {after[role].threads:<6}", end="")
        print(f"{before.memory_kb:>10} {after[role].memory_kb}")
    print("\n".join(left) or "nothing is left")
    return 1 if left or tally.violations else 0


if __name__ == "__main__":
    import tests.conftest  # noqa: F401  sets up the environment and Django

    sys.exit(main())
