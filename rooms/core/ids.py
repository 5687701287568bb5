"""The names of things: each id has a type of its own, so that one is never passed for another."""

from __future__ import annotations

import re
from typing import Final, NewType

RoomId = NewType("RoomId", str)
"""22 characters of URL-safe base64: 128 random bits, so that knowing an id is an invitation."""

PlayerId = NewType("PlayerId", str)
"""Who a person or a bot is, over sockets and rooms. Public: it says who someone is and proves nothing."""

SocketId = NewType("SocketId", str)
"""One open connection of one player to one room; a new one for every connect."""

WebId = NewType("WebId", str)
"""One web process, for as long as it lives."""

Seat = int
"""A place at the table, from 0. Games know seats; who sits there is the room's affair."""

ROOM_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}\Z")
"""What a room id must match before a key is formed from it."""
