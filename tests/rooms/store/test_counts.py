"""What engines have counted: told again and again, shown while they live."""

from __future__ import annotations

from rooms.store import Store
from rooms.store.counts import KEPT_MS
from rooms.store.keys import counts_key
from tests.rooms.store.making import Valkey


async def test_the_newest_word_of_each_living_engine(store: Store) -> None:
    for engine in ("a", "b", "silent"):
        await store.beat_engine(engine, 5000)
    await store.tell_counts("a", {"passes_total": 1})
    await store.tell_counts("a", {"passes_total": 2, "rooms": 0.5})
    await store.tell_counts("b", {"passes_total": 7})
    await store.tell_counts("dead", {"passes_total": 9})
    assert await store.counts() == {"a": {"passes_total": 2, "rooms": 0.5}, "b": {"passes_total": 7}}


async def test_without_engines_there_is_nothing(store: Store) -> None:
    assert await store.counts() == {}


async def test_what_an_engine_of_another_version_tells_hides_nobody(store: Store, valkey: Valkey) -> None:
    for engine in ("new", "old"):
        await store.beat_engine(engine, 5000)
    await store.tell_counts("new", {"passes_total": 2})
    await valkey.set(counts_key("old"), b"\xc1", px=KEPT_MS)
    assert await store.counts() == {"new": {"passes_total": 2}, "old": {}}
