"""The lobby's fixtures, for every test of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings

from tests.lobby.world import engine, lobby

__all__ = ["client_host", "engine", "lobby"]


@pytest.fixture(autouse=True)
def client_host() -> Iterator[None]:
    """Django's test clients call the server "testserver"."""
    with override_settings(ALLOWED_HOSTS=["testserver", "localhost", "127.0.0.1"]):
        yield
