"""Presence: who says so lives, who falls silent has lapsed."""

from __future__ import annotations

from rooms.core.ids import WebId
from rooms.store import Store
from tests.rooms.store.making import TTL, until

A, B = WebId("web-a"), WebId("web-b")


async def test_engines_learn_of_each_other(store: Store) -> None:
    assert await store.beat_engine("e2", 5000) == ["e2"]
    assert await store.beat_engine("e1", 5000) == ["e1", "e2"]
    await store.forget_engine("e2")
    assert await store.beat_engine("e1", 5000) == ["e1"]


async def test_a_silent_engine_is_dropped(store: Store) -> None:
    await store.beat_engine("dies", 50)

    async def alone() -> bool:
        return await store.beat_engine("lives", 5000) == ["lives"]

    await until(alone)


async def test_web_processes_live_and_lapse(store: Store) -> None:
    await store.beat_web(A, 50)
    await store.beat_web(B, 5000)
    assert await store.living_webs() == [A, B]
    assert await store.lapsed_webs() == []

    async def lapsed() -> bool:
        return await store.lapsed_webs() == [A]

    await until(lapsed)
    assert await store.living_webs() == [B]
    await store.beat_web(A, 5000)
    assert await store.lapsed_webs() == []


async def test_a_lapsed_one_stays_listed_for_a_while(small: Store) -> None:
    """Every engine must see it, whoever beats meanwhile; here a while is two seconds."""
    await small.beat_web(A, 1)

    async def lapsed() -> bool:
        return await small.lapsed_webs() == [A]

    async def dropped() -> bool:
        await small.beat_web(B, 60_000)
        return await small.lapsed_webs() == []

    await until(lapsed)
    assert not await dropped()
    await until(dropped)
    assert await small.living_webs() == [B]


async def test_one_that_goes_in_order_is_not_lapsed(store: Store) -> None:
    await store.beat_web(A, 1)
    await store.forget_web(A)
    assert (await store.living_webs(), await store.lapsed_webs()) == ([], [])


async def test_the_bell_says_who_rang(store: Store, valkey_url: str) -> None:
    bell = store.bell()
    assert await bell.heard() == "", "it stands: rings before that may have been missed"
    await store.ring("a")
    assert await bell.heard() == "a"
    await bell.aclose()


async def test_an_engine_that_is_certainly_dead_has_nothing_any_more(store: Store) -> None:
    await store.beat_engine("dead", TTL)
    await store.beat_engine("alive", TTL)
    dead = [await store.take(shard, "dead", TTL) for shard in (0, 2)]
    alive = await store.take(1, "alive", TTL)
    assert alive is not None
    bell = store.bell()
    await bell.heard()
    await store.bury("dead")
    assert await bell.heard() == "dead"
    await bell.aclose()
    assert await store.living_engines() == ["alive"]
    assert [row.owner for row in await store.leases()] == ["", "alive", "", ""]
    assert await store.renew([lease for lease in dead if lease is not None], TTL) == dead
    assert await store.renew([alive], TTL) == []
