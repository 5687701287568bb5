"""What the lobby's tests stand on: rooms as an engine would show them, a running engine, clients with a name.

async def test_it(lobby: Lobby) -> None:          # an empty Valkey; everything of the loop is closed afterwards
    card = await lobby.show(card(game="snake"))   # a room's card, committed and fed as an engine does
    answer = await page("Ann").get("/")
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import redis.asyncio
from django.conf import settings
from django.core.cache import cache
from django.test import AsyncClient

from lobby import picture as pictures
from lobby.caching import close_cache_clients
from lobby.identity import COOKIE, Guest, sign_guest
from lobby.stores import live_store
from rooms.core.facts import Card
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Act, Player, parse_pack
from rooms.engine.config import read_config
from rooms.engine.runner import run_engine
from rooms.store import CardChange
from rooms.store.keys import CARD_FEED, shard_keys

ANN = Player(PlayerId("g-ann"), "Ann")


def card(**changes: Any) -> Card:
    """A public room that waits for players, one of four seats taken by Ann."""
    usual: dict[str, Any] = {
        "room": RoomId(secrets.token_urlsafe(16)),
        "game": "snake",
        "phase": "waiting",
        "size": 4,
        "players": 1,
        "bots": 0,
        "spectators": 0,
        "host": "Ann",
        "names": ("Ann",),
        "options": {},
        "private": False,
        "joinable": True,
        "paused": False,
        "quick": True,
        "opened_ms": 1_700_000_000_000,
        "match": 0,
    }
    return Card(**{**usual, **changes})


class Lobby:
    """Rooms in Redis, put there the way a commit does it."""

    def __init__(self, valkey: redis.asyncio.Redis) -> None:
        self.valkey = valkey

    async def show(self, shown: Card) -> Card:
        """A room is new, or its card changed."""
        await self.write(shown)
        await self.tell((shown.room, msgspec.msgpack.encode(shown)))
        return shown

    async def write(self, shown: Card) -> None:
        """The card alone: nobody is told of it."""
        raw = msgspec.msgpack.encode(shown)
        await self.valkey.hset(shard_keys(live_store().shard_of(shown.room)).cards, shown.room, raw)

    async def close(self, room: RoomId) -> None:
        """A room has closed."""
        await self.valkey.hdel(shard_keys(live_store().shard_of(room)).cards, room)
        await self.tell((room, None))

    async def written(self) -> list[Act]:
        """What stands in the logs of all shards."""
        keys = [key async for key in self.valkey.scan_iter("hf:{s*}:in")]
        rows: list[Any] = [row for key in keys for row in await self.valkey.xrange(key) or ()]
        return [entry.act for _, fields in rows for entry in parse_pack(fields[b"e"])]

    async def tell(self, change: CardChange, *, count: int = 1, lose: bool = False) -> None:
        """A message of the feed as the commit sends it, counted as `count`; with `lose` nobody hears it."""
        shard = live_store().shard_of(change[0])
        number = await self.valkey.hincrby(shard_keys(shard).meta, "fed", count)
        if not lose:
            await self.valkey.publish(CARD_FEED, b"%d:%b" % (number, msgspec.msgpack.encode((shard, [change]))))


@pytest.fixture
async def lobby(valkey: redis.asyncio.Redis) -> AsyncIterator[Lobby]:
    """An empty Valkey, and the end of everything that the lobby opened in this event loop."""
    yield Lobby(valkey)
    await forget_loop()


@pytest.fixture
async def engine(lobby: Lobby) -> AsyncIterator[None]:
    """An engine in this event loop that has taken every shard."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_engine(stop, read_config(settings.ROOMS_URL, settings.HOLDFAST)))
    await until(_all_taken)
    yield
    stop.set()
    await task


async def _all_taken() -> bool:
    return all(lease.owner for lease in await live_store().leases())


async def forget_loop() -> None:
    """Close the picture and the store of this loop, and the cache's connections."""
    ours = pictures._pictures.pop(asyncio.get_running_loop(), None)
    if ours is not None:
        await ours.aclose()
    await live_store().aclose()
    await close_cache_clients()
    await asyncio.to_thread(cache.close)


async def until(truth: Any, seconds: float = 5.0, why: str = "") -> None:
    """Return when `truth()` (plain or awaitable) is true; fail when it is not within `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = truth()
        if await found if asyncio.iscoroutine(found) else found:
            return
        assert asyncio.get_running_loop().time() < deadline, why or "it did not become true in time"
        await asyncio.sleep(0.01)


def page(name: str = "Ann", **options: Any) -> AsyncClient:
    """A browser of a guest who is called `name`; "" is a stranger."""
    client = AsyncClient(**options)
    if name:
        guest = Guest(Player(PlayerId(f"g-{name.lower()}"), name), picked=True)
        client.cookies[COOKIE] = sign_guest(guest)
    return client


def room_in(address: str) -> str:
    """The room's id in an address that ends in it."""
    found = re.search(r"/rooms/([A-Za-z0-9_-]{22})/$", address)
    assert found, f"{address} does not lead to a room"
    return found[1]
