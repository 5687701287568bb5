"""For those who watch over the process: /healthz says whether it can serve, /metrics what it did.

They are answered before Django: no host check, no redirect and no thread stands between a probe and the answer.
"""

from __future__ import annotations

import asyncio
from typing import Final

from django.conf import settings

from lobby.picture import picture
from rooms import meters
from rooms.hub import Hub
from rooms.store import Store, StoreUnavailable
from rooms.wire import Receive, Scope, Send

ANSWER_S: Final = 2.0


async def probe() -> str:
    """Why this process cannot serve, in plain words; "" when it can."""
    hub = Hub.running()
    if hub is not None and hub.closing:
        return "The server is shutting down."
    store = Store.of_loop(settings.ROOMS_URL, settings.HOLDFAST["SHARDS"])
    try:
        async with asyncio.timeout(ANSWER_S):
            await store.now_ms()
    except StoreUnavailable as error:
        return str(error)
    except TimeoutError:
        return f"Redis did not answer within {ANSWER_S:g} seconds."
    return ""


async def healthz(scope: Scope, receive: Receive, send: Send) -> None:
    """200 "ok", or 503 with the reason."""
    reason = await probe()
    await _answer(send, 503 if reason else 200, reason or "ok")


async def metrics(scope: Scope, receive: Receive, send: Send) -> None:
    """Prometheus' text format: this process, and what each living engine told last."""
    await _count_rooms()
    shown = [*meters.lines(), *meters.lines_of("engine", await _engines())]
    await _answer(send, 200, "\n".join(shown), "text/plain; version=0.0.4; charset=utf-8")


async def _count_rooms() -> None:
    """From the picture of all rooms: the same in every web process. While Redis is away, the last that was known."""
    try:
        seen = await picture()
    except StoreUnavailable:
        return
    meters.gauge("rooms_open", seen.count)
    meters.gauge("rooms_paused", seen.paused)


async def _engines() -> dict[str, dict[str, float]]:
    """By engine; none while Redis is away."""
    try:
        async with asyncio.timeout(ANSWER_S):
            return await Store.of_loop(settings.ROOMS_URL, settings.HOLDFAST["SHARDS"]).counts()
    except (StoreUnavailable, TimeoutError):
        return {}


async def _answer(send: Send, status: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
    body = f"{text}\n".encode()
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
