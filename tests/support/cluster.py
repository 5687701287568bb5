"""A real cluster for tests: three primaries with a replica each, from the binary of tests/support/valkey.py.

    with ValkeyCluster(folder) as cluster:      # two to four seconds
        Store(cluster.url, shards)
        cluster.primary_of("hf:{s02}:in").kill()      # its replica takes over two seconds later or so

A node counts as failed after NODE_TIMEOUT_MS. The slots of a dead node do not stop the others (docs/operations.md).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import redis
from redis.crc import key_slot

from tests.support.processes import wait_for
from tests.support.valkey import ValkeyServer

PRIMARIES = 3
NODE_TIMEOUT_MS = 1000
SLOTS = 16384
SECONDS = 20.0


class Member(ValkeyServer):
    """One Valkey on a port of 127.0.0.1, and on a unix socket for those who watch it."""

    def __init__(self, folder: Path, port: int, options: tuple[str, ...] = ()) -> None:
        """Nothing runs yet."""
        self.port = port
        listening = ("--port", str(port), "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0")
        super().__init__(folder, options=(*listening, *options))

    def say(self, *words: str | int) -> Any:
        """One command, answered in text."""
        with redis.Redis.from_url(self.url, decode_responses=True) as client:
            return client.execute_command(*words)

    def info(self, section: str) -> dict[str, Any]:
        """What INFO says of a section."""
        with self.client() as client:
            found: dict[str, Any] = client.info(section)
        return found

    def has_role(self, role: str) -> bool:
        """Whether it is "master", or "slave" with its primary's data."""
        found = self.info("replication")
        return bool(found["role"] == role and (role == "master" or found["master_link_status"] == "up"))


class ValkeyCluster:
    """`members`: first the primaries, then a replica of each in the same order; a fail-over changes the roles.

    `spare`: the first primary has a second replica, so that one is left when the other has taken over.
    """

    def __init__(self, folder: Path, spare: bool = False) -> None:
        """Nothing runs yet."""
        self._size = 2 * PRIMARIES + spare
        cluster = (
            *("--cluster-enabled", "yes", "--cluster-node-timeout", str(NODE_TIMEOUT_MS)),
            *("--cluster-require-full-coverage", "no", "--cluster-replica-validity-factor", "0"),
        )
        ports = free_ports(2 * self._size)
        self._buses = ports[self._size :]
        self.members = [
            Member(folder / f"n{number}", ports[number], (*cluster, "--cluster-port", str(bus)))
            for number, bus in enumerate(self._buses)
        ]

    @property
    def url(self) -> str:
        """The address for HOLDFAST_ROOMS_URL: two of the nodes, as an operator would write it."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{member.port}" for member in self.members[:2])

    @property
    def alive(self) -> list[Member]:
        """The members that run."""
        return [member for member in self.members if member.process is not None]

    def start(self) -> None:
        """Start all, make them meet, give the primaries their slots and the replicas their primaries."""
        at_once([member.start for member in self.members])
        first = self.members[0]
        for member, bus in zip(self.members[1:], self._buses[1:], strict=True):
            first.say("CLUSTER", "MEET", "127.0.0.1", member.port, bus)
        primaries, replicas = self.members[:PRIMARIES], self.members[PRIMARIES:]
        for number, member in enumerate(primaries):
            end = SLOTS * (number + 1) // PRIMARIES - 1
            member.say("CLUSTER", "ADDSLOTSRANGE", SLOTS * number // PRIMARIES, end)
        wait_for(lambda: all(map(self._knows_all, self.members)), SECONDS, "the nodes do not meet")
        for primary, replica in zip([*primaries, primaries[0]], replicas, strict=False):
            replica.say("CLUSTER", "REPLICATE", primary.say("CLUSTER", "MYID"))
        self.wait_until_whole()

    def _knows_all(self, member: Member) -> bool:
        said: str = member.say("CLUSTER", "INFO")
        return f"cluster_known_nodes:{self._size}\r" in said and "cluster_state:ok" in said

    def wait_until_whole(self) -> None:
        """Return when three primaries stand and every replica has its data, and all know it."""
        wait_for(self._is_whole, SECONDS, "the cluster is not whole")

    def _is_whole(self) -> bool:
        replicas = [member for member in self.members if member.has_role("slave")]
        shown = [member.say("CLUSTER", "SLOTS") for member in self.members]
        nodes = [sum(len(row) - 2 for row in rows) for rows in shown]
        return len(replicas) == self._size - PRIMARIES and set(nodes) == {self._size}

    def primary_of(self, key: str) -> Member:
        """The living member that serves a key, in its own eyes."""
        slot = key_slot(key.encode())
        for member in self.alive:
            if member.has_role("master") and member.say("CLUSTER", "COUNTKEYSINSLOT", slot) >= 0:
                rows = member.say("CLUSTER", "SLOTS")
                if any(row[0] <= slot <= row[1] and row[2][1] == member.port for row in rows):
                    return member
        raise LookupError(f"nobody serves {key}")

    def flush(self) -> None:
        """Throw everything away."""
        for member in self.alive:
            if member.has_role("master"):
                member.say("FLUSHALL")
                member.say("SCRIPT", "FLUSH")

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

    def kill(self) -> None:
        """End all, hard."""
        for member in self.alive:
            member.kill()


def at_once(jobs: Sequence[Callable[[], None]]) -> None:
    """Do all at the same time; raises what the first to fail raised."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now, all different."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(probe.getsockname()[1]) for probe in probes]
