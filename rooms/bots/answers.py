"""Who waits for the answer to which input.

The room's ack says that everything up to a seq is answered, the refused among it too; the refusals themselves always
come before the ack that covers them (docs/protocol.md), so what it answers and nobody refused does count.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from rooms.bots.errors import Ended, Forgotten, Refused
from rooms.bots.outbox import Outbox


class Answers:
    """The outbox, and a future for each caller who wants to know how an input fared."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.put: Callable[[Callable[[int], bytes]], int] = self.outbox.put
        self.next: Callable[[], bytes | None] = self.outbox.next
        self._waiting: dict[int, asyncio.Future[None]] = {}

    async def wait(self, seq: int) -> None:
        """Wait until input `seq`, just put, is answered. Raises Refused, Forgotten or Ended."""
        future = asyncio.get_running_loop().create_future()
        self._waiting[seq] = future
        try:
            await future
        finally:
            self._waiting.pop(seq, None)

    def count(self, seq: int) -> None:
        """Everything up to `seq` is answered: what was not refused before counts."""
        self._settle(self.outbox.answer(seq), None)

    def refuse(self, seq: int, refusal: Refused) -> None:
        """Input `seq` was refused."""
        self.outbox.refuse(seq)
        self._settle([seq], refusal)

    def reconnect(self, seq: int) -> None:
        """A welcome: everything up to `seq` was answered, the rest goes out again.

        Those that were refused while nobody listened are named by the welcome, and `refuse` was called for them before.
        """
        self._settle(self.outbox.reconnect(seq), None)

    def restart(self, seq: int) -> None:
        """The room is another one: nobody can say what became of the inputs that waited."""
        self._settle(self.outbox.restart(seq), Forgotten("the room was opened anew"))

    def end(self, end: Ended) -> None:
        """There will be no more answers."""
        self._settle(list(self._waiting), end)

    def _settle(self, seqs: Iterable[int], error: Exception | None) -> None:
        for seq in seqs:
            future = self._waiting.pop(seq, None)
            if future is None or future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)
