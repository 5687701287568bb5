"""Rooms that are opened, filled and started through the log alone, as the lobby and a web process would: no sockets.

rooms = await open_rooms(store, "pulse", 300, players=8)      # 300 matches have begun
async with audience(store, rooms, players=8): ...             # their players' sockets are at a web process of ours
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from rooms.core.facts import Card
from rooms.core.ids import PlayerId, RoomId, SocketId, WebId
from rooms.core.inputs import MSGPACK, Act, Attach, Detach, Entry, Open, Player, Reserve
from rooms.store import Store

AT_ONCE: Final = 2000
"""Entries appended in one round trip."""
PATIENCE_S: Final = 60.0
FILL_MS: Final = 3_600_000
"""Rooms are of quick play: a match begins when the last seat is taken, and no bot comes meanwhile."""
_card = msgspec.msgpack.Decoder(Card)


def player(room: RoomId, number: int) -> Player:
    """The same for the same place."""
    return Player(PlayerId(f"g-{room[:8]}-{number}"), f"Player {number}")


async def open_rooms(
    store: Store, game: str, count: int, players: int, options: dict[str, Any] | None = None, phase: str = "playing"
) -> list[RoomId]:
    """So many more rooms of a size of `players`, all seats reserved; returns when all are in `phase`."""
    rooms = [RoomId(secrets.token_urlsafe(16)) for _ in range(count)]
    entries: list[tuple[RoomId, Act]] = []
    for room in rooms:
        word = secrets.token_urlsafe(12)
        entries.append((room, Open(game, options or {}, players, word, None, fill_ms=FILL_MS, incarnation=word)))
        entries += [(room, Reserve(player(room, number))) for number in range(players)]
    await append(store, entries)
    await until_phase(store, rooms, phase)
    return rooms


async def append(store: Store, entries: Sequence[tuple[RoomId, Act]]) -> None:
    """All of them, in order."""
    written = [(store.shard_of(room), Entry(room, act)) for room, act in entries]
    for at in range(0, len(written), AT_ONCE):
        await store.append(written[at : at + AT_ONCE])


async def until_phase(store: Store, rooms: Iterable[RoomId], phase: str) -> None:
    """Return when the cards of all these rooms say so. Raises TimeoutError."""
    wanted = set(rooms)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            shards = [await store.cards(shard) for shard in range(store.shards)]
            cards = {room: card for _, found in shards for room, card in found.items()}
            if all(room in cards and _card.decode(cards[room]).phase == phase for room in wanted):
                return
            await asyncio.sleep(0.2)


@asynccontextmanager
async def audience(store: Store, rooms: Sequence[RoomId], players: int) -> AsyncIterator[None]:
    """Each seat has a socket, at a web process that takes its parcels and throws them away."""
    web = WebId(secrets.token_urlsafe(9))
    box = store.mailbox(web)
    await box.opened()
    await store.beat_web(web, 600_000)
    reader = asyncio.create_task(_discard(box))
    sockets = [SocketId(f"{room[:8]}-{number}") for room in rooms for number in range(players)]
    places = [(room, player(room, number)) for room in rooms for number in range(players)]
    try:
        await append(
            store,
            [(room, Attach(name, web, who, MSGPACK)) for name, (room, who) in zip(sockets, places, strict=True)],
        )
        yield
    finally:
        await append(store, [(room, Detach(name)) for name, (room, _) in zip(sockets, places, strict=True)])
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        await store.forget_web(web)
        await box.aclose()


async def _discard(box: Any) -> None:
    async for _ in box:
        pass
