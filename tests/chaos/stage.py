"""The fleet of a scenario: two web processes, two engines, a lobby worker, each behind lines of its own.

players -> line "client-0" -> web 0 -> line "redis-web-0" -> Valkey

A process that was killed is started again by `restart`, at its old place behind the same lines, as a supervisor would.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Literal

from tests.chaos.link import Line, Place
from tests.chaos.network import Network
from tests.support.fleet import READY_SECONDS, Fleet, Web, _listen
from tests.support.processes import Process, wait_for

Role = Literal["engine", "web", "lobby"]
ENV: Final = {"HOLDFAST_ROOM_IDLE_S": "20", "HOLDFAST_PING_S": "4", "HOLDFAST_PONG_S": "3"}
"""A shorter patience than in production: scenarios are in a hurry."""
COMMANDS: Final = {"engine": "runengine", "lobby": "runlobby", "web": "runweb"}


class Stage(Fleet):
    """A context: leaving it ends everything."""

    def __init__(
        self, folder: Path, network: Network, env: Mapping[str, str] | None = None, fsync: str = "always"
    ) -> None:
        """`fsync`: with "everysec" a killed Valkey loses what it had answered while the disk was busy."""
        super().__init__(folder, {**ENV, **(env or {})})
        self.valkey.options, self.fsync = ("--appendfsync", fsync), fsync
        self.network = network
        self.cast: dict[str, Process] = {}
        """By name, such as "engine-0": who plays each part now."""
        self.ports: list[int] = []
        """Where players reach each web process."""
        self.down: set[str] = set()
        """Who is dead or to die on purpose."""
        self.halved: set[tuple[int, int]] = set()
        """Connections of players that have only one direction left: the web process, and the port they came from."""

    def open(self, web: int = 2, engines: int = 2) -> None:
        """Start everything and wait until it answers."""
        self.valkey.start()
        self._make_tables()
        names = [*(f"engine-{n}" for n in range(engines)), "lobby-0", *(f"web-{n}" for n in range(web))]
        for name in names:
            self.network.open(f"redis-{name}", Line.unix(self._door(name)), Line.unix(self.valkey.socket))
            self.restart(name)
        for n in range(web):
            self.ports.append(self.network.open(f"client-{n}", Line.tcp(), Line.tcp(self.web[n].port)))
        self.wait_until_ready()
        for n in range(engines):
            self.cast[f"engine-{n}"].wait_for_output("starts;", READY_SECONDS)

    def _door(self, name: str) -> Path:
        """The socket at which a process finds Redis."""
        return self.folder / f"{name}.sock"

    def restart(self, name: str) -> None:
        """Start a process anew in its place; nothing waits for it."""
        role, _, number = name.partition("-")
        env = {"REDIS_URL": f"unix://{self._door(name)}"}
        if role == "web":
            self._restart_web(int(number), env)
        else:
            self.cast[name] = self._start(role, int(number), COMMANDS[role], env=env)
        self.down.discard(name)

    def _restart_web(self, number: int, env: dict[str, str]) -> None:
        listening = _listen()
        host, port = listening.getsockname()
        words = ("runweb", "--fd", str(listening.fileno()))
        process = self._start("web", number, *words, env=env, inherited=(listening.fileno(),))
        listening.close()
        self.cast[f"web-{number}"] = process
        self.web[number : number + 1] = [Web(process, host, port)]

    def end(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a process to its end; for any but SIGKILL this returns before it is gone."""
        self.down.add(name)
        if name.startswith("web"):
            self.network.do(f"client-{name[4:]}", "refuse")
        self.cast[name].send(how)
        if how == signal.SIGKILL:
            self.cast[name].kill()

    def ready(self, name: str) -> bool:
        """Whether a process that was started has got to work."""
        if name.startswith("web"):
            return self.web[int(name[4:])].answers()
        return not name.startswith("engine") or "starts;" in self.cast[name].output

    def owner(self, name: str) -> str:
        """The name by which an engine holds leases; "" before it told."""
        found = re.search(r"engine (\w+) starts;", self.cast[name].output)
        return found[1] if found else ""

    def lines(self, *roles: str) -> list[str]:
        """The lines to Redis of these roles, of all when none is named."""
        return [f"redis-{name}" for name in self.cast if not roles or name.partition("-")[0] in roles]

    def each(self, lines: list[str], what: str, **how: Any) -> None:
        """The same fault on several lines."""
        for line in lines:
            self.network.do(line, what, **how)

    def dead(self) -> list[str]:
        """Who died though nobody wanted it."""
        return [name for name, process in self.cast.items() if not process.running and name not in self.down]

    def await_ready(self, name: str, seconds: float = READY_SECONDS) -> None:
        """Wait until a restarted process works; only then a web process is given players, as a balancer does."""
        wait_for(lambda: self.ready(name), seconds, lambda: f"{name} is ready:\n{self.cast[name].output}")
        if name.startswith("web"):
            number = int(name[4:])
            self.network.do(f"client-{number}", "aim", **asdict(Place(port=self.web[number].port)))
            self.network.do(f"client-{number}", "open_again")
