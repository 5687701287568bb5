"""A fleet of real processes for tests: web, engines, lobby worker, bots; a Valkey and a database of its own.

    def test_takeover(start_fleet: StartFleet) -> None:
        fleet = start_fleet(web=2, engines=2)
        ... websockets.connect(fleet.web[0].url("/ws/...", "ws")) ...
        fleet.engines[0].kill()
        fleet.add_engine()

Each web process has a port of its own (`shared=True`: one port for all, as under `make play`). Whatever
happens, every process is ended when the test is over; if the test failed, pytest shows what they said.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from tests.support.processes import Process, wait_for
from tests.support.valkey import ValkeyServer

READY_SECONDS = 60.0  # with every core busy elsewhere
StartFleet = Callable[..., "Fleet"]


@dataclass(slots=True)
class Web:
    """One web process and where it listens."""

    process: Process
    host: str
    port: int

    def url(self, path: str = "/", scheme: str = "http") -> str:
        """An address on it: `url("/ws", "ws")` for a WebSocket."""
        return f"{scheme}://{self.host}:{self.port}{path}"

    def answers(self) -> bool:
        """Whether `/healthz` says 200."""
        try:
            with urllib.request.urlopen(self.url("/healthz"), timeout=2) as response:
                return bool(response.status == 200)
        except (OSError, urllib.error.URLError):
            return False


class Fleet:
    """Processes that share one Valkey and one database in `folder`. A context: leaving it ends them all."""

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        """Nothing runs yet; `env` is added to every process."""
        self.folder = folder
        self.valkey = ValkeyServer(folder / "valkey", socket=folder / "v.sock")
        self.env = {
            "REDIS_URL": self.valkey.url,
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "HOLDFAST_VAR": str(folder),
            "HOLDFAST_CHANNEL_LAYER": "redis",
            "HOLDFAST_PROCESS": "test",
            **(env or {}),
        }
        self.web: list[Web] = []
        self.engines: list[Process] = []
        self.lobby: list[Process] = []
        self.bots: list[Process] = []
        self._shared: socket.socket | None = None
        self._all: list[Process] = []

    def start(self, *, web: int = 1, engines: int = 1, lobby: int = 1, bots: int = 0, shared: bool = False) -> Self:
        """Start Valkey, make the tables, start so many of each, and return when every web process answers."""
        self.valkey.start()
        self._make_tables()
        for _ in range(engines):
            self.add_engine()
        for _ in range(lobby):
            self.lobby.append(self._start("lobby", len(self.lobby), "runlobby"))
        for _ in range(web):
            self.add_web(shared=shared)
        self.wait_until_ready()
        for _ in range(bots):
            self.add_bots()
        return self

    def run_command(self, *words: str) -> str:
        """Run one `manage.py` command to its end; its output. Fails if it fails."""
        with Process.manage(words[0], *words, env=self.env) as process:
            code = process.wait(60)
            assert code == 0, f"manage.py {' '.join(words)} ended with {code}:\n{process.output}"
            return process.output

    def add_engine(self, *words: str) -> Process:
        """One more engine."""
        self.engines.append(self._start("engine", len(self.engines), "runengine", *words))
        return self.engines[-1]

    def add_bots(self, *words: str) -> Process:
        """One more process of bots, which play through the first web process."""
        self.bots.append(self._start("bots", len(self.bots), "runbots", "--url", self.web[0].url(""), *words))
        return self.bots[-1]

    def add_web(self, *words: str, shared: bool = False) -> Web:
        """One more web process, on a port of its own or on the one all shared ones have; not waited for.

        `words`: more for runweb, such as "--server", "uvicorn".
        """
        listening = self._shared if shared and self._shared else _listen()
        if shared:
            self._shared = listening
        host, port = listening.getsockname()
        descriptor = listening.fileno()
        process = self._start("web", len(self.web), "runweb", "--fd", str(descriptor), *words, inherited=(descriptor,))
        if not shared:
            listening.close()  # the child has it; once the child is dead the port must refuse
        self.web.append(Web(process, host, port))
        return self.web[-1]

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> None:
        """Return when every living web process answers; fail with their output if one does not."""
        for web in self.web:
            process, answers = web.process, web.answers
            wait_for(lambda p=process, a=answers: a() or not p.running, seconds, self.output)  # type: ignore[misc]
            assert process.running, f"{process.name} ended:\n{process.output}"

    @property
    def processes(self) -> list[Process]:
        """Every process of ours that was ever started here."""
        return list(self._all)

    def output(self) -> str:
        """What every process said, one after the other."""
        return "\n".join(f"--- {process.name}\n{process.output}" for process in self._all)

    def close(self) -> None:
        """End everything, hard."""
        for process in reversed(self._all):
            process.kill()
        if self._shared is not None:
            self._shared.close()
        self.valkey.kill()

    def _make_tables(self) -> None:
        """Migrate, or copy what the first fleet of this run migrated: it takes a second or two."""
        ours, template = self.folder / "db.sqlite3", self.folder.parent / "migrated.sqlite3"
        if self.env["DATABASE_URL"] != f"sqlite:///{ours}":
            self.run_command("migrate", "--noinput", "-v0")
        elif template.exists():
            shutil.copyfile(template, ours)
        else:
            self.run_command("migrate", "--noinput", "-v0")
            shutil.copyfile(ours, template)

    def _start(
        self,
        group: str,
        number: int,
        *words: str,
        env: Mapping[str, str] | None = None,
        inherited: tuple[int, ...] = (),
    ) -> Process:
        name = f"{group}-{number + 1}"
        process = Process.manage(
            name, *words, env={**self.env, "HOLDFAST_PROCESS": name, **(env or {})}, inherited=inherited
        )
        self._all.append(process)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _listen() -> socket.socket:
    """A listening socket on a free port, with a backlog for a crowd."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    listening.setblocking(False)
    return listening


@pytest.fixture
def start_fleet() -> Iterator[StartFleet]:
    """Starts fleets: `start_fleet(web=2, engines=2, env={...})`; all are ended after the test."""
    fleets: list[Fleet] = []

    def start(*, env: Mapping[str, str] | None = None, **numbers: int) -> Fleet:
        # Not pytest's own folders: their paths are too long for a unix socket on some machines.
        fleet = Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])), env)
        fleets.append(fleet)
        return fleet.start(**numbers)  # type: ignore[arg-type]

    yield start
    for fleet in fleets:
        sys.stderr.write(fleet.output())  # pytest shows it only if the test failed
        fleet.close()
