"""An engine as a process: its settings, its signals, its event loop.

Reads Django's settings and nothing else of Django: no apps are loaded, so that a dead engine's successor starts in a
third of the time (manage.py calls `serve` before it would load them).
"""

from __future__ import annotations

import asyncio
import logging.config
import signal
from typing import Any

from django.conf import settings

from rooms import garbage, readiness
from rooms.engine.config import read_config
from rooms.engine.runner import run_engine
from rooms.pools import DEFAULT


def main() -> None:
    """Run an engine in a process that nobody has set up yet. Raises ShardsDiffer, WrongPools."""
    logging.config.dictConfig(settings.LOGGING)
    serve()


def serve() -> None:
    """Run an engine of the pool HOLDFAST_POOL until SIGTERM or SIGINT. Raises ShardsDiffer, WrongPools."""
    _runner()(_serve())


async def _serve() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    pool = settings.HOLDFAST_POOL or DEFAULT
    config = read_config(settings.ROOMS_URL, settings.HOLDFAST, readiness.life(), settings.HOLDFAST_POOLS, pool)
    garbage.settle()
    await run_engine(stop, config, readiness.tell_ready)


def _runner() -> Any:
    """uvloop's runner where it is installed: it takes a few microseconds off every wake-up. Else asyncio's own."""
    try:
        import uvloop  # noqa: PLC0415 - absent on some platforms
    except ImportError:
        return asyncio.run
    return uvloop.run
