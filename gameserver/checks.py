"""System checks: the mistakes that make a Channels project fail late and silently, found before it starts.

`manage.py check`, and every command that checks first, runs all but the last. The last asks Redis over
how many shards its rooms were spread: it runs in `manage.py check --deploy` and before `play`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import redis
from channels.consumer import AsyncConsumer
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.urls import URLPattern, URLResolver, get_resolver

from rooms.store import StoreUnavailable
from rooms.store.client import Client
from rooms.store.keys import META

MISSPELT = ("CHANNELS_LAYER", "CHANNELS_LAYERS", "CHANNEL_LAYER")
DAPHNE = "gameserver.apps.Daphne"
CORE_LAYER = "channels_redis.core.RedisChannelLayer"
CORE_LAYER_BLOCKS_S = 5.0  # RedisChannelLayer.brpop_timeout
META_KEY, SHARDS_FIELD = META, "shards"


class ShardsDiffer(Exception):
    """This process would look for rooms where they are not; the message says what to do."""


@register()
def check_layer_setting(**_: Any) -> list[CheckMessage]:
    """E001: Channels ignores a misspelt setting, and consumers then have no layer."""
    return [
        Error(
            f"The setting {name} has no effect.",
            hint="Channels reads CHANNEL_LAYERS (one CHANNEL, many LAYERS). Rename it.",
            id="holdfast.E001",
        )
        for name in MISSPELT
        if hasattr(settings, name)
    ]


@register(Tags.urls)
def check_consumer_routes(**_: Any) -> list[CheckMessage]:
    """E002: Django's handler refuses everything but HTTP, so a consumer in urlpatterns is never called."""
    return [
        Error(
            f"The URL pattern {str(pattern.pattern)!r} leads to a consumer and can never match.",
            hint="Move it into URLRouter([...]) under ProtocolTypeRouter['websocket'], see rooms/routing.py.",
            obj=pattern,
            id="holdfast.E002",
        )
        for pattern in _patterns(get_resolver().url_patterns)
        if _is_consumer(pattern.callback)
    ]


@register()
def check_channel_layer(**_: Any) -> list[CheckMessage]:
    """E003: without a default layer, `get_channel_layer()` is None and fails at its first use."""
    if getattr(settings, "CHANNEL_LAYERS", {}).get("default", {}).get("BACKEND"):
        return []
    hint = "Set CHANNEL_LAYERS['default']; gameserver/connections.py makes one from HOLDFAST_CHANNEL_LAYER."
    return [Error("No default channel layer is configured.", hint=hint, id="holdfast.E003")]


@register()
def check_socket_timeout(**_: Any) -> list[CheckMessage]:
    """E004: redis-py 8 stops reading after 5 s, just as long as the core layer waits: idle consumers die."""
    return [
        Error(
            f"CHANNEL_LAYERS[{alias!r}]: a host's socket timeout ends consumers that are idle for 5 s.",
            hint='Write hosts=[{"address": REDIS_URL, "socket_timeout": None}], or use '
            "channels_redis.pubsub.RedisPubSubChannelLayer, which polls.",
            id="holdfast.E004",
        )
        for alias, layer in getattr(settings, "CHANNEL_LAYERS", {}).items()
        if layer.get("BACKEND") == CORE_LAYER
        for host in layer.get("CONFIG", {}).get("hosts") or [None]
        if _gives_up_too_soon(host)
    ]


@register()
def check_daphne(**_: Any) -> list[CheckMessage]:
    """E005: daphne replaces runserver, and only if it comes before the app that brings another one."""
    apps = list(settings.INSTALLED_APPS)
    if DAPHNE not in apps:
        hint = f'Add "{DAPHNE}" as the first of INSTALLED_APPS.'
        return [Error("daphne is not installed: runserver has no WebSockets.", hint=hint, id="holdfast.E005")]
    static = "django.contrib.staticfiles"
    if static in apps and apps.index(static) < apps.index(DAPHNE):
        hint = f'Move "{DAPHNE}" before "{static}" in INSTALLED_APPS.'
        return [Error("daphne comes too late in INSTALLED_APPS.", hint=hint, id="holdfast.E005")]
    return []


@register(deploy=True)
def check_tls(**_: Any) -> list[CheckMessage]:
    """W007: one word about TLS in place of Django's four, which name settings that are ours and not an operator's."""
    if settings.SECURE_SSL_REDIRECT:
        return []
    hint = "Put a proxy that speaks TLS before it, and set HOLDFAST_TLS=1 (docs/operations.md)."
    return [Warning("Pages, cookies and tokens travel unencrypted.", hint=hint, id="holdfast.W007")]


@register("redis", deploy=True)
def check_shards(**_: Any) -> list[CheckMessage]:
    """E006: the number of shards is fixed for the life of a Redis. W006: Redis cannot be asked."""
    try:
        compare_shards()
    except ShardsDiffer as error:
        return [Error(str(error), id="holdfast.E006")]
    except StoreUnavailable as error:
        hint = "Start Redis, or `make play`, and check again."
        return [Warning(f"Redis cannot be asked for its shards: {error}", hint=hint, id="holdfast.W006")]
    return []


def compare_shards() -> None:
    """Raise `ShardsDiffer` if Redis has rooms spread over another number of shards than we are set to.

    Raises StoreUnavailable too. Not for the thread of a running event loop.
    """
    stored = asyncio.run(_ask(META_KEY))
    wanted = settings.HOLDFAST["SHARDS"]
    if stored is not None and int(stored) != wanted:
        raise ShardsDiffer(
            f"The rooms in Redis are spread over {int(stored)} shards, but HOLDFAST_SHARDS is {wanted}. "
            f"Set HOLDFAST_SHARDS={int(stored)}, or start with an empty Redis."
        )


async def _ask(key: str) -> bytes | None:
    """The number of shards in Redis, None in a new one. Raises StoreUnavailable."""
    client = Client(settings.ROOMS_URL)
    try:
        stored: bytes | None = await client.call("HGET", key, SHARDS_FIELD)
    finally:
        await client.aclose()
    return stored


def _patterns(entries: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    """Every pattern, those of included lists too."""
    for entry in entries:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry.url_patterns)
        else:
            yield entry


def _is_consumer(view: object) -> bool:
    """Whether this is a consumer class, or what its `as_asgi()` returned."""
    consumer = getattr(view, "consumer_class", view)
    return isinstance(consumer, type) and issubclass(consumer, AsyncConsumer)


def _gives_up_too_soon(host: object) -> bool:
    """Whether reads from this host end before the layer's own waiting does."""
    oldest_with_default = 8
    default = 5.0 if int(redis.__version__.split(".")[0]) >= oldest_with_default else None
    given: Any = default
    address = host.get("address") if isinstance(host, Mapping) else host
    if isinstance(address, str):
        given = parse_qs(urlsplit(address).query).get("socket_timeout", [default])[0]
    if isinstance(host, Mapping):
        given = host.get("socket_timeout", given)
    return given is not None and float(given) <= CORE_LAYER_BLOCKS_S
