"""A subscription to channels that heals itself and says so, because what was published in between is lost.

On one Redis, or to channels that every node of a cluster hears; those of shards on a cluster: scattered.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from secrets import randbelow
from time import monotonic
from typing import Final, TypeAlias

from redis.exceptions import RedisError

from rooms.store.client import Client
from rooms.store.connections import unavailable
from rooms.store.errors import StoreUnavailable
from rooms.store.limits import COMMAND_S
from rooms.store.pipe import NOTHING, Pipe

Message: TypeAlias = "tuple[bytes, bytes]"
"""Channel and payload."""

QUIET_S: Final = 0.7
"""After this long without a word Redis is asked for one."""
ANSWER_S: Final = 1.0
"""Without one after this long again, the connection counts as dead."""
RETRY_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Waits before each attempt to connect again, the last for ever, each shortened by chance by up to half."""

logger = logging.getLogger(__name__)


class Silent(StoreUnavailable):
    """Redis said nothing, not even when it was asked."""


class Line:
    """One connection, subscribed to some channels. Messages wait in the socket and in Redis, nowhere else."""

    def __init__(self, pipe: Pipe) -> None:
        """Of a connection on which every channel is confirmed: use `open`."""
        self._pipe = pipe
        self._asked: float | None = None

    @classmethod
    async def open(cls, client: Client, channels: Sequence[str], *, sharded: bool = False) -> Line:
        """Connect and wait until Redis confirmed every channel. Raises StoreUnavailable.

        `sharded`: channels of shards that one node of a cluster has.
        """
        pipe = await client.connect(channels[0] if sharded else None)
        asked = [("SSUBSCRIBE", channel) for channel in channels] if sharded else [("SUBSCRIBE", *channels)]
        try:
            async with asyncio.timeout(COMMAND_S):
                pipe.send(asked)
                for _ in channels:
                    answer = await pipe.next()
                    if isinstance(answer, RedisError):
                        raise answer
        except (RedisError, OSError, TimeoutError) as error:
            pipe.close()
            raise unavailable(error, COMMAND_S) from error
        except BaseException:
            pipe.close()
            raise
        return cls(pipe)

    async def message(self, patience_s: float) -> Message | None:
        """The next message; None when none came in `patience_s`. Cancelled, it loses nothing.

        Raises Silent when Redis says nothing even when asked; StoreUnavailable when it takes a channel away.
        """
        while True:
            answer = self._pipe.poll()
            if answer is NOTHING:  # as they come in bursts, most others are here already
                try:
                    async with asyncio.timeout(patience_s):
                        answer = await self._pipe.next()
                except TimeoutError:
                    self._inquire()
                    return None
            if isinstance(answer, RedisError):
                raise answer
            self._asked = None
            if answer[0] in (b"message", b"smessage"):
                return answer[1], answer[2]
            if answer[0] == b"sunsubscribe":
                raise StoreUnavailable("The shards have moved to another node of the Redis Cluster.")

    @property
    def patience_s(self) -> float:
        """How long to wait for the next word now."""
        return QUIET_S if self._asked is None else ANSWER_S

    def _inquire(self) -> None:
        if self._asked is None:
            self._asked = monotonic()
            self._pipe.send([("PING",)])
        elif monotonic() - self._asked > ANSWER_S * 0.9:
            raise Silent(f"Redis said nothing for {QUIET_S + ANSWER_S:g} s.")

    async def aclose(self) -> None:
        """Disconnect."""
        self._pipe.close()


class Subscription:
    """One connection subscribed to a fixed set of channels, read by one task.

    `next` returns each message, and None each time the subscription has come to stand: the first time, and
    after every loss of the connection. It waits out the losses itself. A reader that falls too far behind is cut
    off by Redis (client-output-buffer-limit) and gets None.
    """

    def __init__(
        self, client: Client, channels: Sequence[str], trouble: Callable[[str], None] = lambda _reason: None
    ) -> None:
        """Nothing is connected yet. `trouble` is told why nothing comes, and "" when it stands again.

        Not of a loss that the first attempt to connect again mends.
        """
        self._trouble = trouble
        self._client = client
        self._channels = channels
        self._line: Line | None = None
        self._failures = 0

    async def next(self) -> Message | None:
        """The next message, or None when the subscription stands (again). Raises nothing but cancellation."""
        while True:
            try:
                if self._line is None:
                    await self.open()
                    return None
                message = await self._line.message(self._line.patience_s)
                if message is not None:
                    return message
            except (StoreUnavailable, RedisError, OSError) as error:
                await self._lost(error)

    async def open(self) -> None:
        """Connect and wait until Redis confirmed every channel. Raises StoreUnavailable."""
        self._line = await Line.open(self._client, self._channels)
        if self._failures:
            logger.warning("the subscription to %s stands again", self._channels[0])
            self._trouble("")
        self._failures = 0

    async def _lost(self, error: Exception) -> None:
        await self.aclose()
        if self._failures or isinstance(error, Silent):
            self._trouble(str(error))
        level = logging.WARNING if self._failures == 0 else logging.DEBUG  # say it once, not every second
        logger.log(level, "the subscription to %s is lost, trying again: %s", self._channels[0], error)
        self._failures += 1
        await asyncio.sleep(pause_s(self._failures))

    async def aclose(self) -> None:
        """Disconnect. `next` would connect anew."""
        line, self._line = self._line, None
        if line is not None:
            await line.aclose()


def pause_s(failures: int) -> float:
    """How long to wait after so many failures in a row."""
    return RETRY_S[min(failures, len(RETRY_S)) - 1] * (1 - randbelow(500) / 1000)
