"""Django's cache in Redis: what it and the channel layer raise when that is away, and a way to it without a thread.

Django's own cache waits in the thread that asks it. What every call of the API asks goes by connections of the event
loop instead, those that the rooms' store is made of.
"""

from __future__ import annotations

import asyncio
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

from rooms.store.client import Client

REDIS_AWAY: Final = (ConnectionInterrupted, RedisError, OSError)
"""The cache has an error of its own, but most of its methods raise the one beneath it, as the channel layer does."""

_clients: dict[asyncio.AbstractEventLoop, dict[str, Client]] = {}


def cache_client() -> Client:
    """The running event loop's own way to the cache's Redis; cheap to ask for. Its calls raise StoreUnavailable."""
    for loop in [loop for loop in _clients if loop.is_closed()]:
        del _clients[loop]
    ours, url = _clients.setdefault(asyncio.get_running_loop(), {}), str(settings.CACHES["default"]["LOCATION"])
    if url not in ours:
        ours[url] = Client(url)
    return ours[url]


def cache_key(name: str) -> str:
    """A key as the cache itself would write it."""
    return str(cache.make_key(name))


async def close_cache_clients() -> None:
    """Those of the running event loop, when it is not the process's last."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.aclose()
