"""manage.py runengine: one engine, the tick task. Run as many as there are cores to spare; they share the rooms.

Without options manage.py takes a shorter way to the same (rooms/engine/serving.py).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rooms.engine.serving import serve
from rooms.pools import WrongPools
from rooms.store import ShardsDiffer


class Command(BaseCommand):
    help = "Own shards, advance their rooms, commit every tick. SIGTERM hands the shards over and ends."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pool", metavar="NAME", default=settings.HOLDFAST_POOL, help="of HOLDFAST_POOLS")

    def handle(self, *args: Any, **options: Any) -> None:
        settings.HOLDFAST_POOL = options["pool"]
        try:
            serve()
        except (ShardsDiffer, WrongPools) as error:
            raise CommandError(str(error)) from error
