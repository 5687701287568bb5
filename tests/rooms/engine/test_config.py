"""What an engine is told."""

from __future__ import annotations

import pytest

from gameserver.tunables import read_tunables
from rooms.engine.config import EngineConfig, read_config
from rooms.pools import WrongPools


def test_every_number_comes_from_the_settings() -> None:
    ours = read_tunables({}) | {"ROOM_IDLE_S": 7, "EVENTS_KEPT": 300, "LEASE_MS": 900, "STEP_MS": 40, "MAX_ROOMS": 160}
    config = read_config("redis://here", ours)
    assert (config.redis_url, config.shards, config.lease_ms, config.step_ms) == ("redis://here", 16, 900, 40)
    assert (config.bounds.idle_ms, config.bounds.events) == (7000, 300)
    assert config.rooms_per_shard == 20


def test_engines_have_names_of_their_own() -> None:
    assert EngineConfig("x").name != EngineConfig("x").name


def test_an_engine_of_a_pool_has_its_shards_and_says_so_in_its_name() -> None:
    ours = read_tunables({})
    heavy = read_config("x", ours, "life", "heavy:4=arena", "heavy")
    assert (heavy.name, list(heavy.mine)) == ("life@heavy", [12, 13, 14, 15])
    rest = read_config("x", ours, "life", "heavy:4=arena")
    assert (rest.name, list(rest.mine)) == ("life", list(range(12)))
    with pytest.raises(WrongPools, match="light"):
        read_config("x", ours, "life", "heavy:4=arena", "light")
