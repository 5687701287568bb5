"""How often one guest, token or address may do what costs something. Counted beside Django's cache, in fixed windows.

A cache that cannot be reached is an answer too: 503, because a limit that fails open is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from lobby.caching import cache_client, cache_key
from lobby.errors import slow_down, store_down
from rooms.store import StoreUnavailable
from rooms.store.pipe import Answer, Command


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
    await spend_and_ask(spends, [])


async def spend_and_ask(spends: Sequence[Spend], more: Sequence[Command]) -> list[Answer]:
    """The same, and the answers to some more commands for the cache's Redis: all in one round trip."""
    now = timezone.now().timestamp()
    commands = [command for limit, who in spends for command in _counting(limit, who, now)]
    try:
        answers = await cache_client().pipeline([*commands, *more])
    except StoreUnavailable as error:
        raise store_down() from error
    for (limit, _), count in zip(spends, answers[: len(commands) : 2], strict=True):
        if int(count) > limit.times:
            raise slow_down(max(1, math.ceil(limit.window_s - now % limit.window_s)))
    return answers[len(commands) :]


def _counting(limit: Limit, who: str, now: float) -> tuple[Command, Command]:
    """How many uses there are now in a window, this one included; and the window's end."""
    key = cache_key(f"throttle:{limit.name}:{who}:{int(now // limit.window_s)}")
    return ("INCR", key), ("EXPIRE", key, limit.window_s + 1)


def address_of(request: HttpRequest) -> str:
    """The caller's address: what our own proxy tells in HOLDFAST_ADDRESS_HEADER, else the peer's."""
    header = settings.HOLDFAST_ADDRESS_HEADER
    told = request.headers.get(header, "").split(",")[0].strip() if header else ""
    return told or request.META.get("REMOTE_ADDR") or "unknown"
