"""The appender: batches, order, what may wait, what happens while the log is out of reach or full, and its bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random

import pytest

from rooms import appender
from rooms.appender import Appender
from rooms.core.ids import PlayerId, RoomId, SocketId
from rooms.core.inputs import Command, Detach, Entry, MoveBody, Resume, Resync, StartBody, parse_pack
from rooms.store import LogFull, StoreUnavailable
from tests.support.waiting import until

ROOM = RoomId("r" * 22)


class Log:
    """A log in memory that can be out of reach, or full for one shard."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.packs: list[int] = []
        self.down = self.full = False
        self.takes_s = 0.0

    def shard_of(self, room: RoomId) -> int:
        return ord(room[0])

    async def append_packs(self, packs: Sequence[tuple[int, bytes]]) -> None:
        await asyncio.sleep(self.takes_s)
        if self.down:
            raise StoreUnavailable("Redis cannot be reached.")
        refused = [at for at, (shard, _) in enumerate(packs) if self.full and shard == ord("f")]
        taken = [parse_pack(raw) for at, (_, raw) in enumerate(packs) if at not in refused]
        self.packs += [len(pack) for pack in taken]
        self.batches.append([seq(entry) for pack in taken for entry in pack])
        if refused:
            raise LogFull([ord("f")], refused)

    @property
    def seqs(self) -> list[int]:
        return [number for batch in self.batches for number in batch]


@pytest.fixture(autouse=True)
def never_strained(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine of the tests is."""
    monkeypatch.setattr(appender, "STRAIN_S", 60.0)


def seq(entry: Entry) -> int:
    return entry.act.seq if isinstance(entry.act, Command) else 0


def command(number: int, move: bytes = b"") -> Command:
    return Command(SocketId("s"), PlayerId("p"), number, MoveBody(move) if move else StartBody())


@asynccontextmanager
async def running(log: Log) -> AsyncIterator[tuple[Appender, list[str]]]:
    health: list[str] = []
    ours = Appender(log, health.append)
    task = asyncio.create_task(ours.run())
    yield ours, health
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_added_in_one_pass_goes_in_one_batch_in_order() -> None:
    log = Log()
    async with running(log) as (ours, _):
        for number in range(1, 6):
            assert ours.add_command(ROOM, command(number))
        assert await ours.drain(1)
    assert log.batches == [[1, 2, 3, 4, 5]]


async def test_nothing_is_lost_or_reordered_while_the_log_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "PAUSE_S", (0.01,))
    log = Log()
    log.down = True
    async with running(log) as (ours, health):
        ours.add_command(ROOM, command(1))
        await until(lambda: len(health) >= 2)
        ours.add_command(ROOM, command(2))
        ours.add(ROOM, Detach(SocketId("s")))
        log.down = False
        assert await ours.drain(1)
        await until(lambda: health[-1] == "")
    assert log.seqs == [1, 2, 0]
    assert health[0] == "Redis cannot be reached."


async def test_a_full_shard_holds_up_only_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "PAUSE_S", (0.01,))
    log = Log()
    log.full = True
    full = RoomId("f" * 22)
    async with running(log) as (ours, health):
        for room, number in ((full, 1), (ROOM, 2), (full, 3)):
            ours.add_command(room, command(number))
        await until(lambda: len(health) >= 2)
        assert log.seqs == [2]
        ours.add_command(full, command(4))
        log.full = False
        assert await ours.drain(1)
    assert log.seqs == [2, 1, 3, 4]


async def test_a_shard_that_fails_rests_alone_however_much_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A primary of a cluster is dead: others' inputs neither wait for its rest nor behind what piles up for it."""
    monkeypatch.setattr(appender, "PAUSE_S", (60,))
    monkeypatch.setattr(appender, "BATCH", 3)
    log = Log()
    log.full = True
    full = RoomId("f" * 22)
    async with running(log) as (ours, health):
        for number in range(1, 9):
            ours.add_command(full, command(number))
        await until(lambda: health)
        for number in range(11, 15):
            ours.add_command(ROOM, command(number))
        await until(lambda: not ours.waits(ROOM))
        assert log.seqs == [11, 12, 13, 14]
        assert ours.waits(full)
        assert ours.waiting == 8
        assert len(log.batches) == 3, "the dead one was not tried again meanwhile"
        assert health == ["The log of shard 102 is full: is an engine running?"]


async def test_a_heap_for_one_shard_lets_others_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "BATCH", 3)
    log = Log()
    async with running(log) as (ours, _):
        for number in range(1, 9):
            ours.add_command(RoomId("h" * 22), command(number))
        ours.add_command(ROOM, command(11))
        assert await ours.drain(1)
    assert log.batches[0] == [1, 2, 3]
    assert 11 in log.batches[1]
    assert [number for number in log.seqs if number < 11] == list(range(1, 9))


