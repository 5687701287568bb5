"""manage.py runbots: what stops it from starting. That it plays and stops: tests/rooms/bots/test_fleet.py."""

from __future__ import annotations

import pytest
import redis
from django.core.management import CommandError, call_command


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ws://127.0.0.1:8000", ""])
def test_an_address_that_is_none_is_said(url: str) -> None:
    with pytest.raises(CommandError, match="http://"):
        call_command("runbots", "--url", url)


def test_another_number_of_shards_is_said(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        client.hset("hf:meta", mapping={"shards": "3", "incarnation": "x", "version": "1"})
        before = {row["id"] for row in client.client_list()}
        with pytest.raises(CommandError, match="3"):
            call_command("runbots")
        left = [row for row in client.client_list() if row["id"] not in before and row["name"] == "holdfast"]
    assert left == [], "its connections are closed"
