"""A Redis Cluster: which of its nodes has which slot, learnt from the nodes themselves, and anew when that changes.

    the map      asked for at the first call, then whenever a node fails, answers MOVED or says the cluster is down
    a node fails its calls are refused at once, without waiting for it again, until it answers a PING or has no slots
    fail-over    the map is asked for ten times a second while anything is wrong; the answer of the newest epoch counts

A shard is one slot (keys.py), so a node that fails takes its shards with it and no others.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterable
from typing import Any, Final

from redis.crc import key_slot
from redis.exceptions import MovedError, ResponseError

from rooms.store.addresses import Address, Host
from rooms.store.connections import exchange, refusal
from rooms.store.errors import NodeAway, StoreUnavailable
from rooms.store.limits import COMMAND_S
from rooms.store.nodes import Node

HEAL_S: Final = 0.1
"""Between two looks at a cluster in which something is wrong."""
MAP_S: Final = 0.5
"""How long a node may take to say who has which slot."""

logger = logging.getLogger(__name__)


class Cluster:
    """The nodes of a cluster as far as we know them. One for each event loop, as its connections are."""

    spread = True

    def __init__(self, address: Address) -> None:
        """Nothing is connected yet; `address.hosts` are asked first."""
        self._address = address
        self._nodes: dict[Host, Node] = {}
        self._slots: dict[int, Host] = {}
        self._healing: asyncio.Task[None] | None = None
        self._first = asyncio.Lock()
        self._closed = False

    async def ready(self) -> None:
        """Return when there is a map. Raises StoreUnavailable."""
        if not self._slots:
            async with self._first:
                if not self._slots:
                    await self._learn()

    def of_key(self, key: str | None) -> Node:
        """The node of a key; for None the first that is well, the same in every process."""
        if key is None:
            serving = self.all()
            return next((node for node in serving if node.trouble is None), serving[0])
        host = self._slots.get(key_slot(key.encode()))
        if host is None:
            self.doubt()
            raise NodeAway(f"No node of the Redis Cluster serves {key}.")
        node = self._nodes[host]
        if node.trouble is not None:
            raise NodeAway(node.trouble.reason)
        return node

    def all(self) -> list[Node]:
        """Every node that has slots."""
        return [self._nodes[host] for host in sorted(set(self._slots.values()))]

    def failed(self, node: Node, error: StoreUnavailable) -> None:
        """Refuse what is for this node at once, and look after it."""
        if node.trouble is None:
            logger.warning("node %s of the Redis Cluster has failed: %s", self._name(node), error)
        node.trouble = error
        self.doubt()

    def moved(self, key: str | None, where: MovedError) -> bool:
        """Believe it: another node has this slot. True."""
        host = (where.host or self._address.hosts[0][0], where.port)
        self._node(host)
        self._slots[where.slot_id] = host
        self.doubt()
        return True

    def doubt(self) -> None:
        """See to it that the map is asked for anew, soon, and until all is well."""
        if not self._closed and (self._healing is None or self._healing.done()):
            self._healing = asyncio.create_task(self._heal(), name="look after the Redis Cluster")

    async def aclose(self) -> None:
        """Close every connection but those handed out, for good."""
        self._closed = True
        if self._healing is not None:
            self._healing.cancel()
            await asyncio.gather(self._healing, return_exceptions=True)
        await asyncio.gather(*(node.aclose() for node in self._nodes.values()))

    # -- the map

    async def _heal(self) -> None:
        while True:
            await asyncio.sleep(HEAL_S)
            try:
                await self._learn()
            except StoreUnavailable as error:
                logger.debug("no map of the Redis Cluster: %s", error)
                continue
            serving = set(self._slots.values())
            hurt = [self._nodes[host] for host in serving if self._nodes[host].trouble is not None]
            await asyncio.gather(*map(self._probe, hurt))
            if all(self._nodes[host].trouble is None for host in self._slots.values()):
                return

    async def _probe(self, node: Node) -> None:
        try:
            async with node.commands.lend(COMMAND_S) as connection:
                (pong,) = await exchange(connection, [("PING",)])
        except StoreUnavailable as error:
            node.trouble = error
            return
        if pong == b"PONG":
            logger.warning("node %s of the Redis Cluster answers again", self._name(node))
            node.trouble = None

    async def _learn(self) -> None:
        """Ask the nodes that are well, else those of the address, and take the newest map. Raises StoreUnavailable."""
        well = [host for host, node in self._nodes.items() if node.trouble is None]
        answers = await self._ask(well) if well else []
        maps = [answer for answer in answers if isinstance(answer, tuple)]
        if not maps:
            answers = await self._ask(self._address.hosts)
            maps = [answer for answer in answers if isinstance(answer, tuple)]
        if not maps:
            raise NodeAway(f"No node of the Redis Cluster can be asked: {answers[0]}")
        await self._take(max(maps, key=lambda found: found[:2])[2])

    async def _ask(self, hosts: Iterable[Host]) -> list[tuple[bool, int, dict[int, Host]] | StoreUnavailable]:
        return list(await asyncio.gather(*map(self._ask_one, hosts)))

    async def _ask_one(self, host: Host) -> tuple[bool, int, dict[int, Host]] | StoreUnavailable:
        """What one node says: whether the cluster is whole, its newest epoch, and who has which slot."""
        node = self._node(host)
        try:
            async with node.commands.lend(MAP_S) as connection:
                info, rows = await exchange(connection, [("CLUSTER", "INFO"), ("CLUSTER", "SLOTS")])
        except StoreUnavailable as error:
            return error
        for answer in (info, rows):
            if isinstance(answer, ResponseError):
                return refusal(answer) or NodeAway(f"{host[0]}:{host[1]} is no node of a cluster ({answer}).")
        return read_map(info, rows, host)

    async def _take(self, slots: dict[int, Host]) -> None:
        if slots == self._slots:
            return
        for host in set(slots.values()):
            self._node(host)
        if self._slots:
            logger.warning("the Redis Cluster has changed: its shards are at %s", sorted(set(slots.values())))
        self._slots = slots
        for host in set(self._nodes) - set(slots.values()) - set(self._address.hosts):
            await self._nodes.pop(host).aclose()

    def _node(self, host: Host) -> Node:
        if host not in self._nodes:
            if self._closed:  # nobody would close its connections
                raise StoreUnavailable("The connections to the Redis Cluster are closed.")
            self._nodes[host] = Node(self._address.at(*host))
        return self._nodes[host]

    def _name(self, node: Node) -> str:
        return next((f"{host[0]}:{host[1]}" for host, known in self._nodes.items() if known is node), "(gone)")


def read_map(info: bytes, rows: list[Any], asked: Host) -> tuple[bool, int, dict[int, Host]]:
    """CLUSTER INFO and CLUSTER SLOTS, read. A node that does not name its host is where we asked."""
    found = re.search(rb"cluster_current_epoch:(\d+)", info)
    slots: dict[int, Host] = {}
    for first, last, primary, *_ in rows:
        host = ((primary[0] or b"").decode() or asked[0], int(primary[1]))
        slots.update(dict.fromkeys(range(first, last + 1), host))
    return b"cluster_state:ok" in info, int(found[1]) if found else 0, slots
