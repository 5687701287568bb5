"""What came for an ASGI application and was not taken yet: a bounded queue that holds its peer up when it is full."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from rooms import meters
from rooms.wire import Message

INBOX: Final = 256
"""Messages an application may leave unread before its socket is not read any more."""


class Inbox:
    """Events for `receive`. `pause` and `resume` are told when the socket is to be read no more, and again.

    No asyncio.Queue: that keeps three kilobytes for each socket, and a socket that is read by callback has nothing here
    but its end.
    """

    __slots__ = ("_events", "_full", "_pause", "_resume", "_waiters")

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        """Empty."""
        self._events: deque[Message] | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._full = False
        self._pause, self._resume = pause, resume

    def hear(self, message: bytes | str) -> None:
        """A message from the socket."""
        self.tell({"type": "websocket.receive", "text" if isinstance(message, str) else "bytes": message})
        if not self._full and len(self._events or ()) > INBOX:
            self._full = True
            meters.count("sockets_unread")
            self._pause()

    def tell(self, event: Message) -> None:
        """Any other event: it waits for its turn behind the messages."""
        if self._events is None:
            self._events = deque()
        self._events.append(event)
        self._wake()

    async def receive(self) -> Message:
        """The next event, for the application."""
        while not self._events:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
                elif self._events:
                    self._wake()  # it was this one's turn, which goes to another
                raise
        event = self._events.popleft()
        if self._full and len(self._events) <= INBOX // 2:
            self._full = False
            self._resume()
        if not self._events:
            self._events = None
        return event

    def take_messages(self) -> list[bytes | str]:
        """Every message that waits, out of the queue: from now on they go elsewhere. Other events stay."""
        events = self._events or ()
        messages = [event for event in events if event["type"] == "websocket.receive"]
        rest = [event for event in events if event["type"] != "websocket.receive"]
        self._events = deque(rest) if rest else None
        if self._full:
            self._full = False
            self._resume()
        return [event["text"] if "text" in event else event["bytes"] for event in messages]

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.pop(0)
            if not waiter.done():
                waiter.set_result(None)
                return
