"""How often one guest, token or address may do what costs something. Counted in Django's cache, in fixed windows.

A cache that cannot be reached is an answer too: 503, because a limit that fails open is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django_redis import get_redis_connection

from lobby.caching import REDIS_AWAY
from lobby.errors import slow_down, store_down


@dataclass(frozen=True, slots=True)
class Limit:
    """So many a window, for whoever is counted under this name."""

    name: str
    times: int
    window_s: int


OPEN_GUEST: Final = Limit("open-guest", 12, 60)
OPEN_ADDRESS: Final = Limit("open-address", 60, 60)
LOOK_ADDRESS: Final = Limit("look-address", 120, 60)
"""Tries to join by id: nobody finds a room by guessing 128 bits, and nobody may try fast."""
TOKEN_GUEST: Final = Limit("token-guest", 10, 3600)
API_TOKEN: Final = Limit("api-token", 300, 60)
API_ADDRESS: Final = Limit("api-address", 600, 60)
REPLAY_GUEST: Final = Limit("replay-guest", 240, 60)
"""Chunks of replays for one guest's pages: forty minutes of play in a minute, at 20 Hz."""
API_STRANGER: Final = Limit("api-stranger", 60, 60)
"""Calls without a token that counts, of one address."""
OPERATOR_ADDRESS: Final = Limit("operator-address", 10, 300)
"""Tries to sign in as operator, of one address."""
OPERATOR_ALL: Final = Limit("operator-all", 100, 300)
"""The same of all addresses together."""

Spend = tuple[Limit, str]


async def spend(*spends: Spend) -> None:
    """Count one use under each (limit, who). Raises LobbyError 429 when one is over, 503 without the cache."""
    await sync_to_async(_spend_all, thread_sensitive=False)(spends)


def address_of(request: HttpRequest) -> str:
    """The caller's address: what our own proxy tells in HOLDFAST_ADDRESS_HEADER, else the peer's."""
    header = settings.HOLDFAST_ADDRESS_HEADER
    told = request.headers.get(header, "").split(",")[0].strip() if header else ""
    return told or request.META.get("REMOTE_ADDR") or "unknown"


def _spend_all(spends: Sequence[Spend]) -> None:
    now = timezone.now().timestamp()
    try:
        counts = _count(spends, now)
    except REDIS_AWAY as error:
        raise store_down() from error
    for (limit, _), count in zip(spends, counts, strict=True):
        if count > limit.times:
            raise slow_down(max(1, math.ceil(limit.window_s - now % limit.window_s)))


def _count(spends: Sequence[Spend], now: float) -> list[int]:
    """How many uses there are now in each one's window, this one included: one round trip for all."""
    with get_redis_connection("default").pipeline(transaction=False) as pipe:
        for limit, who in spends:
            key = str(cache.make_key(f"throttle:{limit.name}:{who}:{int(now // limit.window_s)}"))
            pipe.incr(key)
            pipe.expire(key, limit.window_s + 1)
        return [int(count) for count in pipe.execute()[::2]]
