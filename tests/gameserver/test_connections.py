"""From DATABASE_URL and REDIS_URL to Django's settings."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from gameserver.connections import cache_url, channel_layer, database, without_password


def test_sqlite_is_set_for_several_processes() -> None:
    config = database("sqlite:///x.sqlite3")
    options = config["OPTIONS"]
    assert config["CONN_MAX_AGE"] > 0
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_sqlite_really_runs_with_a_write_ahead_log(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone() == (1,)
    name = connection.settings_dict["NAME"]
    with sqlite3.connect(name) as other:  # a reader is not held up by the open transaction
        assert other.execute("SELECT 1").fetchone() == (1,)
    other.close()
    assert Path(name).exists()


def test_postgresql_has_a_pool() -> None:
    config = database("postgres://anna:secret@db.example:5433/games")
    assert config["OPTIONS"]["pool"] is True
    assert config["CONN_MAX_AGE"] == 0
    assert (config["HOST"], config["PORT"], config["NAME"]) == ("db.example", 5433, "games")


def test_an_unknown_database_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is not understood"):
        database("clay-tablets://here")


@pytest.mark.parametrize(
    ("redis_url", "expected"),
    [
        ("unix:///run/v.sock", "unix:///run/v.sock?db=1"),
        ("unix:///run/v.sock?db=4", "unix:///run/v.sock?db=4"),
        ("redis://:pw@host:6379", "redis://:pw@host:6379/1"),
        ("redis://host:6379/", "redis://host:6379/1"),
        ("rediss://host:6379/3", "rediss://host:6379/3"),
        ("redis://host?db=2", "redis://host?db=2"),
    ],
)
def test_the_cache_has_a_database_of_its_own_unless_one_is_named(redis_url: str, expected: str) -> None:
    assert cache_url(redis_url) == expected


def test_a_password_for_a_unix_socket_is_kept() -> None:
    assert cache_url("unix://user:pw@/run/v.sock") == "unix://user:pw@/run/v.sock?db=1"


def test_channel_layers() -> None:
    assert channel_layer("memory", "redis://x")["BACKEND"] == "channels.layers.InMemoryChannelLayer"
    shared = channel_layer("redis", "redis://x")
    assert shared["BACKEND"] == "channels_redis.pubsub.RedisPubSubChannelLayer"
    assert shared["CONFIG"]["hosts"] == [{"address": "redis://x"}]


def test_passwords_are_not_shown() -> None:
    assert without_password("redis://u:hunter2@host:1/0") == "redis://u:***@host:1/0"
    assert without_password("unix:///run/v.sock") == "unix:///run/v.sock"
