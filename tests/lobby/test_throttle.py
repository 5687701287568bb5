from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import override_settings

from lobby.errors import LobbyError
from lobby.throttle import Limit, address_of, spend
from tests.lobby.world import Lobby

TWICE = Limit("test", 2, 60)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands where the test puts it."""
    clock = [1_700_000_045.0]
    now = SimpleNamespace(now=lambda: datetime.fromtimestamp(clock[0], UTC))
    monkeypatch.setattr("lobby.throttle.timezone", now)
    return clock


async def test_beyond_the_limit_it_says_how_long_to_wait(lobby: Lobby, at: list[float]) -> None:
    await spend((TWICE, "ann"))
    await spend((TWICE, "ann"))
    with pytest.raises(LobbyError, match="Try again") as caught:
        await spend((TWICE, "ann"))
    passed = at[0] % 60
    assert (caught.value.status, caught.value.retry_after) == (429, int(60 - passed))
    at[0] += 60
    await spend((TWICE, "ann"))


async def test_everybody_is_counted_alone(lobby: Lobby, at: list[float]) -> None:
    for who in ("ann", "bob"):
        await spend((TWICE, who), (Limit("other", 9, 60), who))
        await spend((TWICE, who))


async def test_what_is_counted_goes_with_its_window(lobby: Lobby, at: list[float]) -> None:
    await spend((TWICE, "ann"), (Limit("long", 9, 3600), "ann"))
    await lobby.valkey.select(1)
    left = sorted([await lobby.valkey.ttl(key) async for key in lobby.valkey.scan_iter("*throttle:*:ann:*")])
    assert [0 < left[0] <= 61, 61 < left[1] <= 3601, len(left)] == [True, True, 2]


async def test_without_the_cache_nothing_is_let_through(lobby: Lobby, tmp_path: Path) -> None:
    dead = {"default": {**settings.CACHES["default"], "LOCATION": f"unix://{tmp_path / 'nobody.sock'}"}}
    with override_settings(CACHES=dead), pytest.raises(LobbyError) as caught:
        await spend((TWICE, "ann"))
    assert (caught.value.status, caught.value.code) == (503, "unavailable")


def test_the_address_is_the_proxys_word_only_behind_ours() -> None:
    request = HttpRequest()
    request.META |= {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_REAL_IP": "1.2.3.4"}
    assert address_of(request) == "10.0.0.1"
    with override_settings(BEHIND_TLS=True):
        assert address_of(request) == "10.0.0.1"
    with override_settings(HOLDFAST_ADDRESS_HEADER="X-Real-IP"):
        assert address_of(request) == "1.2.3.4"
    assert address_of(HttpRequest()) == "unknown"
