"""Two ways to hand what arrives to whoever reads it: the newest alone, or each in order up to a bound."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class _Ending:
    """Wakes all readers at each change, and lets them go at the end."""

    def __init__(self) -> None:
        self.closed = False
        self._changed = asyncio.Event()

    def close(self) -> None:
        """Readers get what there still is, then their loops end."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Newest(_Ending, Generic[T]):
    """Latest wins: a reader that is slow skips what came in between. Any number of readers."""

    def __init__(self) -> None:
        super().__init__()
        self._item: list[T] = []
        self._version = 0

    def put(self, item: T) -> None:
        """Let `item` take the place of what was there."""
        self._item = [item]
        self._version += 1
        self._wake()

    async def follow(self) -> AsyncIterator[T]:
        """The newest item at once, then each newer one; the same item never twice."""
        seen = 0
        while True:
            if self._version > seen:
                seen = self._version
                yield self._item[0]
            elif self.closed:
                return
            else:
                await self._changed.wait()


class Stream(_Ending, Generic[T]):
    """Each item once and in order, for one reader; beyond `limit` the oldest falls out, counted."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.dropped = 0
        self._items: deque[T] = deque(maxlen=limit)

    def put(self, item: T) -> None:
        """Add `item` at the end."""
        if len(self._items) == self._items.maxlen:
            self.dropped += 1
        self._items.append(item)
        self._wake()

    async def follow(self) -> AsyncIterator[T]:
        """What waits, then each that comes."""
        while True:
            if self._items:
                yield self._items.popleft()
            elif self.closed:
                return
            else:
                await self._changed.wait()
