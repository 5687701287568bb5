"""`manage.py runbots`: plays the built-in bots, each over a WebSocket like anyone else."""

from __future__ import annotations

import asyncio
import logging
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rooms.bots.runner import live_store, run_bots
from rooms.meters import counts
from rooms.store import ShardsDiffer

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT; then every bot's socket is closed, and its seat waits for another process."""

    help = "Plays the built-in bots: serves 'add a bot' and quick play. Any number of these may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the web servers are."""
        parser.add_argument(
            "--url", default="http://127.0.0.1:8000", help="address of the web servers (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop."""
        url = str(options["url"])
        if not url.startswith(("http://", "https://")):
            raise CommandError(f"--url {url!r} is no address; it begins with http:// or https://")
        try:
            asyncio.run(serve(url))
        except ShardsDiffer as error:
            raise CommandError(str(error)) from error


async def serve(url: str) -> None:
    """Run the bots, and stop them at SIGTERM and SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log.info("bots play at %s", url)
    try:
        await run_bots(stop, url)
    finally:
        await live_store().aclose()
    said = ", ".join(f"{name} {number}" for name, number in sorted(counts.items()) if name.startswith("bot"))
    log.info("the bots have stopped; %s", said or "none played")
