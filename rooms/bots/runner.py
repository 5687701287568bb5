"""The bots' process: reads calls for bots from Redis and sends each bot to its room, over a socket like anyone's.

engine -> bots stream -> run_bots -> Troupe -> RoomClient -> socket
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final
from uuid import uuid4

import msgspec
from django.conf import settings

from rooms.bots.troupe import Troupe
from rooms.core.facts import BotCall
from rooms.meters import count
from rooms.store import Fact, Store, StoreUnavailable

log = logging.getLogger(__name__)

GROUP: Final = "bots"
BLOCK_MS: Final = 2000
REST_S: Final = 1.0
"""Between attempts while Redis cannot be reached."""

_decoder = msgspec.msgpack.Decoder(BotCall)


def live_store() -> Store:
    """The running event loop's store."""
    return Store.of_loop(settings.ROOMS_URL, settings.HOLDFAST["SHARDS"])


async def run_bots(stop: asyncio.Event, base_url: str) -> None:
    """Serve calls for bots until `stop` is set. `base_url`: where the web servers answer, as http://host:port.

    Raises only when this process cannot go on and should be started afresh.
    """
    store = live_store()
    troupe = Troupe(base_url, settings.HOLDFAST["BOTS_MAX"])
    serving = asyncio.create_task(serve_calls(store, troupe), name="calls for bots")
    stopping = asyncio.create_task(stop.wait(), name="stop of the bots")
    try:
        waiting: set[asyncio.Future[Any]] = {serving, stopping, troupe.failed}
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()
    finally:
        for task in (serving, stopping):
            task.cancel()
        await asyncio.gather(serving, stopping, return_exceptions=True)  # what they raised was raised above
        await troupe.close()


async def serve_calls(store: Store, troupe: Troupe) -> None:
    """Read calls for ever and send a bot for each; while the troupe is full, leave them to other processes.

    Raises ShardsDiffer when this process and Redis do not agree on the number of shards.
    """
    consumer = f"bots-{uuid4().hex[:12]}"
    checked = False
    while True:
        await troupe.has_room()
        try:
            if not checked:
                await store.check()  # with another number of shards some calls would never be heard
                checked = True
            facts = await store.facts("bots", GROUP, consumer, BLOCK_MS)
            for fact in facts:
                answer_call(fact, troupe)
            if facts:
                await store.done("bots", GROUP, facts)
        except StoreUnavailable as error:
            count("bots_store_unavailable")
            log.warning("no calls for bots can be read: %s", error)
            await asyncio.sleep(REST_S)


def answer_call(fact: Fact, troupe: Troupe) -> None:
    """Send the bot that `fact` calls for. What is no call is logged and left behind."""
    try:
        call = _decoder.decode(fact.raw)
    except msgspec.DecodeError as error:
        count("bot_calls_unreadable")
        log.error("entry %s of shard %d is no call for a bot: %s", fact.id, fact.shard, error)
        return
    if troupe.send(call):
        log.info("bot %s (%s) goes to seat %d of room %s", call.name, call.strength, call.seat, call.room)
