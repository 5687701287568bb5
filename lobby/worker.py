"""The lobby worker: records finished matches, sweeps what is over. Any number may run.

`manage.py runlobby` runs it alone; `runweb --single` runs it in the web process's loop.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import msgspec
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.utils import timezone

from lobby.models import Replay, Token
from lobby.records import arecord_match
from lobby.stores import live_store, read_match
from rooms.store import Fact, Store, StoreUnavailable

logger = logging.getLogger(__name__)

GROUP: Final = "record"
BLOCK_MS: Final = 2000
"""How long one question for finished matches waits for an answer."""
AGAIN_S: Final = 1.0
"""After a failure of Redis or of the database."""
SWEEP_S: Final = 3599.0
REVOKED_KEPT: Final = timedelta(days=30)


async def run_lobby(stop: asyncio.Event) -> None:
    """Work until `stop` is set. What was taken and not finished goes to another worker, or to the next start."""
    jobs = [_record, _sweep]
    tasks = [asyncio.create_task(_keep(job), name=f"lobby {job.__name__}") for job in jobs]
    waiting = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (waiting, *tasks):
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for problem in ended:
        if isinstance(problem, Exception):
            raise problem


async def _keep(job: Callable[[], Awaitable[None]]) -> None:
    """Run a job for ever: Redis and the database may go away and come back."""
    while True:
        try:
            await job()
        except* (StoreUnavailable, DatabaseError) as away:
            logger.warning("%s waits: %s", job.__name__, away.exceptions[0])
        await asyncio.sleep(AGAIN_S)


async def _record() -> None:
    store, me = live_store(), f"lobby-{secrets.token_hex(4)}"
    while True:
        facts = await store.facts("outbox", GROUP, me, BLOCK_MS)
        for fact in facts:
            await record(store, fact)
            await store.done("outbox", GROUP, [fact])


async def record(store: Store, fact: Fact) -> None:
    """Record the match in a fact, with its journal, which Redis then need not keep any more.

    A worker that dies anywhere in here leaves the fact to another, and what it had recorded is recognised. A fact that
    cannot be read is logged whole and let go: it would come back for ever.
    """
    try:
        over = read_match(fact.raw)
    except msgspec.DecodeError as error:
        logger.error("a finished match cannot be read and is not recorded: %s; it was %r", error, fact.raw)
        return
    journal = await store.journal(over.room, over.match) if over.journalled else []
    if await arecord_match(over, journal):
        logger.info("recorded match %d of room %s (%s)", over.match, over.room, over.game)
    if over.journalled:
        await store.forget_journal(over.room, over.match)


async def _sweep() -> None:
    while True:
        tokens, visits, replays = await sweep()
        if tokens or visits or replays:
            logger.info("swept %d revoked tokens, %d expired visits, %d old replays", tokens, visits, replays)
        await asyncio.sleep(SWEEP_S)


@database_sync_to_async
def sweep() -> tuple[int, int, int]:
    """Remove tokens revoked long ago, Django's expired sessions, and old replays. Returns how many of each."""
    now = timezone.now()
    tokens, _ = Token.objects.filter(revoked_at__lt=now - REVOKED_KEPT).delete()
    visits, _ = Session.objects.filter(expire_date__lt=now).delete()
    kept = settings.HOLDFAST["REPLAY_DAYS"]
    replays = Replay.objects.filter(created_at__lt=now - timedelta(days=kept)).delete()[0] if kept else 0
    return tokens, visits, replays
