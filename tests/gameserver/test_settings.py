"""The settings as a whole: safe by default, and every variable has its effect. Each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from gameserver.places import BASE_DIR

PROGRAM = """
import json, sys
from gameserver import settings
print(json.dumps({name: getattr(settings, name) for name in dir(settings) if name.isupper()}, default=str))
"""


def settings_with(var: Path, **env: str) -> dict[str, Any]:
    """What the settings become with these variables and no others of ours."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "REDIS", "DATABASE"))
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=BASE_DIR,
        env={**kept, "HOLDFAST_VAR": str(var), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise AssertionError(ran.stderr)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_defaults_are_safe_and_need_nothing(tmp_path: Path) -> None:
    found = settings_with(tmp_path)
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["SECRET_KEY"] == (tmp_path / "secret_key").read_text()
    assert found["REDIS_URL"].startswith("unix://")
    assert found["ROOMS_URL"] == found["REDIS_URL"]
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "db.sqlite3")
    assert found["CHANNEL_LAYERS"]["default"]["BACKEND"].endswith("RedisPubSubChannelLayer")
    assert found["CACHES"]["default"]["OPTIONS"]["SERIALIZER"].endswith("JSONSerializer")
    assert found["SESSION_COOKIE_SECURE"] is False
    assert found["HOLDFAST"]["SHARDS"] == 16


def test_variables_have_their_effect(tmp_path: Path) -> None:
    found = settings_with(
        tmp_path,
        HOLDFAST_DEBUG="1",
        HOLDFAST_SECRET_KEY="given",
        HOLDFAST_ALLOWED_HOSTS="play.example",
        HOLDFAST_ORIGINS="https://play.example,https://other.example:8443",
        HOLDFAST_TLS="1",
        HOLDFAST_SHARDS="4",
        HOLDFAST_CHANNEL_LAYER="memory",
        HOLDFAST_CACHE_URL="redis://cache.example/2",
        REDIS_URL="redis://rooms.example",
        HOLDFAST_ROOMS_URL="redis+cluster://a.example,b.example:7000",
    )
    assert found["DEBUG"] is True
    assert found["SECRET_KEY"] == "given"
    assert not (tmp_path / "secret_key").exists()
    assert found["ALLOWED_HOSTS"] == ["play.example"]
    assert found["HOLDFAST_ORIGINS"] == ["https://play.example", "https://other.example:8443"]
    assert found["SESSION_COOKIE_SECURE"] is found["SECURE_SSL_REDIRECT"] is True
    assert found["HOLDFAST"]["SHARDS"] == 4
    assert found["CHANNEL_LAYERS"]["default"]["BACKEND"].endswith("InMemoryChannelLayer")
    assert found["CACHES"]["default"]["LOCATION"] == "redis://cache.example/2"
    assert found["REDIS_URL"] == "redis://rooms.example"
    assert found["ROOMS_URL"] == "redis+cluster://a.example,b.example:7000"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"HOLDFAST_ROOMS_URL": "redis+cluster://:hunter2@a,b/3"},
            r"redis\+cluster://:\*\*\*@a,b/3.*no database but 0",
        ),
        ({"HOLDFAST_ROOMS_URL": "redis+sentinel://a,b"}, "the name they know the primary by"),
        ({"REDIS_URL": "redis+cluster://a,b"}, "Put this address into HOLDFAST_ROOMS_URL"),
    ],
)
def test_a_wrong_address_of_the_rooms_stops_the_start(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    with pytest.raises(AssertionError, match=words) as caught:
        settings_with(tmp_path, **variables)
    assert "hunter2" not in str(caught.value)


def test_a_wrong_number_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="HOLDFAST_SHARDS='lots' is not a whole number"):
        settings_with(tmp_path, HOLDFAST_SHARDS="lots")


def test_the_cache_works_and_holds_json(valkey_url: str) -> None:
    cache.set("greeting", {"word": "hello"}, 60)
    assert cache.get("greeting") == {"word": "hello"}
