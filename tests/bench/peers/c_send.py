"""The floor: a program in C that only sends, compiled when it is asked for."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.machine import children_on
from tests.bench.stage import Absent, Stage
from tests.support.processes import Process

SOURCE = Path(__file__).with_name("send.c")
COMPILERS = ("cc", "gcc", "clang")


@dataclass(frozen=True, slots=True)
class CSend:
    """It runs: where it listens, and its processes by name."""

    port: int
    groups: dict[str, list[int]]


def compiled(stage: Stage) -> Path:
    """The program. Raises Absent without a compiler."""
    program = stage.folder / "send"
    if not program.exists():
        compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
        if compiler is None:
            raise Absent(f"no C compiler ({', '.join(COMPILERS)}) is on this machine")
        subprocess.run([compiler, "-O2", "-Wall", "-Werror", "-o", str(program), str(SOURCE)], check=True)
    return program


@contextmanager
def c_send(stage: Stage, clients: int, hz: int, size: int) -> Iterator[CSend]:
    """Runs for that many clients; begins when the last has come."""
    argv = [str(compiled(stage)), str(clients), str(hz), str(size)]
    with children_on(stage.cores.server):
        process = Process("send", argv)
    with process:
        process.wait_for_output("\n")
        yield CSend(int(process.output), {"send": [process.pid]})
