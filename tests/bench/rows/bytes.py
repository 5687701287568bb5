"""How many bytes a client is sent when some of a hundred entities move."""

from __future__ import annotations

import asyncio
import secrets
from statistics import mean

import msgspec

from rooms.store import Store
from tests.bench.games.swarm import ENTITIES
from tests.bench.load.visitors import Visitor, visit, visit_colyseus
from tests.bench.load.window import run, until
from tests.bench.peers.colyseus import Colyseus, colyseus
from tests.bench.peers.holdfast import Holdfast, holdfast
from tests.bench.row import Measure, Reach, Sample
from tests.bench.seating import open_rooms
from tests.bench.stage import Stage

PUBLISHED = {1: 9, 50: 342, 100: 668}
"""What Colyseus tells of its own patches, by how many of 100 entities have moved."""
SHARDS = 16
FEWEST = 20
"""Messages that a sample is made of at the least."""
_decode = msgspec.msgpack.Decoder().decode


class Bytes:
    """Cases: how many move."""

    name, title, about_s = "bytes", "Bytes of a frame", 1.8
    load = (
        f"{ENTITIES} entities with x and y, of which some go 1 to 3 along each axis at every tick, 20 a second; one "
        "viewer, msgpack; bytes of a message, without the WebSocket's header. All frames: keyframes are in it. The "
        "reaches are what Colyseus has published of its patches; beside them stands what its patches take here."
    )
    cases = tuple(f"{moving} of {ENTITIES}" for moving in PUBLISHED)
    measures = (
        Measure("ours, delta", "ours", "delta", "bytes"),
        Measure("ours, all frames", "ours", "frame", "bytes"),
        Measure("Colyseus, patch", "colyseus", "delta", "bytes"),
    )
    reaches = (
        *(Reach("ours, delta", at_most=most, cases=(f"{moving} of {ENTITIES}",)) for moving, most in PUBLISHED.items()),
        Reach("ours, delta", at_most=1.0, of="Colyseus, patch", strict=False),
    )
    beside = ("Colyseus, patch",)

    def sides(self, case: str) -> tuple[str, ...]:
        return ("ours", "colyseus")

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        moving = int(case.partition(" ")[0])
        if side == "ours":
            server = stage.keep("ours", lambda: holdfast(stage))
            messages = run(_ours(server, moving, stage.seconds))
            deltas = [message for message in messages if _is_delta(message)] or messages
        else:
            peer = stage.keep("colyseus", lambda: colyseus(stage))
            messages = deltas = run(_colyseus(peer, moving, stage.seconds))
        faults = [f"only {len(deltas)} deltas came"] if len(deltas) < FEWEST else []
        figures = {"delta": mean(map(len, deltas)), "frame": mean(map(len, messages)), "count": float(len(messages))}
        return Sample(figures, stage.seconds, faults=faults)


async def _ours(server: Holdfast, moving: int, seconds: float) -> list[bytes]:
    store = Store(server.redis_url, SHARDS)
    try:
        (room,) = await open_rooms(store, "swarm", 1, 0, size=1, options={"moving": moving})
        return await _kept(await visit(server.port, room, secrets.token_hex(4)), seconds)
    finally:
        await store.aclose()


async def _colyseus(server: Colyseus, moving: int, seconds: float) -> list[bytes]:
    return await _kept(await visit_colyseus(server.port, "swarm", {"moving": moving}, how="create"), seconds)


async def _kept(visitor: Visitor, seconds: float) -> list[bytes]:
    """What shows a state, for some time, from a time on when states come."""
    visitor.keeping = True
    await until(lambda: len(visitor.frames) > 2, 10, lambda: "a state")
    visitor.frames.clear()
    await asyncio.sleep(seconds)
    visitor.leave()
    return visitor.frames


def _is_delta(message: bytes) -> bool:
    """Of our two forms of frames the array is always one; the map is one when it names its base."""
    told = _decode(message)
    return isinstance(told, list) or told.get("base") is not None
