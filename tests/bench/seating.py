"""Rooms that are opened, filled and started through the log alone, as the lobby and a web process would: no sockets.

rooms = await open_rooms(store, "pulse", 300, players=8)      # 300 matches have begun
async with audience(store, rooms, players=8): ...             # their players' sockets are at a web process of ours
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
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
    store: Store, game: str, count: int, players: int, *, size: int = 0, options: dict[str, Any] | None = None
) -> list[RoomId]:
    """So many more rooms with seats held for `players`; returns when they are there, and their matches have begun.

    `size`: how many seats each has; 0: no more than are held, so that its match begins at once.
    """
    rooms = [RoomId(secrets.token_urlsafe(16)) for _ in range(count)]
    entries: list[tuple[RoomId, Act]] = []
    for room in rooms:
        word = secrets.token_urlsafe(12)
        entries.append(
            (room, Open(game, options or {}, size or players, word, None, fill_ms=FILL_MS, incarnation=word))
        )
        entries += [(room, Reserve(player(room, number))) for number in range(players)]
    await append(store, entries)
    await until_phase(store, rooms, "playing" if size in (0, players) else "waiting")
    return rooms


async def append(store: Store, entries: Sequence[tuple[RoomId, Act]]) -> None:
    """All of them, in order."""
    written = [(store.shard_of(room), Entry(room, act)) for room, act in entries]
    for at in range(0, len(written), AT_ONCE):
        await store.append(written[at : at + AT_ONCE])


async def until_gone(store: Store, rooms: Iterable[RoomId]) -> None:
    """Return when none of these is open any more. Raises TimeoutError."""
    await _until(store, rooms, lambda card: card is None)


async def until_phase(store: Store, rooms: Iterable[RoomId], phase: str) -> None:
    """Return when the cards of all these rooms say so. Raises TimeoutError."""
    await _until(store, rooms, lambda card: card is not None and card.phase == phase)


async def _until(store: Store, rooms: Iterable[RoomId], truth: Callable[[Card | None], bool]) -> None:
    """Room by room: the last one is as far as the others when it is asked for."""
    async with asyncio.timeout(PATIENCE_S):
        for room in rooms:
            while True:
                raw = await store.card(room)
                if truth(None if raw is None else _card.decode(raw)):
                    break
                await asyncio.sleep(0.05)


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
