"""A subscription to channels of shards on a cluster: one connection for each node that has some of them.

    hf:{s02}:to:web, hf:{s03}:to:web -> node a        node a is lost, its replica takes over:
    hf:{s01}:to:web                  -> node b        the first two are subscribed anew there, and said to be lost

What is published to a shard's channel (SPUBLISH) is heard on the node that has the shard, and on no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeAlias

from redis.exceptions import RedisError

from rooms.store.client import Client
from rooms.store.errors import StoreUnavailable
from rooms.store.nodes import Node
from rooms.store.subscription import Line, Message, pause_s

LOOK_S: Final = 0.5
"""How soon a quiet connection is seen to be at the wrong node: one that was frozen, and replaced meanwhile."""
LONGEST_S: Final = 0.2
"""Between attempts to subscribe anew: the map of the cluster is looked at, and seldom a node that is dead."""

Part: TypeAlias = "tuple[Node, list[str]]"

logger = logging.getLogger(__name__)


class Scattered:
    """Subscribed to a fixed set of channels, wherever they are. Read by one task: messages wait in the sockets."""

    def __init__(
        self, client: Client, channels: Sequence[str], trouble: Callable[[str], None] = lambda _reason: None
    ) -> None:
        """Nothing is connected yet. `trouble` is told why of some nothing comes, and "" when all stand again.

        Not of a loss that the first attempt to connect again mends.
        """
        self._trouble = trouble
        self._lost: set[str] = set()
        self._client = client
        self._channels = channels
        self._posts: asyncio.Queue[Message | list[str] | Exception] = asyncio.Queue(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect to every node and wait until each confirmed its channels. Raises StoreUnavailable."""
        await self._client.nodes.ready()
        parts = [(self._client.nodes.of_key(names[0]), names) for names in self._by_node(self._channels)]
        lines: list[Line] = []
        try:
            for _, names in parts:
                lines.append(await Line.open(self._client, names, sharded=True))
        except BaseException:
            for line in lines:
                await line.aclose()
            raise
        for line, part in zip(lines, parts, strict=True):
            self._begin(self._hear(line, part))

    async def next(self) -> Message | list[str]:
        """The next message; or the channels that stand again after they were lost. Waits out every loss."""
        post = await self._posts.get()
        if isinstance(post, Exception):
            raise post
        return post

    def _begin(self, what: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._safely(what), name="channels of shards")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _safely(self, what: Coroutine[Any, Any, None]) -> None:
        try:
            await what
        except Exception as error:  # a mistake of ours: whoever reads must see it
            await self._posts.put(error)

    async def _hear(self, line: Line, part: Part) -> None:
        """Hand out what one connection hears until it is lost; then see to its channels."""
        node, names = part
        try:
            while True:
                message = await line.message(LOOK_S)
                if message is not None:
                    await self._posts.put(message)
                elif self._is_elsewhere(node, names):
                    raise StoreUnavailable("Other nodes of the Redis Cluster have the shards now.")
        except (StoreUnavailable, RedisError, OSError) as error:
            logger.warning("the subscription to %d shards is lost, trying again: %s", len(names), error)
        finally:
            await line.aclose()
        await self._mend(names)

    def _is_elsewhere(self, node: Node, names: list[str]) -> bool:
        try:
            return any(self._client.nodes.of_key(name) is not node for name in names)
        except StoreUnavailable:  # nobody has them now: stay
            return False

    async def _mend(self, names: list[str]) -> None:
        """Subscribe these anew, each part as soon as a node has it."""
        failures, left = 0, names
        self._lost |= set(names)
        while left:
            failures += 1
            await asyncio.sleep(min(pause_s(failures), LONGEST_S))
            groups, left = self._by_node(left), []
            for group in groups:
                try:
                    node = self._client.nodes.of_key(group[0])
                    line = await Line.open(self._client, group, sharded=True)
                except StoreUnavailable as error:
                    logger.debug("no subscription to %s and others: %s", group[0], error)
                    self._client.nodes.doubt()
                    self._trouble(str(error))
                    left += group
                    continue
                logger.warning("the subscription to %d shards stands again", len(group))
                self._lost -= set(group)
                if not self._lost:
                    self._trouble("")
                await self._posts.put(group)
                self._begin(self._hear(line, (node, group)))

    def _by_node(self, names: Sequence[str]) -> list[list[str]]:
        """The channels of each node, and those of nobody."""
        groups: dict[Node | None, list[str]] = {}
        for name in names:
            try:
                node = self._client.nodes.of_key(name)
            except StoreUnavailable:
                node = None
            groups.setdefault(node, []).append(name)
        return list(groups.values())

    async def aclose(self) -> None:
        """Disconnect from every node."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
