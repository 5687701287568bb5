"""What is found out about the Redis that holds the rooms before a node of it dies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.checks import CheckMessage
from django.test import override_settings

from gameserver.roomchecks import (
    FULL_COVERAGE,
    check_pools,
    check_rooms_address,
    check_rooms_servers,
    judge,
    read_answers,
)


def ids(messages: Sequence[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def test_a_wrong_address_is_an_error() -> None:
    assert check_rooms_address() == []
    with override_settings(ROOMS_URL="redis+sentinel://somewhere"):
        assert ids(check_rooms_address()) == ["holdfast.E007"]
        assert check_rooms_servers() == []


def test_a_redis_that_would_evict_rooms_is_found(valkey_url: str) -> None:
    assert check_rooms_servers() == []
    with redis.Redis.from_url(valkey_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert ids(check_rooms_servers()) == ["holdfast.W009"]
        finally:
            client.config_set("maxmemory-policy", "noeviction")


def test_too_few_replicas_are_found(valkey_url: str) -> None:
    with override_settings(HOLDFAST={**settings.HOLDFAST, "WAIT_REPLICAS": 1}):
        (found,) = check_rooms_servers()
    assert found.id == "holdfast.W008"
    assert "0 replicas" in found.msg


def test_a_cluster_that_one_dead_primary_would_stop() -> None:
    assert ids(judge({FULL_COVERAGE: "yes"}, 1, on_cluster=True)) == ["holdfast.W007"]
    assert judge({FULL_COVERAGE: "no"}, 1, on_cluster=True) == []
    assert judge({FULL_COVERAGE: "yes"}, 1, on_cluster=False) == []  # it is there, and means nothing


def test_a_redis_that_is_away_is_told_by_the_check_of_shards_alone() -> None:
    with override_settings(ROOMS_URL="unix:///nowhere/valkey.sock"):
        assert check_rooms_servers() == []


@pytest.mark.parametrize("refused", [redis.ResponseError("unknown command CONFIG"), []])
def test_a_hosted_redis_may_keep_its_settings_to_itself(refused: Any) -> None:
    assert read_answers(refused, [b"maxmemory-policy", b"noeviction"], b"role:master\r\nconnected_slaves:2\r\n") == (
        {"maxmemory-policy": "noeviction"},
        2,
    )


def test_pools_that_are_wrong_or_for_games_that_are_not_here_are_found() -> None:
    assert check_pools() == []
    with override_settings(HOLDFAST_POOLS="heavy:4=arena"):
        assert check_pools() == []
        with override_settings(HOLDFAST_POOL="light"):
            assert ids(check_pools()) == ["holdfast.E008"]
    with override_settings(HOLDFAST_POOLS="heavy=arena"):
        assert ids(check_pools()) == ["holdfast.E008"]
    with override_settings(HOLDFAST_POOLS="heavy:4=arena,go"):
        assert ids(check_pools()) == ["holdfast.W010"]
