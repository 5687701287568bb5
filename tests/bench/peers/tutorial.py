"""The Channels tutorial's server: stock Daphne, one process, and the Redis that its channel layer needs."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.machine import children_on
from tests.bench.peers.colyseus import free_port
from tests.bench.stage import Stage
from tests.support.processes import TOP, Process
from tests.support.valkey import ValkeyServer

BOARD_HZ = 2
"""It cannot carry 20 states a second to 300 clients; what one costs does not depend on how often."""
APPLICATION = "tests.bench.peers.tutorial_app:application"


@dataclass(frozen=True, slots=True)
class Tutorial:
    """It runs: its port, and its processes by name."""

    port: int
    groups: dict[str, list[int]]


@contextmanager
def tutorial(stage: Stage) -> Iterator[Tutorial]:
    """Runs and listens. Its Redis keeps nothing, as it only carries messages."""
    folder, port = Path(tempfile.mkdtemp(prefix="t", dir=stage.folder)), free_port()
    valkey = ValkeyServer(folder, options=("--appendonly", "no"))
    argv = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "1", APPLICATION]
    env = {
        "REDIS_URL": valkey.url,
        "PYTHONPATH": os.fspath(TOP),
        "DJANGO_SETTINGS_MODULE": "",
        "BOARD_HZ": str(BOARD_HZ),
    }
    with children_on(stage.cores.server):
        valkey.start()
        process = Process("tutorial", argv, env)
    with process:
        try:
            process.wait_for_output("Listening on TCP")
            assert valkey.process is not None
            yield Tutorial(port, {"tutorial": [process.pid], "redis": [valkey.process.pid]})
        finally:
            valkey.kill()
