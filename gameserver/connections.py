"""From the addresses an operator gives (DATABASE_URL, REDIS_URL, HOLDFAST_ROOMS_URL) to Django's settings for them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from rooms.store.addresses import EXAMPLES, WrongAddress, parse_address

CACHE_DB = "1"
MEMORY_LAYER = "channels.layers.InMemoryChannelLayer"

SQLITE_OPTIONS = {  # several processes share the file: readers never wait, writers queue up to five seconds
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}

SQLITE_KEPT_S = 60
"""To open the file and set it up anew costs an API call more than its one question."""


def database(url: str) -> dict[str, Any]:
    """Django's settings for one database: SQLite tuned for several processes, PostgreSQL with a pool."""
    try:
        # dj_database_url's own type leaves out OPTIONS' real shape, so it is widened here.
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(
            f"DATABASE_URL is not understood ({error}). Write sqlite:///path or postgres://user:password@host/name."
        ) from None
    engine = str(config.get("ENGINE", ""))
    if engine.endswith("sqlite3"):
        config["OPTIONS"] = {**config.get("OPTIONS", {}), **SQLITE_OPTIONS}
        config["CONN_MAX_AGE"] = SQLITE_KEPT_S
    elif engine.endswith("postgresql"):
        config["OPTIONS"] = {"pool": True, **config.get("OPTIONS", {})}
        config["CONN_MAX_AGE"] = 0  # Django asks for this with a pool: the pool keeps the connections
    return config


def cache_url(redis_url: str, told: str = "") -> str:
    """The address of Django's cache: the one that was `told`, else database 1 of the same Redis.

    A database number that stands in REDIS_URL is obeyed instead (Redis Cluster has only 0, and hosted ones
    often give you one number): there the key prefix alone keeps the cache apart.
    """
    if told:
        if urlsplit(told).scheme not in ("redis", "rediss", "unix"):
            raise ImproperlyConfigured(f"HOLDFAST_CACHE_URL={told!r} begins with none of redis://, rediss://, unix://.")
        return told
    parts = urlsplit(redis_url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "unix":
        query.setdefault("db", CACHE_DB)
        return f"unix://{parts.netloc}{parts.path}?{urlencode(query)}"
    if parts.path.strip("/") or "db" in query:
        return redis_url
    return urlunsplit(parts._replace(path=f"/{CACHE_DB}"))


def redis_url(told: str) -> str:
    """The address of the Redis that holds the cache and the channel layer: one Redis, which they can speak to."""
    if told.partition("://")[0].endswith(("+cluster", "+sentinel")):
        raise ImproperlyConfigured(
            f"REDIS_URL={without_password(told)!r} is not for the cache and the channel layer, which want an ordinary "
            "Redis. Put this address into HOLDFAST_ROOMS_URL, and redis://, rediss:// or unix:// into REDIS_URL."
        )
    return told


def rooms_url(redis_url: str, told: str = "") -> str:
    """The address of the Redis that holds the rooms: the one that was `told`, else the ordinary one."""
    try:
        parse_address(told or redis_url)
    except WrongAddress as error:
        if not told:
            return redis_url  # whoever connects there says what is wrong with it
        raise ImproperlyConfigured(
            f"HOLDFAST_ROOMS_URL={without_password(told)!r} is not understood: {error}. Write {EXAMPLES}."
        ) from None
    return told or redis_url


def channel_layer(kind: str, redis_url: str) -> dict[str, Any]:
    """Django's setting for the one channel layer: `redis` between processes, `memory` within one.

    The pub/sub layer keeps group membership in the processes that have the members, so a dead process leaves
    nothing behind. Its blocking reads poll, so redis-py's socket timeout does not hurt it.
    """
    if kind == "memory":
        return {"BACKEND": MEMORY_LAYER}
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": redis_url}], "prefix": "hf-layer"},
    }


def without_password(url: str) -> str:
    """An address as it may be shown: the password replaced by stars."""
    return re.sub(r"^([\w+]+://[^/@]*?):[^/]*@", r"\1:***@", url)