async def test_inputs_are_bounded_by_number_and_comings_and_goings_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "MOST_COMMANDS", 3)
    ours = Appender(Log(), lambda reason: None)
    assert [ours.add_command(ROOM, command(n)) for n in range(1, 5)] == [True, True, True, False]
    ours.add(ROOM, Detach(SocketId("s")))
    assert ours.waiting == 4


async def test_shards_that_cannot_be_written_leave_room_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "PAUSE_S", (60,))
    monkeypatch.setattr(appender, "MOST_COMMANDS", 4)
    log = Log()
    log.full = True
    full = RoomId("f" * 22)
    async with running(log) as (ours, health):
        ours.add_command(full, command(1))
        await until(lambda: health)
        assert [ours.add_command(full, command(n)) for n in (2, 3, 4)] == [True, True, False]
        assert ours.add_command(ROOM, command(11))


async def test_inputs_are_bounded_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "MOST_BYTES", 3000)
    log = Log()
    async with running(log) as (ours, _):
        assert ours.add_command(ROOM, command(1, b"x" * 2000))
        assert not ours.add_command(ROOM, command(2, b"x" * 2000))
        assert await ours.drain(1)
        assert ours.add_command(ROOM, command(3, b"x" * 2000))


async def test_draining_gives_up_in_time() -> None:
    ours = Appender(Log(), lambda reason: None)
    ours.add_command(ROOM, command(1))
    assert not await ours.drain(0.05)


async def test_what_cannot_be_written_fails_where_it_is_added_and_holds_nobody_up() -> None:
    log = Log()
    async with running(log) as (ours, health):
        with pytest.raises(OverflowError):
            ours.add(ROOM, Resync(SocketId("s"), Resume("i", 2**64)))
        with pytest.raises(OverflowError):
            ours.add_command(ROOM, command(2**64))
        ours.add_command(ROOM, command(1))
        assert await ours.drain(1)
    assert log.seqs == [1]
    assert health == []


async def test_what_waits_for_a_shard_is_packed_within_bounds_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "PACK_ENTRIES", 4)
    monkeypatch.setattr(appender, "PACK_BYTES", 1000)
    log = Log()
    async with running(log) as (ours, _):
        for number in range(1, 8):
            ours.add_command(ROOM, command(number))
        ours.add_command(ROOM, command(8, b"x" * 900))
        ours.add_command(ROOM, command(9, b"x" * 2000))
        ours.add_command(RoomId("q" * 22), command(21))
        ours.add_command(ROOM, command(10))
        assert await ours.drain(1)
    assert log.batches == [[*range(1, 11), 21]]
    assert log.packs == [4, 3, 1, 1, 1, 1]


async def test_a_first_input_goes_at_once_and_those_that_follow_are_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "GATHER_S", 0.2)
    log = Log()
    async with running(log) as (ours, _):
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        ours.add_command(ROOM, command(1))
        await until(lambda: log.batches == [[1]])
        assert asyncio.get_running_loop().time() - began < 0.2
        for number in range(2, 6):
            ours.add_command(ROOM, command(number))
            await asyncio.sleep(0.01)
        assert await ours.drain(1)
    assert log.batches == [[1], [2, 3, 4, 5]]


# -- moves that may wait for the tick that takes them


def some_time(later_s: float) -> float:
    return asyncio.get_running_loop().time() + later_s


async def test_what_may_wait_goes_at_its_time_in_one_batch() -> None:
    log = Log()
    async with running(log) as (ours, _):
        until_then = some_time(0.1)
        for number in range(1, 6):
            ours.add_command(ROOM, command(number), until_then)
            await asyncio.sleep(0.01)
        await until(lambda: log.batches)
        assert asyncio.get_running_loop().time() >= until_then
        await until(lambda: not ours.waiting)
    assert log.batches == [[1, 2, 3, 4, 5]]


@pytest.mark.parametrize("urgent", [Detach(SocketId("s")), command(3)], ids=["detach", "command"])
async def test_what_may_not_wait_takes_along_what_waits_for_its_shard_and_no_other(urgent: Detach | Command) -> None:
    log, other = Log(), RoomId("q" * 22)
    async with running(log) as (ours, _):
        for number in (1, 2):
            ours.add_command(ROOM, command(number), some_time(60))
        ours.add_command(other, command(11), some_time(60))
        assert not ours.waits(ROOM), "nothing that should be in the log is not"
        if isinstance(urgent, Command):
            ours.add_command(ROOM, urgent)
        else:
            ours.add(ROOM, urgent)
        assert ours.waits(ROOM)
        await until(lambda: log.batches)
        assert log.batches == [[1, 2, 3 if isinstance(urgent, Command) else 0]]
        assert ours.waiting == 1
        assert ours.add_command(other, command(12), some_time(-1))
        await until(lambda: len(log.batches) == 2)
    assert log.batches[1] == [11, 12]


