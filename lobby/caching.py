"""What Django's cache and the channel layer raise when Redis is away, under one name."""

from __future__ import annotations

from typing import Final

from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

REDIS_AWAY: Final = (ConnectionInterrupted, RedisError, OSError)
"""The cache has an error of its own, but most of its methods raise the one beneath it, as the channel layer does."""
