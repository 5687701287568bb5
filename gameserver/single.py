"""Everything in one process: an engine, the lobby worker and the bots as tasks beside the web server.

For a small machine or a first look. They still meet in Redis and nowhere else, so nothing behaves differently.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings

from lobby.worker import run_lobby
from rooms import readiness
from rooms.bots.runner import run_bots
from rooms.engine.config import EngineConfig, read_config
from rooms.engine.runner import run_engine
from rooms.pools import ALL

STOP_S: Final = 8.0
"""How long the tasks have to hand over what they hold."""

logger = logging.getLogger(__name__)


class Single:
    """The tasks. `start` within the event loop, `stop` before it ends."""

    def __init__(self, url: str, failed: Callable[[], None]) -> None:
        """`url`: where this web process answers; `failed` is called when a task ends that should not."""
        self._url, self._failed = url, failed
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        jobs = {
            "engine": run_engine(self._stop, _engine_config(), readiness.tell_ready),
            "lobby": run_lobby(self._stop),
            "bots": run_bots(self._stop, self._url),
        }
        for name, job in jobs.items():
            task = asyncio.create_task(job, name=name)
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        fault = None if task.cancelled() else task.exception()
        if not self._stop.is_set():
            logger.error("%s has ended and takes the process with it", task.get_name(), exc_info=fault)
            self._failed()

    async def stop(self) -> None:
        """Tell all to end, and wait."""
        self._stop.set()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=STOP_S)
        for task in late:
            logger.warning("%s did not end in time", task.get_name())
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _engine_config() -> EngineConfig:
    """It is the only engine, so it serves every pool."""
    return read_config(settings.ROOMS_URL, settings.HOLDFAST, readiness.life(), settings.HOLDFAST_POOLS, ALL)
