"""Colyseus on Node, one process, as its documentation shows it."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.machine import children_on
from tests.bench.peers.installing import installed
from tests.bench.stage import Stage
from tests.support.processes import Process

SOURCE = Path(__file__).with_name("colyseus.mjs")


@dataclass(frozen=True, slots=True)
class Colyseus:
    """It runs: its port, and its processes by name."""

    port: int
    process: Process
    groups: dict[str, list[int]]


@contextmanager
def colyseus(stage: Stage) -> Iterator[Colyseus]:
    """Runs and listens."""
    folder, port = installed(stage), free_port()
    program = folder / "server.mjs"
    shutil.copyfile(SOURCE, program)  # beside node_modules, where Node looks for them
    env = {"PORT": str(port), "NODE_ENV": "production"}
    with children_on(stage.cores.server):
        process = Process("colyseus", [str(folder / "node_modules" / ".bin" / "node"), str(program)], env)
    with process:
        process.wait_for_output("listening")
        yield Colyseus(port, process, {"colyseus": [process.pid]})


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
