"""Django's cache as the lobby uses it: for throttles and for the voice. It may be away, and that has one name."""

from __future__ import annotations

from typing import Final

from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

CACHE_AWAY: Final = (ConnectionInterrupted, RedisError)
"""What the cache raises when Redis does not answer: its own error, or (from most methods) the one beneath it."""
