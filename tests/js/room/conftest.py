"""Opens scripted room pages; any error in the page or its console fails the test that opened it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.js.room.scripted_page import OpenRoom, ScriptedRoom
from tests.support.chromium import PATIENCE_MS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def open_room(browser: Browser) -> Iterator[OpenRoom]:
    """`open_room(me="ann", phone=True, color_scheme="dark")`: a page that is not loaded yet; `.open(view)` does."""
    contexts: list[BrowserContext] = []
    rooms: list[ScriptedRoom] = []

    def make(*, me: str = "ann", game: str = "tictactoe", phone: bool = False, **options: Any) -> ScriptedRoom:
        wide: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
        contexts.append(browser.new_context(**{**(PHONE if phone else wide), **options}))
        contexts[-1].set_default_timeout(PATIENCE_MS)
        rooms.append(ScriptedRoom(contexts[-1], me=me, game=game))
        return rooms[-1]

    yield make
    for context in contexts:
        context.close()
    assert [error for room in rooms for error in room.errors] == []
