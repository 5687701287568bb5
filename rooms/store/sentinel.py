"""Who is the primary now, as the Sentinels say. Asked before every connection is opened, never remembered."""

from __future__ import annotations

import asyncio
from typing import Final

from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from rooms.store.addresses import Address, Host
from rooms.store.errors import StoreUnavailable

ASK_S: Final = 0.3
"""How long one Sentinel may take; then the next is asked."""


class Sentinels:
    """The Sentinels of one primary. Whoever answered last is asked first."""

    def __init__(self, address: Address) -> None:
        """Nothing is connected yet."""
        self._name = address.name
        self._hosts = list(address.hosts)

    async def primary(self) -> Host:
        """Where the primary is, by the first Sentinel that knows. Raises StoreUnavailable."""
        said = ""
        for host in list(self._hosts):
            try:
                found = await self._ask(host)
            except (RedisError, OSError) as error:  # a TimeoutError is an OSError
                said = f"{host[0]}:{host[1]}: {str(error) or 'no answer'}"
                continue
            if found is not None:
                self._hosts.remove(host)
                self._hosts.insert(0, host)
                return found
            said = f"{host[0]}:{host[1]} knows no primary named {self._name!r}"
        raise StoreUnavailable(f"No Sentinel says who the primary is ({said.rstrip('.')}).")

    async def _ask(self, host: Host) -> Host | None:
        connection = Connection(
            host=host[0], port=host[1], protocol=2, retry=Retry(NoBackoff(), 0), socket_timeout=None, driver_info=None
        )
        try:
            async with asyncio.timeout(ASK_S):
                await connection.connect()  # type: ignore[no-untyped-call]
                await connection.send_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._name)
                answer = await connection.read_response()
        finally:
            await connection.disconnect(nowait=True)
        return (answer[0].decode(), int(answer[1])) if answer else None