async def test_the_soonest_of_a_shard_says_when_all_of_it_goes() -> None:
    log = Log()
    async with running(log) as (ours, _):
        ours.add_command(ROOM, command(1), some_time(60))
        await asyncio.sleep(0.01)
        ours.add_command(ROOM, command(2), some_time(0.02))
        ours.add_command(ROOM, command(3), some_time(60))
        await until(lambda: log.batches == [[1, 2, 3]])


async def test_shards_that_are_due_at_nearly_one_time_go_together() -> None:
    log = Log()
    async with running(log) as (ours, _):
        due = some_time(0.05)
        ours.add_command(ROOM, command(1), due)
        ours.add_command(RoomId("q" * 22), command(2), due + appender.GATHER_S / 2)
        ours.add_command(RoomId("p" * 22), command(3), due + 60)
        await until(lambda: log.batches == [[1, 2]])


async def test_what_comes_while_a_batch_is_written_has_a_time_of_its_own() -> None:
    log = Log()
    async with running(log) as (ours, _):
        ours.add_command(ROOM, command(1))
        await asyncio.sleep(0)  # it is in hand
        ours.add_command(ROOM, command(2), some_time(60))
        await until(lambda: log.batches == [[1]])
        await asyncio.sleep(2 * appender.GATHER_S)
        assert log.batches == [[1]]
        assert await ours.drain(1)
    assert log.seqs == [1, 2]


async def test_draining_waits_for_nothing_and_afterwards_all_is_as_before() -> None:
    log = Log()
    async with running(log) as (ours, _):
        ours.add_command(ROOM, command(1), some_time(60))
        assert await ours.drain(1)
        ours.add_command(ROOM, command(2), some_time(60))
        await asyncio.sleep(2 * appender.GATHER_S)
    assert log.batches == [[1]]


async def test_a_crowd_of_inputs_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "MOST_COMMANDS", 6)
    log = Log()
    async with running(log) as (ours, _):
        for number in range(1, 4):
            ours.add_command(ROOM, command(number), some_time(60))
        await asyncio.sleep(2 * appender.GATHER_S)
        assert log.batches == []
        ours.add_command(ROOM, command(4), some_time(60))
        await until(lambda: log.batches == [[1, 2, 3, 4]])
        assert not ours.crowded


async def test_what_could_not_be_written_waits_for_nothing_but_its_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appender, "PAUSE_S", (0.01,))
    log = Log()
    log.down = True
    async with running(log) as (ours, health):
        ours.add_command(ROOM, command(1))
        await until(lambda: health)
        ours.add_command(ROOM, command(2), some_time(60))
        log.down = False
        await until(lambda: log.batches == [[1, 2]])


async def test_where_writing_takes_too_long_nothing_waits_until_it_has_gone_well_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(appender, "STRAIN_S", 0.2)
    monkeypatch.setattr(appender, "CALM_S", 0.1)
    log = Log()
    async with running(log) as (ours, _):
        log.takes_s = 0.3
        ours.add_command(ROOM, command(1))
        await until(lambda: not ours.waiting)
        log.takes_s = 0.0
        ours.add_command(ROOM, command(2), some_time(60))
        await until(lambda: log.batches == [[1], [2]])
        await asyncio.sleep(0.1)
        ours.add_command(ROOM, command(3), some_time(60))
        await until(lambda: not ours.waiting)
        ours.add_command(ROOM, command(4), some_time(60))
        await asyncio.sleep(2 * appender.GATHER_S)
    assert log.batches == [[1], [2], [3]]


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_waits_the_order_of_each_shard_is_kept(seed: int) -> None:
    """Some may wait, some not, some fail; two shards."""
    log, chance = Log(), Random(seed)
    rooms = (ROOM, RoomId("f" * 22))
    sent: dict[RoomId, list[int]] = {room: [] for room in rooms}
    async with running(log) as (ours, _):
        for number in range(1, 120):
            room = chance.choice(rooms)
            sent[room].append(number)
            ours.add_command(room, command(number), some_time(chance.choice((-1, 0.002, 0.01, 60))))
            log.full = chance.random() < 0.1
            await asyncio.sleep(chance.choice((0, 0, 0.001)))
        log.full = False
        assert await ours.drain(5)
    assert sorted(log.seqs) == list(range(1, 120))
    for numbers in sent.values():
        assert [number for number in log.seqs if number in numbers] == numbers
