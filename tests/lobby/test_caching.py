from __future__ import annotations

from django.core.cache import cache

from lobby.caching import cache_client, cache_key, close_cache_clients
from tests.lobby.world import Lobby


async def test_it_is_the_caches_own_redis_and_the_one_client_of_its_loop(lobby: Lobby) -> None:
    await cache.aset("greeting", "hello")
    assert await cache_client().call("GET", cache_key("greeting")) == b'"hello"'
    first = cache_client()
    assert cache_client() is first
    await close_cache_clients()
    assert cache_client() is not first
