"""A primary with replicas and three Sentinels for tests, from the binary of tests/support/valkey.py.

with Watched(folder) as watched:            # about two seconds
    Store(watched.url, shards)
    watched.primary().kill()                # a replica is promoted two seconds later or so
"""

from __future__ import annotations

import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import redis

from gameserver.valkey import find_binary
from tests.support.cluster import SECONDS, Member, at_once, free_ports
from tests.support.processes import wait_for

NAME = "rooms"
DOWN_MS = 1000
CONFIG = """
port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {name} 127.0.0.1 {primary} 2
sentinel down-after-milliseconds {name} {down}
sentinel failover-timeout {name} 4000
"""


class Sentinel:
    """One of those who watch; its configuration is a file that it rewrites."""

    def __init__(self, folder: Path, port: int, primary: int) -> None:
        """Nothing runs yet."""
        self.folder, self.port = folder, port
        self._primary = primary
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True)
        config = self.folder / "sentinel.conf"
        config.write_text(
            CONFIG.format(port=self.port, folder=self.folder, name=NAME, primary=self._primary, down=DOWN_MS)
        )
        argv = [str(find_binary()), str(config), "--sentinel", "--logfile", str(self.folder / "sentinel.log")]
        self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
        wait_for(self._answers, SECONDS, f"the Sentinel on port {self.port} does not answer")

    def _answers(self) -> bool:
        try:
            return bool(self.say("PING"))
        except redis.ConnectionError:
            return False

    def say(self, *words: str | int) -> Any:
        """One command, answered in text."""
        with redis.Redis(port=self.port, decode_responses=True) as client:
            return client.execute_command(*words)

    def kill(self) -> None:
        """End it, hard."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(timeout=10)
            self._process = None


class Watched:
    """`members`: the first primary and its replicas; a fail-over changes the roles."""

    def __init__(self, folder: Path, replicas: int = 1) -> None:
        """Nothing runs yet."""
        ports = free_ports(4 + replicas)
        self.members = [Member(folder / f"m{number}", port) for number, port in enumerate(ports[3:])]
        self.sentinels = [Sentinel(folder / f"s{number}", port, ports[3]) for number, port in enumerate(ports[:3])]

    @property
    def url(self) -> str:
        """The address for HOLDFAST_ROOMS_URL; a Sentinel that is not there stands first."""
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://127.0.0.1:1,{hosts}/{NAME}"

    def primary(self) -> Member:
        """The one that the first Sentinel calls so."""
        _, port = self.sentinels[0].say("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
        return next(member for member in self.members if member.port == int(port))

    def start(self) -> None:
        """Start all, and return when the replicas have its data and the Sentinels know them and each other."""
        at_once([member.start for member in self.members])
        first, *replicas = self.members
        for replica in replicas:
            replica.say("REPLICAOF", "127.0.0.1", first.port)
        wait_for(lambda: all(each.has_role("slave") for each in replicas), SECONDS, "a replica has no data")
        at_once([sentinel.start for sentinel in self.sentinels])
        wait_for(lambda: all(map(self._knows_all, self.sentinels)), SECONDS, "the Sentinels do not meet")

    def _knows_all(self, sentinel: Sentinel) -> bool:
        rows = sentinel.say("SENTINEL", "MASTER", NAME)
        said = dict(zip(rows[::2], rows[1::2], strict=True)) if isinstance(rows, list) else rows
        known = int(said["num-slaves"]), int(said["num-other-sentinels"])
        return known == (len(self.members) - 1, len(self.sentinels) - 1)

    def kill(self) -> None:
        """End all, hard."""
        for sentinel in self.sentinels:
            sentinel.kill()
        for member in self.members:
            member.kill()

    def __enter__(self) -> Self:
        """Start it, or leave nothing behind."""
        with ExitStack() as ending:
            ending.callback(self.kill)
            self.start()
            ending.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End all, hard."""
        self.kill()
