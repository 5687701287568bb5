"""Writes finished matches into the database, each once: the outbox brings them at least once, a key keeps one.

engine -> commit -> outbox and journal of the shard -> [records] -> Match, Finish, Replay -> done
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime

from channels.db import database_sync_to_async
from django.db import transaction

from lobby.models import Finish, Match, Replay
from rooms.core.facts import Finisher, MatchOver
from rooms.core.journal import FORMAT, join_items

logger = logging.getLogger(__name__)


def record_match(over: MatchOver, journal: Sequence[bytes] = ()) -> bool:
    """Record one match with everybody's part in it and its journal, in one transaction.

    `journal`: the items as Redis has them; none when the match has no journal. False when it was recorded before.
    """
    with transaction.atomic():
        match, created = Match.objects.get_or_create(
            room=over.room,
            incarnation=over.incarnation,
            number=over.match,
            defaults={
                "game": over.game,
                "version": over.version,
                "options": over.options,
                "seed": over.seed,
                "private": over.private,
                "reason": over.reason[:200],
                "ticks": over.ticks,
                "started_at": _moment(over.started_ms),
                "ended_at": _moment(over.ended_ms),
            },
        )
        if created:
            Finish.objects.bulk_create([_finish(match, finisher) for finisher in over.finishers])
            if journal:
                Replay.objects.create(match=match, format=FORMAT, lines=zlib.compress(join_items(journal)))
    return created


arecord_match = database_sync_to_async(record_match)
"""For the worker, which lives longer than a connection to the database may."""


def _finish(match: Match, part: Finisher) -> Finish:
    return Finish(
        match=match,
        seat=part.seat,
        player=part.player,
        name=part.name,
        kind=part.kind,
        strength=part.strength,
        rank=part.rank,
        score=part.score,
    )


def _moment(ms: int) -> datetime:
    """Milliseconds since 1970 as a time with its zone."""
    return datetime.fromtimestamp(ms / 1000, UTC)
