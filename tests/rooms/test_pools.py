"""Pools of engines: what their text says, where their rooms lie, and that one cannot slow another down."""

from __future__ import annotations

import asyncio
import os
import tempfile
from itertools import chain, count
from pathlib import Path

import pytest

from rooms.core import inputs
from rooms.core.ids import RoomId, SocketId, WebId
from rooms.core.inputs import Attach, Command, Entry, Open, ReadyBody, StartBody
from rooms.pools import ALL, DEFAULT, WrongPools, name_in, pool_of, read_pools, serves
from rooms.store import Store
from rooms.store.keys import shard_of
from tests.rooms.core.driver import ANN, BOB
from tests.rooms.engine.playing import until
from tests.support.processes import Process
from tests.support.temp_game import write_package

TWO = "heavy:4=chess,arena slow:2=snake"


def test_pools_share_all_shards_and_the_default_one_has_the_rest() -> None:
    pools = read_pools(TWO, 16)
    assert pools.names == [DEFAULT, "heavy", "slow"]
    parts = [pools.shards_of(name) for name in pools.names]
    assert [len(part) for part in parts] == [10, 4, 2]
    assert sorted(chain(*parts)) == list(range(16)) == list(pools.shards_of(ALL))
    assert read_pools("", 16).shards_of(DEFAULT) == range(16)


@pytest.mark.parametrize(
    "text",
    [
        "heavy",
        "heavy:4",
        "heavy:0=a",
        "heavy:16=a",
        "a:9=x b:7=y",
        "a:1=x a:1=y",
        "a:1=x b:1=x",
        "default:1=x",
        "all:1=x",
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(WrongPools):
        read_pools(text, 16)


def test_a_new_room_lies_in_a_shard_of_its_games_pool() -> None:
    pools = read_pools(TWO, 16)
    for game, pool in (("arena", "heavy"), ("snake", "slow"), ("tictactoe", DEFAULT)):
        drawn = [pools.draw(game) for _ in range(40)]
        assert {shard_of(room, 16) for room in drawn} <= set(pools.shards_of(pool))
        assert len(set(drawn)) == 40
    words = (f"{n:022d}" for n in count())
    first = pools.draw("snake", lambda: next(words))
    assert shard_of(first, 16) in pools.shards_of("slow"), "ids are drawn until one fits"


def test_an_engine_says_in_its_name_what_it_serves() -> None:
    assert [pool_of(name_in(pool, "life")) for pool in (DEFAULT, "heavy", ALL)] == [DEFAULT, "heavy", ALL]
    assert name_in(DEFAULT, "life") == "life"
    assert [serves(name_in("heavy", "x"), pool) for pool in (DEFAULT, "heavy")] == [False, True]
    assert serves(name_in(ALL, "x"), "heavy")


BURNING = """
import time
from rooms.games.arena import *
TITLE = "Burning"
def step(state, inputs, now, rng):
    until = time.process_time() + 0.15
    while time.process_time() < until:
        pass
    return Step(state)
"""


async def start_match(store: Store, room: RoomId, game: str) -> None:
    """Ann and Bob play; nobody listens."""
    shard, web = store.shard_of(room), WebId("w")
    sockets = [SocketId(f"{room}-{who.id}") for who in (ANN, BOB)]
    acts: list[inputs.Act] = [Open(game, {}, 2, "seed", ANN, incarnation="i")]
    acts += [Attach(name, web, who, inputs.JSON) for name, who in zip(sockets, (ANN, BOB), strict=True)]
    acts += [Command(sockets[1], BOB.id, 1, ReadyBody(True)), Command(sockets[0], ANN.id, 1, StartBody())]
    await store.append([(shard, Entry(room, act)) for act in acts])


async def test_a_game_that_burns_time_in_one_pool_takes_no_tick_from_another(valkey_url: str) -> None:
    """Both engines tell how many ticks they gave up. In one engine both games would lose the same ones."""
    folder = Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))
    environment = write_package(folder, "burning", BURNING).environment
    pools = read_pools("heavy:1=burning", 4)
    ours = {"HOLDFAST_SHARDS": "4", "HOLDFAST_POOLS": "heavy:1=burning", "HOLDFAST_STEP_MS": "0"}
    env = {"REDIS_URL": valkey_url, **ours, **environment}
    store = Store(valkey_url, 4)
    try:
        await store.beat_web(WebId("w"), 120_000)
        with (
            Process.manage("light", "runengine", env={**env, "HOLDFAST_LIFE": "light"}),
            Process.manage("heavy", "runengine", env={**env, "HOLDFAST_LIFE": "heavy", "HOLDFAST_POOL": "heavy"}),
        ):

            async def shared() -> bool:
                rows = await store.leases()
                return [row.owner for row in rows] == ["light", "light", "light", "heavy@heavy"]

            await until(shared, 30)
            await start_match(store, pools.draw("burning"), "burning")
            await start_match(store, pools.draw("arena"), "arena")

            async def burnt() -> bool:
                return (await store.counts()).get("heavy@heavy", {}).get("ticks_skipped_total", 0) > 20

            await until(burnt, 60)
            await asyncio.sleep(2)  # as often as engines tell: then the other has told of this time, too
            told: dict[str, dict[str, float]] = {}

            async def both_told() -> bool:  # what an engine told is forgotten, too, when it is late in telling more
                told.update(await store.counts())
                return {"light", "heavy@heavy"} <= told.keys()

            await until(both_told, 30)
            assert told["light"]["rooms_advanced_total"] > 20, "it ticked meanwhile"
            heavy, light = (told[name]["ticks_skipped_total"] for name in ("heavy@heavy", "light"))
            assert light < heavy / 10
    finally:
        await store.aclose()


def test_no_room_begins_like_an_option_of_a_command() -> None:
    words = iter(["-" + "a" * 21, "b" * 22])
    assert read_pools("", 16).draw("arena", lambda: next(words)) == "b" * 22
