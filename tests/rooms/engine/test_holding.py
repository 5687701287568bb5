"""Taking shards over, with a store that fails where a test wants it to."""

from __future__ import annotations

from typing import Any, cast

import pytest

from rooms.core import inputs, tick
from rooms.core.bounds import Bounds
from rooms.core.ids import RoomId, SocketId, WebId
from rooms.core.inputs import Attach, Entry, Lapse, Open
from rooms.core.room import dump_live
from rooms.engine.clock import Clock
from rooms.engine.config import EngineConfig
from rooms.engine.holding import Holding
from rooms.games import get_rules
from rooms.pools import read_pools
from rooms.store import Lease, Loaded, Store, StoreUnavailable
from rooms.store.leases import LeaseRow
from tests.rooms.core.driver import ANN
from tests.rooms.engine.playing import engine, shares, until

ROOM = RoomId("R" * 22)


def left_behind() -> Loaded:
    """A room whose only socket was of a web process that is no more."""
    act = Open("tictactoe", {}, 2, "seed", ANN, incarnation="i")
    live = tick.open_room(ROOM, act, get_rules("tictactoe"), Bounds(), 0)
    tick.advance(live, [("1-0", Attach(SocketId("s"), WebId("dead"), ANN, inputs.JSON), "")], 0)
    return Loaded("1-0", {ROOM: dump_live(live)})


class OneShard:
    """A store with one shard that nobody owns. `failing` answers fail before one succeeds."""

    def __init__(self, failing: int) -> None:
        self.failing, self.epoch = failing, 0
        self.appended: list[tuple[int, Entry]] = []

    async def now_ms(self) -> int:
        return 1

    async def beat_engine(self, me: str, _ttl_ms: int) -> list[str]:
        return [me]

    async def renew(self, _held: Any, _ttl_ms: int) -> list[Lease]:
        return []

    async def leases(self) -> list[LeaseRow]:
        return [LeaseRow(0, "me" if self.epoch else "", self.epoch, 100)]

    async def check(self) -> None:
        pass

    async def ring(self, _me: str) -> None:
        pass

    async def read(self, _cursors: dict[int, str], **_: int) -> list[Any]:
        return []

    async def take_all(self, numbers: list[int], owner: str, _ttl_ms: int) -> list[Lease]:
        self.epoch += 1
        return [Lease(number, owner, self.epoch) for number in numbers]

    async def load(self, _lease: Lease) -> Loaded:
        return left_behind()

    async def living_webs(self) -> list[WebId]:
        if self.failing:
            self.failing -= 1
            raise StoreUnavailable("away")
        return [WebId("living")]

    async def append(self, entries: list[tuple[int, Entry]]) -> None:
        self.appended += entries


async def test_sockets_of_dead_web_processes_are_looked_for_until_that_succeeds() -> None:
    """Else the room would believe for ever that somebody is there, and never close."""
    store = OneShard(failing=1)
    holding = Holding(cast(Store, store), EngineConfig("unused", shards=1, name="me"), Clock())
    with pytest.raises(StoreUnavailable):
        await holding.balance()
    assert store.appended == []
    before = holding.settled
    await holding.balance()
    assert (before, holding.settled) == (False, True)
    assert [(number, entry.act) for number, entry in store.appended] == [(0, Lapse(WebId("dead")))]
    assert list(holding.shards) == [0]


@pytest.mark.parametrize(("lease_ms", "said"), [(600_000, False), (0, True)])
async def test_a_pool_is_missed_only_once_it_is_without_an_engine_for_a_lease(
    lease_ms: int, said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Engines that start together look several times in the first moment, before all of them are there."""
    pools = read_pools("heavy:1=arena", 2)
    config = EngineConfig("unused", shards=2, name="me", lease_ms=lease_ms, pools=pools)
    holding = Holding(cast(Store, OneShard(failing=0)), config, Clock())
    for _ in range(3):
        await holding.balance()
    assert ("no engine serves these pools, their rooms stand still: heavy" in caplog.text) == said


async def buried(store: Store, name: str, left: set[str]) -> bool:
    await store.bury(name)
    return set(await store.living_engines()) == left


async def test_engines_take_the_shards_of_their_pool_and_miss_the_other(
    valkey_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    pools = read_pools("heavy:3=arena", 8)
    async with (
        engine(valkey_url, "a", pools=pools),
        engine(valkey_url, "b", pools=pools),
    ):
        store = Store(valkey_url, 8)
        await until(lambda: shares(store, {"a": 3, "b": 2}))
        await until(lambda: "no engine serves these pools" in caplog.text)
        async with engine(valkey_url, "c@heavy", pools=pools, pool="heavy"):
            await until(lambda: shares(store, {"a": 3, "b": 2, "c@heavy": 3}))
            await until(lambda: "every pool is served" in caplog.text)
            # As whoever started it knows it. This one lives on, and its next beat takes it from the grave.
            await until(lambda: buried(store, "c", {"a", "b"}))
        await until(lambda: shares(store, {"a": 3, "b": 2}))
        await store.aclose()
