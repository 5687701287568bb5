"""Inputs that were sent and not yet answered, so that none is lost over a reconnect and none counts twice.

    put -> [waiting to be sent] -> next -> [in flight] -> answered | refused

Pure: it holds payloads and numbers, and knows neither socket nor clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rooms.bots.errors import OutboxFull

LIMIT: Final = 256
"""Inputs that may wait for an answer at a time."""


class Outbox:
    """The inputs of one player in one room, numbered from 1 and kept in order until they are answered."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.seq = 0
        """The number of the newest input."""
        self._payloads: dict[int, bytes] = {}
        self._sent = 0

    def __len__(self) -> int:
        return len(self._payloads)

    @property
    def unanswered(self) -> list[int]:
        """The numbers that wait for an answer, oldest first."""
        return list(self._payloads)

    def put(self, make: Callable[[int], bytes]) -> int:
        """Take the input that `make` writes for its number; `next` will give it out. Raises OutboxFull."""
        if len(self._payloads) >= self.limit:
            raise OutboxFull(f"{self.limit} inputs wait for an answer")
        payload = make(self.seq + 1)
        self.seq += 1
        self._payloads[self.seq] = payload
        return self.seq

    def next(self) -> bytes | None:
        """The oldest input not yet sent over this connection, now counted as sent; None: there is none."""
        for seq, payload in self._payloads.items():
            if seq > self._sent:
                self._sent = seq
                return payload
        return None

    def answer(self, seq: int) -> list[int]:
        """Everything up to `seq` is answered: forget it. Returns the numbers that waited, oldest first."""
        answered = []
        for number in self._payloads:  # oldest first, so this costs what is answered, not what waits
            if number > seq:
                break
            answered.append(number)
        for number in answered:
            del self._payloads[number]
        return answered

    def refuse(self, seq: int) -> bool:
        """`seq` alone was refused: forget it. False when it did not wait."""
        return self._payloads.pop(seq, None) is not None

    def reconnect(self, seq: int) -> list[int]:
        """A welcome said `seq`: send later ones again. Returns what is now answered."""
        answered = self.answer(seq)
        self._sent = seq
        self.seq = max(self.seq, seq)
        return answered

    def restart(self, seq: int) -> list[int]:
        """The room is another one now: forget all and count on from `seq`. Returns what waited."""
        waited = list(self._payloads)
        self._payloads.clear()
        self.seq = self._sent = seq
        return waited
