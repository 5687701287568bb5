"""Which server a key's command goes to: always the same one, unless the rooms live on a cluster (cluster.py)."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from redis.exceptions import MovedError

from rooms.store.addresses import Address, Host
from rooms.store.connections import Command, Connections, Find
from rooms.store.errors import StoreUnavailable
from rooms.store.limits import COMMAND_CONNECTIONS, WAITING_CONNECTIONS
from rooms.store.sentinel import Sentinels

KEY_AT: Final = {"EVALSHA": 3, "XGROUP": 2, "XINFO": 2}
"""Where a command has its (first) key, if not right behind its name."""


class Node:
    """One server: its connections for commands, and those for calls that wait."""

    def __init__(self, url: str, find: Find | None = None) -> None:
        """Nothing is connected yet."""
        self.commands = Connections(url, COMMAND_CONNECTIONS, find, self._led)
        self.waits = Connections(url, WAITING_CONNECTIONS, find, self._led)
        self._host: Host | None = None
        """Where the newest connection leads, if somebody was asked for that."""
        self.trouble: StoreUnavailable | None = None
        """Why calls are refused at once, until the server has answered again (cluster only)."""

    def _led(self, host: Host) -> None:
        """Another primary than before: none of us goes on talking with the old one.

        It may live, and take for some seconds what will be lost: a primary that stood still and was replaced meanwhile
        learns of it only from a Sentinel. Subscriptions leave it as well: it answers them, and has nothing to tell.
        """
        if self._host not in (None, host):
            self.commands.leave()
            self.waits.leave()
        self._host = host

    async def aclose(self) -> None:
        """Close its connections, but those handed out by `open`: all at once, so that none is opened meanwhile."""
        await asyncio.gather(self.commands.aclose(), self.waits.aclose())


class Nodes(Protocol):
    """All servers that hold rooms."""

    @property
    def spread(self) -> bool:
        """Whether two shards may be on different servers, so that no command may name keys of both."""

    async def ready(self) -> None:
        """Return when it is known which server has which keys. Raises StoreUnavailable."""

    def of_key(self, key: str | None) -> Node:
        """The server of a key; for None any one that answers. Raises StoreUnavailable when there is none."""

    def all(self) -> list[Node]:
        """Every server that has keys."""

    def failed(self, node: Node, error: StoreUnavailable) -> None:
        """A server could not be reached, or did not answer."""

    def moved(self, key: str | None, where: MovedError) -> bool:
        """A server says that another one has a key. True when the command, which was not run, may be sent there."""

    def doubt(self) -> None:
        """A server says that the cluster is not whole, or changing."""

    async def aclose(self) -> None:
        """Close every connection, but those handed out."""


class OneNode:
    """One Redis, or the one primary that Sentinels name. It fails or it does not: nothing is remembered."""

    spread = False

    def __init__(self, address: Address) -> None:
        """Nothing is connected yet."""
        find = Sentinels(address).primary if address.kind == "sentinel" else None
        self._node = Node(address.url, find)

    async def ready(self) -> None:
        """At once."""

    def of_key(self, key: str | None) -> Node:
        """The one."""
        return self._node

    def all(self) -> list[Node]:
        """The one."""
        return [self._node]

    def failed(self, node: Node, error: StoreUnavailable) -> None:
        """The next call may try again."""

    def moved(self, key: str | None, where: MovedError) -> bool:
        """This is one node of a cluster, and not addressed as a cluster: False."""
        return False

    def doubt(self) -> None:
        """Nothing to find out."""

    async def aclose(self) -> None:
        """Close every connection, but those handed out."""
        await self._node.aclose()


def key_of(command: Command) -> str | None:
    """The (first) key of a command; None where any node will do: one word alone, such as TIME, or PUBLISH."""
    word = str(command[0])
    if word == "PUBLISH":  # every node of a cluster hears it
        return None
    at = command.index("STREAMS") + 1 if word in ("XREAD", "XREADGROUP") else KEY_AT.get(word, 1)
    return str(command[at]) if at < len(command) else None
