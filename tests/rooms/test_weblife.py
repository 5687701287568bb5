"""One life under one web id: begun after the mailbox stands, told of losses, ended by a late heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from rooms.core.ids import WebId
from rooms.store import Gap, Parcelled, Reconnected, StoreUnavailable
from rooms.weblife import WebLife
from tests.support.waiting import until


class Box:
    """A mailbox whose post the test puts in."""

    def __init__(self, web: WebId) -> None:
        self.web, self.post = web, asyncio.Queue[Any]()
        self.stands = self.closed = False

    async def opened(self) -> None:
        self.stands = True

    async def aclose(self) -> None:
        self.closed = True

    async def __aiter__(self) -> AsyncIterator[Any]:
        while True:
            yield await self.post.get()


class Post:
    """A store that notes heartbeats, and may be away."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.beats: list[WebId] = []
        self.away = False

    def mailbox(self, web: WebId) -> Any:
        self.boxes.append(Box(web))
        return self.boxes[-1]

    async def beat_web(self, web: WebId, ttl_ms: int) -> None:
        if self.away:
            raise StoreUnavailable("away")
        assert self.boxes[-1].stands, "the mailbox must stand before anybody can send to it"
        self.beats.append(web)

    async def forget_web(self, web: WebId) -> None:
        return


class Reader:
    """A hub that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def begun(self, web: WebId) -> None:
        self.told.append(("begun", web))

    def deliver(self, raw: bytes) -> None:
        self.told.append(raw)

    def ask_all(self, shard: int | None = None) -> None:
        self.told.append(("lost", shard))

    def health(self, part: str, reason: str) -> None:
        if reason:
            self.told.append((part, reason))


async def test_it_begins_when_the_mailbox_stands_and_reports_every_loss() -> None:
    post, reader = Post(), Reader()
    life = WebLife(cast(Any, post), 30_000, reader)
    task = asyncio.create_task(life.run())
    await until(lambda: life.open)
    box = post.boxes[0]
    for item in (Parcelled(3, 1, b"parcel"), Gap(3), Reconnected()):
        box.post.put_nowait(item)
    await until(lambda: len(reader.told) == 4)
    assert reader.told == [("begun", box.web), b"parcel", ("lost", 3), ("lost", None)]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert box.closed
    assert not life.open


async def test_a_late_heartbeat_ends_it_and_the_next_life_has_another_id() -> None:
    post, reader = Post(), Reader()
    life = WebLife(cast(Any, post), 120, reader)
    task = asyncio.create_task(life.run())
    await until(lambda: life.open)
    post.away = True
    await until(lambda: ("heartbeat", "away") in reader.told)
    await asyncio.sleep(0.15)
    post.away = False
    await asyncio.wait_for(task, 2)
    again = asyncio.create_task(life.run())
    await until(lambda: len(post.boxes) == 2 and life.open)
    assert post.boxes[0].closed
    assert post.boxes[0].web != post.boxes[1].web
    again.cancel()
    await asyncio.gather(again, return_exceptions=True)


async def test_a_heartbeat_in_time_ends_nothing() -> None:
    post, reader = Post(), Reader()
    task = asyncio.create_task(WebLife(cast(Any, post), 1500, reader).run())
    await until(lambda: len(post.beats) >= 3)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_without_redis_it_does_not_begin() -> None:
    post, reader = Post(), Reader()
    post.away = True
    with pytest.raises(StoreUnavailable):
        await WebLife(cast(Any, post), 1000, reader).run()
    assert reader.told == []
    assert post.boxes[0].closed


async def test_a_heartbeat_that_redis_took_too_late_ends_it() -> None:
    """Sent in time and answered after the time to live: engines may have counted this id as gone in between."""

    class Slow(Post):
        async def beat_web(self, web: WebId, ttl_ms: int) -> None:
            await super().beat_web(web, ttl_ms)
            if len(self.beats) > 1:
                await asyncio.sleep(0.4)

    post, reader = Slow(), Reader()
    await asyncio.wait_for(WebLife(cast(Any, post), 300, reader).run(), 2)
    assert len(post.beats) == 2
    assert post.boxes[0].closed
