"""The rooms' addresses."""

from __future__ import annotations

import pytest

from rooms.consumers import room_consumer
from rooms.routing import token_urlpatterns, websocket_urlpatterns


@pytest.mark.parametrize(
    ("patterns", "path"),
    [(websocket_urlpatterns, "ws/rooms/abc-_1/"), (token_urlpatterns, "ws/token/rooms/abc-_1/")],
)
def test_an_address_leads_to_the_consumer_with_its_room(patterns: list, path: str) -> None:
    match = patterns[0].resolve(path)
    assert match is not None
    assert match.func is room_consumer
    assert match.kwargs == {"room": "abc-_1"}


@pytest.mark.parametrize("path", ["ws/rooms/", "ws/rooms/a/b/", "ws/rooms/abc", "rooms/abc/"])
def test_others_do_not(path: str) -> None:
    assert websocket_urlpatterns[0].resolve(path) is None
