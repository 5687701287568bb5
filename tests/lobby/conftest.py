"""The lobby's fixtures, for every test of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.test import override_settings
from django.utils import timezone

from tests.lobby.world import engine, lobby

__all__ = ["client_host", "engine", "lobby", "no_window_ends"]


@pytest.fixture(autouse=True)
def client_host() -> Iterator[None]:
    """Django's test clients call the server "testserver"."""
    with override_settings(ALLOWED_HOSTS=["testserver", "localhost", "127.0.0.1"]):
        yield


@pytest.fixture(autouse=True)
def no_window_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are counted in windows of the wall clock: here it stands, so that no minute turns between two requests."""
    now = timezone.now()
    monkeypatch.setattr("lobby.throttle.timezone", SimpleNamespace(now=lambda: now))
