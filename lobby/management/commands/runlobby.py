"""`manage.py runlobby`: the lobby worker, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import Any

from django.core.management.base import BaseCommand

from lobby.worker import run_lobby

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Runs the worker and ends it cleanly."""

    help = "Run the lobby worker: live list, records of finished matches, sweeping. Any number may run."

    def handle(self, *args: Any, **options: Any) -> None:
        """Until a signal comes."""
        asyncio.run(_run())


async def _run() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    logger.info("the lobby worker runs")
    await run_lobby(stop)
    logger.info("the lobby worker has stopped")
