"""When tokens were used, written down a moment later and for many at once: no call of the API waits for that.

A process that dies in between forgets the uses of that moment, which only the list of tokens shows.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from channels.db import aclose_old_connections
from django.db import Error as DatabaseFault

from lobby.tokens import write_uses

logger = logging.getLogger(__name__)

REST_S: Final = 1.0
"""Seconds in which uses gather."""
MOST_AT_ONCE: Final = 500
"""SQLite takes a thousand names in one question."""
MOST_WAITING: Final = 4096
"""Tokens whose use is not written yet; a further one is noted with its next look-up."""


class Uses:
    """Tokens that were used and of which the database does not know it."""

    def __init__(self) -> None:
        self._waiting: set[int] = set()
        self._writing: asyncio.Task[None] | None = None

    def note(self, token: int) -> None:
        """The token with this number is used now. Called in the event loop."""
        if len(self._waiting) < MOST_WAITING:
            self._waiting.add(token)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="uses of tokens")

    async def _write(self) -> None:
        while self._waiting:
            await asyncio.sleep(REST_S)
            some = [self._waiting.pop() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            try:
                await aclose_old_connections()  # no request ends here, which would do it
                await write_uses(some)
            except DatabaseFault as error:
                logger.warning("the last use of %d tokens could not be written: %s", len(some), error)


uses: Final = Uses()
"""Those of this process."""
