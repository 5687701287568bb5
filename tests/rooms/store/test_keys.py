"""Names: one tag for each shard, and a room's shard for ever."""

from __future__ import annotations

import re
from dataclasses import asdict

from rooms.core.ids import RoomId, WebId
from rooms.store.keys import shard_keys, shard_of


def test_a_rooms_shard_never_changes() -> None:
    """Another mapping would lose every room of a running Redis."""
    assert [shard_of(RoomId(letter * 22), 16) for letter in "abcXYZ_-09"] == [0, 1, 1, 12, 12, 13, 15, 6, 8, 12]


def test_rooms_spread_evenly() -> None:
    """No shard has more than twice its part."""
    counts = [0] * 16
    for number in range(16_000):
        counts[shard_of(RoomId(f"{number:022d}"), 16)] += 1
    assert min(counts) > 500
    assert max(counts) < 2000


def test_every_key_of_a_shard_has_its_tag() -> None:
    """A cluster hashes only what stands in braces."""
    keys = shard_keys(7)
    names = [*asdict(keys).values(), keys.events(RoomId("r")), keys.reply("t"), keys.parcels(WebId("w"))]
    assert {re.findall(r"\{(.*?)\}", name)[0] for name in names} == {"s07"}
    assert len(set(names)) == len(names)
    assert shard_keys(1023).log == "hf:{s1023}:in"


def test_streams_by_name() -> None:
    keys = shard_keys(0)
    assert (keys.stream("outbox"), keys.stream("bots")) == ("hf:{s00}:outbox", "hf:{s00}:bots")
