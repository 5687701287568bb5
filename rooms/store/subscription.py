"""A subscription to channels that heals itself and says so, because what was published in between is lost."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Sequence
from secrets import randbelow
from typing import Final, TypeAlias

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from rooms.store.client import Client
from rooms.store.connections import unavailable
from rooms.store.errors import StoreUnavailable
from rooms.store.limits import COMMAND_S

Message: TypeAlias = "tuple[bytes, bytes]"
"""Channel and payload."""

QUIET_S: Final = 2.0
"""After this long without a word Redis is asked for one; after as long again the connection counts as dead."""
RETRY_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Waits before each attempt to connect again, the last for ever, each shortened by chance by up to half."""

logger = logging.getLogger(__name__)


class Subscription:
    """One connection subscribed to a fixed set of channels, read by one task.

    `next` returns each message, and None each time the subscription has come to stand: the first time, and
    after every loss of the connection. It waits out the losses itself. Messages wait in the socket and in
    Redis, nowhere else: a reader that falls too far behind is cut off by Redis (client-output-buffer-limit)
    and gets None.
    """

    def __init__(self, client: Client, channels: Sequence[str]) -> None:
        """Nothing is connected yet."""
        self._client = client
        self._channels = channels
        self._connection: AbstractConnection | None = None
        self._asked = False
        self._failures = 0

    async def next(self) -> Message | None:
        """The next message, or None when the subscription stands (again). Raises nothing but cancellation."""
        while True:
            try:
                if self._connection is None:
                    await self.open()
                    return None
                return await self._message(self._connection)
            except (StoreUnavailable, RedisError, OSError) as error:
                await self._lost(error)

    async def open(self) -> None:
        """Connect and wait until Redis confirmed every channel. Raises StoreUnavailable."""
        connection = await self._client.connect()
        try:
            async with asyncio.timeout(COMMAND_S):
                await connection.send_command("SUBSCRIBE", *self._channels, check_health=False)
                for _ in self._channels:
                    await connection.read_response(timeout=math.inf)
        except (RedisError, OSError, TimeoutError) as error:
            await connection.disconnect(nowait=True)
            raise unavailable(error, COMMAND_S) from error
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        if self._failures:
            logger.warning("the subscription to %s stands again", self._channels[0])
        self._connection, self._asked, self._failures = connection, False, 0

    async def _message(self, connection: AbstractConnection) -> Message:
        while True:
            try:
                async with asyncio.timeout(QUIET_S):
                    answer = await connection.read_response(disconnect_on_error=False, timeout=math.inf)
            except TimeoutError:
                if self._asked:
                    raise StoreUnavailable(f"Redis said nothing for {2 * QUIET_S:g} s.") from None
                self._asked = True
                await connection.send_command("PING", check_health=False)
                continue
            self._asked = False
            if answer[0] == b"message":
                return answer[1], answer[2]

    async def _lost(self, error: Exception) -> None:
        await self.aclose()
        wait = RETRY_S[min(self._failures, len(RETRY_S) - 1)]
        self._failures += 1
        level = logging.WARNING if self._failures == 1 else logging.DEBUG  # say it once, not every second
        logger.log(level, "the subscription to %s is lost, trying again: %s", self._channels[0], error)
        await asyncio.sleep(wait * (1 - randbelow(500) / 1000))

    async def aclose(self) -> None:
        """Disconnect. `next` would connect anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)
