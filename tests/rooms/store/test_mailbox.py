"""The mailbox: every parcel in order, and no hole without a word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rooms.core.ids import WebId
from rooms.store import Commit, Gap, Lease, Mailbox, Parcelled, Reconnected, Store, StoreUnavailable
from rooms.store.keys import shard_keys
from rooms.store.mailbox import split
from tests.rooms.store.making import ROOM, TTL, WEB, Valkey, commit, cut_subscribers, until


@pytest.fixture
async def mailbox(store: Store) -> AsyncIterator[Mailbox]:
    """The mailbox of WEB, open."""
    mailbox = store.mailbox(WEB)
    await mailbox.opened()
    yield mailbox
    await mailbox.aclose()


async def soon(mailbox: Mailbox) -> object:
    """What comes next, within a bounded time."""
    return await asyncio.wait_for(anext(mailbox), 30)


async def post(store: Store, lease: Lease, raw: bytes, web: WebId = WEB) -> None:
    await commit(store, Commit(lease, parcels={web: raw}))


async def test_parcels_of_every_shard_as_they_were(store: Store, mailbox: Mailbox) -> None:
    for shard in range(store.shards):
        lease = await store.take(shard, "me", TTL)
        assert lease is not None
        for n in (1, 2):
            await post(store, lease, b"12:%d\x00:\r\n" % n)
            assert await soon(mailbox) == Parcelled(shard, n, b"12:%d\x00:\r\n" % n)


async def test_those_of_others_do_not_come(store: Store, lease: Lease, mailbox: Mailbox) -> None:
    other = store.mailbox(WebId("web-2"))
    await other.opened()
    await post(store, lease, b"theirs", WebId("web-2"))
    await post(store, lease, b"ours")
    assert await soon(mailbox) == Parcelled(lease.shard, 1, b"ours")
    assert await soon(other) == Parcelled(lease.shard, 1, b"theirs")
    await other.aclose()


async def test_the_count_goes_on_over_owners(store: Store, lease: Lease, mailbox: Mailbox) -> None:
    await post(store, lease, b"1")
    await store.release(lease)
    heir = await store.take(lease.shard, "heir", TTL)
    assert heir is not None
    await post(store, heir, b"2")
    assert [await soon(mailbox), await soon(mailbox)] == [
        Parcelled(lease.shard, 1, b"1"),
        Parcelled(lease.shard, 2, b"2"),
    ]


async def test_a_mailbox_may_open_late(store: Store, lease: Lease, mailbox: Mailbox) -> None:
    """A process that begins in the middle of a count has lost nothing that was for it."""
    await post(store, lease, b"1")
    await mailbox.aclose()
    late = store.mailbox(WEB)
    await late.opened()
    await post(store, lease, b"2")
    got = await soon(late)
    assert isinstance(got, Parcelled)
    assert got.raw == b"2"
    await late.aclose()


@pytest.mark.parametrize("number", [5, 1])
async def test_a_hole_is_told_before_what_comes_after_it(
    store: Store, lease: Lease, mailbox: Mailbox, valkey: Valkey, number: int
) -> None:
    """Forward, or back because Redis forgot the count."""
    for n in (1, 2):
        await post(store, lease, b"x")
        assert await soon(mailbox) == Parcelled(lease.shard, n, b"x")
    await valkey.hset(shard_keys(lease.shard).out, WEB, number - 1)
    await post(store, lease, b"after")
    assert await soon(mailbox) == Gap(lease.shard)
    assert await soon(mailbox) == Parcelled(lease.shard, number, b"after")
    await post(store, lease, b"next")
    assert await soon(mailbox) == Parcelled(lease.shard, number + 1, b"next")


async def test_a_lost_connection_is_told_even_when_nothing_else_comes(
    store: Store, lease: Lease, mailbox: Mailbox, valkey: Valkey
) -> None:
    await post(store, lease, b"1")
    assert await soon(mailbox) == Parcelled(lease.shard, 1, b"1")
    assert await cut_subscribers(valkey) == 1
    await post(store, lease, b"lost")
    assert await soon(mailbox) == Reconnected()
    await post(store, lease, b"heard")
    got = await soon(mailbox)
    assert isinstance(got, Parcelled)
    assert got.raw == b"heard"


async def test_one_that_reads_too_slowly_is_cut_off_and_told(
    store: Store, lease: Lease, mailbox: Mailbox, valkey: Valkey
) -> None:
    """Redis holds a bounded backlog for it (here 64 KiB); what is lost beyond is not lost in silence."""
    before = (await valkey.config_get("client-output-buffer-limit"))["client-output-buffer-limit"]
    await valkey.config_set("client-output-buffer-limit", "pubsub 65536 65536 1")
    try:
        posted = 0

        async def cut() -> bool:
            nonlocal posted
            posted += 1
            await post(store, lease, b"x" * 400_000)
            return int((await valkey.info("stats"))["client_output_buffer_limit_disconnections"]) > already

        already = int((await valkey.info("stats"))["client_output_buffer_limit_disconnections"])
        await until(cut)
        seen: list[object] = []
        while Reconnected() not in seen:
            seen.append(await soon(mailbox))
        assert len(seen) - 1 < posted
        numbers = [got.n for got in seen if isinstance(got, Parcelled)]
        assert numbers == list(range(1, len(numbers) + 1))
    finally:
        await valkey.config_set("client-output-buffer-limit", before)


async def test_a_stale_owner_posts_nothing(store: Store, lease: Lease, mailbox: Mailbox) -> None:
    await store.take(lease.shard, lease.owner, TTL)
    (fenced,) = await store.commit([Commit(lease, rooms={ROOM: b"r"}, parcels={WEB: b"stale"})], TTL)
    assert fenced is not None
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(mailbox), 0.1)


async def test_it_must_be_opened_first(store: Store, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="opened"):
        await anext(store.mailbox(WEB))
    nowhere = Store(f"unix://{tmp_path}/none.sock", 4)
    with pytest.raises(StoreUnavailable):
        await nowhere.mailbox(WEB).opened()


async def test_parcels_of_one_message_came_at_one_time() -> None:
    assert [(parcel.shard, parcel.raw, parcel.at) for parcel in split(b"1:1:2 2:5:1\nabc", 7.5)] == [
        (1, b"ab", 7.5),
        (2, b"c", 7.5),
    ]
