"""Waiting for something to become true, with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(true: Callable[[], object], seconds: float = 5.0, why: str = "") -> None:
    """Return when `true()` is; fail with `why` when it is not within `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline, why or "it did not become true in time"
        await asyncio.sleep(0.005)
