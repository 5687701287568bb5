"""Who reads the logs, and when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import pytest

from rooms.core import inputs
from rooms.core.ids import RoomId
from rooms.core.inputs import Open
from rooms.engine.clock import Clock
from rooms.engine.reading import OFTEN_HZ, SLOW, Reading
from rooms.engine.report import Counters
from rooms.engine.schedule import Schedule
from rooms.store import Store
from rooms.store.log import Readings
from tests.rooms.engine.playing import ANN, Table, engine, until


class Desk:
    """A shard as the reading sees it."""

    def __init__(self, hz: int = 20, *, idles: bool = False) -> None:
        self.hz, self.idles, self.read, self.full = hz, idles, "0-0", 0
        self.taken: list[str] = []

    def ticking(self) -> set[int]:
        return {self.hz}

    def only_ticks(self) -> bool:
        return not self.idles

    def has_arrivals(self) -> bool:
        return self.idles and bool(self.taken)

    def next_due_ms(self) -> int | None:
        return None

    def waiting(self) -> int:
        return self.full

    def take_in(self, packs: Iterable[tuple[str, bytes]]) -> int:
        ids = [id_ for id_, _ in packs]
        self.taken += ids
        self.read = ids[-1]
        return len(ids)


class Logs:
    """A store with one pack after each cursor."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.takes_s = 0.0
        self.go = asyncio.Event()
        self.go.set()

    async def read(self, cursors: Mapping[int, str], *, block_ms: int, count: int) -> Readings:
        self.asked.append(block_ms)
        await self.go.wait()
        await asyncio.sleep(self.takes_s)
        return [(shard, [(f"{int(cursor[0]) + 1}-0", b"")]) for shard, cursor in cursors.items()]


async def reading_of(*desks: Desk, inbox: int = 100) -> tuple[Reading, Logs, dict[int, Any]]:
    """With one pass behind it."""
    shards: dict[int, Any] = dict(enumerate(desks))
    schedule, logs = Schedule(Clock(), catch_up=5), Logs()
    await schedule.next(shards.values(), longest=0.0)
    reading = Reading(logs, shards, schedule, Counters(), inbox)
    reading.settle()
    return reading, logs, shards


@pytest.mark.parametrize(
    ("desks", "by_ticks"),
    [
        ([Desk(), Desk()], True),
        ([Desk(), Desk(idles=True)], False),
        ([Desk(OFTEN_HZ - 1)], False),
        ([Desk(1), Desk()], True),
        ([], False),
    ],
)
async def test_ticks_read_only_where_all_rooms_tick_and_often(desks: list[Desk], by_ticks: bool) -> None:
    reading, logs, _ = await reading_of(*desks)
    assert reading.by_ticks is by_ticks
    await reading.before_tick()
    assert logs.asked == ([0] if by_ticks else [])


async def test_a_room_that_waits_for_no_tick_wakes_the_loop() -> None:
    reading, logs, shards = await reading_of(Desk())
    loop = asyncio.create_task(reading.once())
    await asyncio.sleep(0.01)
    assert logs.asked == []
    shards[1] = Desk(idles=True)
    reading.settle()
    await asyncio.wait_for(loop, 5)
    assert logs.asked == [100]
    assert shards[1].taken == ["1-0"]


async def test_what_both_have_read_is_taken_once() -> None:
    """The loop was waiting for it when the ticks took over."""
    desk = Desk(idles=True)
    reading, logs, _ = await reading_of(desk)
    logs.go.clear()
    loop = asyncio.create_task(reading.once())
    await asyncio.sleep(0)
    desk.idles = False
    reading.settle()
    tick = asyncio.create_task(reading.before_tick())
    await asyncio.sleep(0)
    assert logs.asked == [100, 0]
    logs.go.set()
    await asyncio.wait_for(asyncio.gather(loop, tick), 5)
    assert desk.taken == ["1-0"]


async def test_nothing_is_read_while_the_inboxes_are_full() -> None:
    desk = Desk()
    reading, logs, _ = await reading_of(desk, inbox=10)
    desk.full = 11
    await reading.before_tick()
    assert logs.asked == []
    desk.full = 10
    await reading.before_tick()
    assert logs.asked == [0]


async def test_the_loop_reads_for_a_while_when_redis_is_too_slow_to_be_read_before_each_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rooms.engine.reading.AGAIN_S", 0.2)
    reading, logs, _ = await reading_of(Desk(20))
    modes = []
    for takes_s, rest_s in ((0.0, 0.0), (SLOW / 20 + 0.005, 0.0), (0.0, 0.2)):
        logs.takes_s = takes_s
        await reading.before_tick()
        await asyncio.sleep(rest_s)
        reading.settle()
        modes.append(reading.by_ticks)
    assert modes == [True, False, True]


async def test_the_loop_reads_as_soon_as_the_last_room_that_ticks_is_gone() -> None:
    reading, _, shards = await reading_of(Desk())
    modes = [reading.by_ticks]
    shards.clear()
    reading.settle()
    assert [*modes, reading.by_ticks] == [True, False]


@pytest.fixture
async def room(table: Table, valkey_url: str) -> AsyncIterator[Any]:
    """A room that ticks, alone in its engine."""
    async with engine(valkey_url, "a") as running:
        await table.open("arena", size=4)
        await table.start()
        await until(lambda: running.reading.by_ticks)
        yield running


async def test_a_room_that_ticks_costs_one_reading_a_tick(room: Any, table: Table) -> None:
    """However many inputs come, and each counts at the next tick."""
    before = room.counters.readings, room.counters.passes
    for _ in range(30):
        await table.do(ANN, inputs.ChatBody("x"))
        await asyncio.sleep(0.005)
    await until(lambda: table.frames[-1].acks[0] == table.seq[ANN.id])
    readings, passes = room.counters.readings - before[0], room.counters.passes - before[1]
    assert 0 < readings <= passes + 1


async def test_a_room_by_turns_is_opened_beside_it_and_read_at_once_from_then_on(
    room: Any, table: Table, store: Store
) -> None:
    quiet = RoomId("Q" * 22)
    await store.append_to(quiet, Open("tictactoe", {}, 2, "s", ANN, incarnation="i"), "token")
    assert await store.reply(store.shard_of(quiet), "token", 5) is not None
    assert not room.reading.by_ticks
    passes = room.counters.passes
    await store.append_to(RoomId("gone"), inputs.Reserve(ANN), "none")
    assert await store.reply(store.shard_of(RoomId("gone")), "none", 5) is not None
    assert room.counters.passes > passes
