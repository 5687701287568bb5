"""How long to wait before coming back: full jitter, so that many clients do not come back as one wave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

FIRST_S: Final = 0.25
LAST_S: Final = 10.0


class Backoff:
    """Waits of a random length from 0 to a ceiling that doubles from 0.25 to 10 seconds."""

    def __init__(self, random: Callable[[], float]) -> None:
        """`random` gives a float in [0, 1)."""
        self._random = random
        self._ceiling = FIRST_S

    @property
    def is_fresh(self) -> bool:
        """True until the first wait since all was well."""
        return self._ceiling == FIRST_S

    def next(self) -> float:
        """Seconds to wait now."""
        wait = self._random() * self._ceiling
        self._ceiling = min(self._ceiling * 2, LAST_S)
        return wait

    def reset(self) -> None:
        """All was well for a while: the next trouble is a new one."""
        self._ceiling = FIRST_S
