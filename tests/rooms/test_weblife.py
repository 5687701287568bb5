"""One life under one web id: begun after the mailbox stands, told of losses, ended by a late heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from rooms import weblife
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
        self.words = ["w0", "w1"]

    def mailbox(self, web: WebId, trouble: Callable[[str], None]) -> Any:
        self.boxes.append(Box(web))
        self.trouble = trouble
        return self.boxes[-1]

    async def beat_web(self, web: WebId, ttl_ms: int) -> None:
        if self.away:
            raise StoreUnavailable("away")
        assert self.boxes[-1].stands, "the mailbox must stand before anybody can send to it"
        self.beats.append(web)

    async def hint(self) -> str:
        return str(hash(tuple(self.words)))

    async def memories(self) -> list[str]:
        return list(self.words)

    async def forget_web(self, web: WebId) -> None:
        return


class Reader:
    """A hub that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def begun(self, web: WebId) -> None:
        self.told.append(("begun", web))

    def deliver(self, raw: bytes, at: float) -> None:
        self.told.append(raw)

    def ask_all(self, shard: int | None = None) -> None:
        self.told.append(("lost", shard))

    def forgotten(self, shards: list[int]) -> None:
        self.told.append(("forgotten", shards))

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


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def reader(post: Post) -> AsyncIterator[Reader]:
    """Told by a life that has begun."""
    reader = Reader()
    life = WebLife(cast(Any, post), 30_000, reader)
    task = asyncio.create_task(life.run())
    await until(lambda: life.open)
    reader.told.clear()
    yield reader
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_redis_that_falls_silent_is_noticed_within_two_seconds(
    post: Post, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hangs at any of the questions, and nobody here says anything that would find it out."""

    async def silent(*_: Any) -> Any:
        await asyncio.Event().wait()

    assert weblife.PROBE_S + weblife.SILENT_S <= 1.8
    monkeypatch.setattr(weblife, "SILENT_S", 0.05)
    monkeypatch.setattr(weblife, "PROBE_S", 0.05)
    monkeypatch.setattr(post, "hint", silent)
    await until(lambda: ("heartbeat", "Redis did not answer within 0.05 s.") in reader.told)
    monkeypatch.setattr(post, "beat_web", silent)
    reader.told.clear()
    await until(lambda: ("heartbeat", "Redis did not answer within 0.05 s.") in reader.told)


async def test_a_redis_that_is_slow_now_and_then_does_not_flap(
    post: Post, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told once that it is silent, and that all is well only when it answers promptly."""
    told: list[str] = []
    monkeypatch.setattr(reader, "health", lambda _part, reason: told.append(reason))
    for name, seconds in (("PROBE_S", 0.01), ("AGAIN_S", 0.01), ("SILENT_S", 0.1), ("PROMPT_S", 0.03)):
        monkeypatch.setattr(weblife, name, seconds)
    takes = [0.0]
    prompt = post.beat_web

    async def slow(web: WebId, ttl_ms: int) -> None:
        await asyncio.sleep(takes[0])
        await prompt(web, ttl_ms)

    monkeypatch.setattr(post, "beat_web", slow)
    takes[0] = 0.05
    before = len(post.beats)
    await until(lambda: len(post.beats) >= before + 5)
    assert not any(told), "slow is not silent"
    takes[0] = 0.5
    await until(lambda: any(told))
    takes[0] = 0.05
    before = len(post.beats)
    told.clear()
    await until(lambda: len(post.beats) >= before + 5)
    assert "" not in told, "not prompt is not well"
    takes[0] = 0.0
    await until(lambda: "" in told)


async def test_the_loss_of_a_memory_is_told(post: Post, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weblife, "PROBE_S", 0.01)
    post.words = ["w0", ""]
    await until(lambda: ("forgotten", [1]) in reader.told)
    post.words = ["w0", "fresh"]
    post.words[0] = "other"
    await until(lambda: ("forgotten", [0]) in reader.told)


async def test_a_mailbox_that_gets_nothing_is_told(post: Post, reader: Reader) -> None:
    post.trouble("Redis said nothing.")
    assert reader.told == [("mailbox", "Redis said nothing.")]
