"""What came for an ASGI application and was not taken yet: a bounded queue that holds its peer up when it is full."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from rooms import meters
from rooms.wire import Message

INBOX: Final = 256
"""Messages an application may leave unread before its socket is not read any more."""


class Inbox:
    """Events for `receive`. `pause` and `resume` are told when the socket is to be read no more, and again."""

    __slots__ = ("_full", "_pause", "_queue", "_resume")

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        """Empty."""
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._full = False
        self._pause, self._resume = pause, resume

    def hear(self, message: bytes | str) -> None:
        """A message from the socket."""
        kind = "text" if isinstance(message, str) else "bytes"
        self._queue.put_nowait({"type": "websocket.receive", kind: message})
        if not self._full and self._queue.qsize() > INBOX:
            self._full = True
            meters.count("sockets_unread")
            self._pause()

    def tell(self, event: Message) -> None:
        """Any other event: it waits for its turn behind the messages."""
        self._queue.put_nowait(event)

    async def receive(self) -> Message:
        """The next event, for the application."""
        event = await self._queue.get()
        if self._full and self._queue.qsize() <= INBOX // 2:
            self._full = False
            self._resume()
        return event

    def take_messages(self) -> list[bytes | str]:
        """Every message that waits, out of the queue: from now on they go elsewhere. Other events stay."""
        taken: list[bytes | str] = []
        for _ in range(self._queue.qsize()):
            event = self._queue.get_nowait()
            if event["type"] == "websocket.receive":
                taken.append(event["text"] if "text" in event else event["bytes"])
            else:
                self._queue.put_nowait(event)
        if self._full:
            self._full = False
            self._resume()
        return taken
