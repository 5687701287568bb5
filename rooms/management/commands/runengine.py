"""manage.py runengine: one engine, the tick task. Run as many as there are cores to spare; they share the rooms."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from rooms.engine.config import read_config
from rooms.engine.runner import run_engine
from rooms.store import ShardsDiffer


class Command(BaseCommand):
    help = "Own shards, advance their rooms, commit every tick. SIGTERM hands the shards over and ends."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _runner()(self._serve())
        except ShardsDiffer as error:
            raise CommandError(str(error)) from error

    async def _serve(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, stop.set)
        await run_engine(stop, read_config(settings.REDIS_URL, settings.HOLDFAST))


def _runner() -> Any:
    """uvloop's runner where it is installed: it takes a few microseconds off every wake-up. Else asyncio's own."""
    try:
        import uvloop  # noqa: PLC0415 - absent on some platforms
    except ImportError:
        return asyncio.run
    return uvloop.run
