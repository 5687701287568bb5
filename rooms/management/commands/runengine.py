"""manage.py runengine: one engine, the tick task. Run as many as there are cores to spare; they share the rooms.

Without options manage.py takes a shorter way to the same (rooms/engine/serving.py).
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rooms.engine.serving import serve
from rooms.store import ShardsDiffer


class Command(BaseCommand):
    help = "Own shards, advance their rooms, commit every tick. SIGTERM hands the shards over and ends."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            serve()
        except ShardsDiffer as error:
            raise CommandError(str(error)) from error
