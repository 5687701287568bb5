"""Ours, as `make play` starts it: Valkey as shipped, an engine, a lobby worker, a web process; no built-in bots."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import games
from tests.bench.machine import children_on
from tests.bench.stage import Stage
from tests.support.fleet import READY_SECONDS, Fleet
from tests.support.processes import TOP

CROWD = {"HOLDFAST_MAX_SOCKETS_PER_ADDRESS": "10000"}
"""All the load comes from one address."""


@dataclass(frozen=True, slots=True)
class Holdfast:
    """It runs: its fleet, and its processes by name."""

    fleet: Fleet
    groups: dict[str, list[int]]

    @property
    def port(self) -> int:
        """Of the first web process."""
        return self.fleet.web[0].port

    @property
    def redis_url(self) -> str:
        """Where its rooms are."""
        return self.fleet.valkey.url


@contextmanager
def holdfast(
    stage: Stage, *, web: int = 1, engines: int = 1, env: Mapping[str, str] | None = None
) -> Iterator[Holdfast]:
    """Runs, with the games of the bench installed."""
    from django.conf import settings

    folder = Path(tempfile.mkdtemp(prefix="f", dir=stage.folder))
    path = os.pathsep.join([str(games.install(folder / "site")), str(TOP)])
    fleet = Fleet(folder, {"PYTHONPATH": path, **CROWD, **(env or {})})
    fleet.valkey.options = ("--appendfsync", settings.FSYNC)  # a later option wins; tests' own Valkey does not sync
    stage.notes["holdfast"] = {"appendfsync": settings.FSYNC, "web": web, "engines": engines, **CROWD}
    with fleet:
        with children_on(stage.cores.server):
            fleet.start(web=web, engines=engines)
        for process, word in [*((one, "starts;") for one in fleet.engines), *((one, "runs") for one in fleet.lobby)]:
            process.wait_for_output(word, READY_SECONDS)  # else what it loads would be charged to the first sample
        yield Holdfast(fleet, _groups(fleet))


def _groups(fleet: Fleet) -> dict[str, list[int]]:
    valkey = fleet.valkey.process
    assert valkey is not None
    return {
        "web": [web.process.pid for web in fleet.web],
        "engine": [process.pid for process in fleet.engines],
        "lobby": [process.pid for process in fleet.lobby],
        "redis": [valkey.pid],
    }
