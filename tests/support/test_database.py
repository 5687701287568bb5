"""Both database fixtures leave nothing behind, and the committed one is seen by other threads."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection


@pytest.mark.parametrize("turn", [1, 2])
def test_what_is_written_is_undone(db: None, turn: int) -> None:
    assert not User.objects.exists()
    User.objects.create(username="anna")


@pytest.mark.parametrize("turn", [1, 2])
def test_what_is_committed_is_seen_by_others_and_emptied(live_db: None, turn: int) -> None:
    assert not User.objects.exists()
    User.objects.create(username="anna")
    seen: list[bool] = []

    def look() -> None:
        seen.append(User.objects.filter(username="anna").exists())
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join(timeout=10)
    assert seen == [True]


async def test_async_code_sees_it_too(live_db: None) -> None:
    await User.objects.acreate(username="bea")
    assert await User.objects.acount() == 1
