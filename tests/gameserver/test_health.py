"""/healthz and /metrics: with Redis, without it, and while the process ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from django.conf import settings

from gameserver import health
from lobby.picture import forget_picture
from rooms import meters
from rooms.hub import Hub
from rooms.store import Store, StoreUnavailable
from rooms.store.keys import shard_keys
from tests.lobby.world import card, forget_loop


async def ask(app: Any) -> tuple[int, str]:
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "http"}, receive, send)
    start, body = sent
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    return start["status"], body["body"].decode()


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    ours = Store.of_loop(settings.ROOMS_URL, settings.HOLDFAST["SHARDS"])
    yield ours
    await forget_picture()
    await ours.aclose()


async def test_well(store: Store) -> None:
    assert await ask(health.healthz) == (200, "ok\n")


async def test_without_redis_it_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away() -> int:
        raise StoreUnavailable("Redis cannot be reached: no such file.")

    monkeypatch.setattr(store, "now_ms", away)
    assert await ask(health.healthz) == (503, "Redis cannot be reached: no such file.\n")


async def test_a_redis_that_does_not_answer_is_not_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr(health, "ANSWER_S", 0.05)
    monkeypatch.setattr(store, "now_ms", asyncio.Event().wait)
    status, reason = await ask(health.healthz)
    assert (status, "did not answer" in reason) == (503, True)


async def test_while_it_ends_nobody_new_should_come(store: Store) -> None:
    hub = Hub.of_loop()
    hub.closing = True
    assert (await ask(health.healthz))[0] == 503
    await hub.aclose(0.1)


async def test_metrics_are_lines_of_name_and_number() -> None:
    meters.count("test_asked")
    status, text = await ask(health.metrics)
    assert status == 200
    for line in text.splitlines():
        name, _, number = line.removeprefix("# TYPE ").partition(" ")
        assert name.startswith("holdfast_")
        assert line.startswith("# TYPE ") or float(number) >= 0
    assert "holdfast_test_asked_total" in text
    assert "holdfast_peak_memory_bytes" in text
    await forget_loop()


async def test_open_and_paused_rooms_are_counted(store: Store, valkey: Any) -> None:
    for paused in (False, True, False):
        shown = card(paused=paused)
        key = shard_keys(store.shard_of(shown.room)).cards
        await valkey.hset(key, shown.room, msgspec.msgpack.encode(shown))
    _, text = await ask(health.metrics)
    assert "holdfast_rooms_open 3\n" in text
    assert "holdfast_rooms_paused 1\n" in text


async def test_without_redis_metrics_are_still_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away() -> Any:
        raise StoreUnavailable("Redis cannot be reached: no such file.")

    monkeypatch.setattr(health, "picture", away)
    status, text = await ask(health.metrics)
    assert (status, "holdfast_peak_memory_bytes" in text) == (200, True)
