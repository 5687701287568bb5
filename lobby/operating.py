"""What whoever runs the server sees of rooms and does with them. Page, API and command call the same.

page | API | manage.py rooms -> [operating] -> log of the room's shard -> engine -> reply
"""

from __future__ import annotations

import heapq
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from lobby.errors import LobbyError, store_down
from lobby.gallery import stranded, title_of
from lobby.picture import picture
from lobby.services import ask
from lobby.stores import live_store, read_card
from rooms.core.facts import Card
from rooms.core.ids import ROOM_ID, RoomId
from rooms.core.inputs import Action, Operate
from rooms.core.room import Fault, Room, load_room
from rooms.store import StoreUnavailable

logger = logging.getLogger(__name__)

MOST_ROOMS: Final = 500
"""Rooms in one list: paused ones come first."""
REASON_LETTERS: Final = 200
STATE_LETTERS: Final = 8000
"""Of the game's state, as JSON text."""

_ORDER: Final = {"playing": 0, "rematch": 1, "finished": 1, "waiting": 2, "closed": 3}


@dataclass(frozen=True, slots=True)
class Opened:
    """One open room as its last commit left it. `room` is None when even that cannot be read here."""

    card: Card | None
    room: Room | None
    id: RoomId
    size: int
    """Bytes in Redis."""
    state: str
    """The game's state as JSON text, cut short when long; "" before the first match."""
    stranded: str
    """Why no rules here can go on with it; "" when they can."""

    @property
    def fault(self) -> Fault | None:
        """Why it is paused, if it is."""
        return self.room.fault if self.room else None

    @property
    def title(self) -> str:
        """Of its game."""
        game = self.room.game if self.room else self.card.game if self.card else ""
        return title_of(game) if game else "a room that cannot be read"

    @property
    def options(self) -> str:
        """The game's options as JSON text."""
        return msgspec.json.encode(self.room.options).decode() if self.room else ""

    @property
    def failed_at(self) -> datetime | None:
        """When it failed."""
        return datetime.fromtimestamp(self.fault.at_ms / 1000, UTC) if self.fault else None


async def every_room() -> list[Card]:
    """All open rooms, private ones too, at most MOST_ROOMS: paused and stranded first. Raises LobbyError."""
    try:
        cards = (await picture()).all()
    except StoreUnavailable as error:
        raise store_down() from error
    lost = {kind: bool(stranded(*kind)) for kind in {(card.game, card.version) for card in cards}}

    def urgency(card: Card) -> Any:
        return (not card.paused, not lost[card.game, card.version], _ORDER[card.phase], card.opened_ms)

    return heapq.nsmallest(MOST_ROOMS, cards, key=urgency)


async def one_room(room: str) -> Opened:
    """A room with all that is known of it. Raises LobbyError, also when there is none."""
    if not ROOM_ID.match(room):
        raise _nothing()
    store, name = live_store(), RoomId(room)
    try:
        found, card = await store.room(name), await store.card(name)
    except StoreUnavailable as error:
        raise store_down() from error
    if found is None:
        raise _nothing()
    shown = _read(read_card, card) if card else None
    size = sum(map(len, found))
    loaded = _read(load_room, *found)
    if loaded is None:
        return Opened(shown, None, name, size, "", "its bytes cannot be read by this version of Holdfast")
    kept, state = loaded
    return Opened(shown, kept, name, size, _readable(state), stranded(kept.game, kept.version))


async def resume_room(room: str, who: str) -> None:
    """Let a paused room go on. Raises LobbyError with the engine's reason when it does not."""
    await _operate(room, Operate("resume"), who)


async def close_room(room: str, reason: str, who: str) -> None:
    """End a room; its players are told `reason`. Raises LobbyError."""
    reason = " ".join(reason.split())
    if len(reason) > REASON_LETTERS:
        raise LobbyError("bad_reason", f"A reason has at most {REASON_LETTERS} letters.", 422, {"reason": "Too long."})
    await _operate(room, Operate("close", reason), who)


async def _operate(room: str, act: Operate, who: str) -> None:
    if not ROOM_ID.match(room):
        raise _nothing()
    answer = await ask(RoomId(room), act)
    logger.warning("operator %s: %s room %s: %s", who, act.action, room, answer.code or "done")
    if not answer.ok:
        raise _refusal(answer.code, answer.message, act.action)


def _refusal(code: str, message: str, action: Action) -> LobbyError:
    status = 404 if code == "not_found" else 409
    return LobbyError(code or "refused", message or f"The engine did not {action} the room.", status)


def _nothing() -> LobbyError:
    return LobbyError("not_found", "There is no such room (any more).", 404)


def _read(read: Any, *raw: bytes) -> Any:
    try:
        return read(*raw)
    except msgspec.DecodeError as error:
        logger.warning("a room cannot be shown whole: %s", error)
        return None


def _readable(state: bytes) -> str:
    """Any msgpack as JSON text, indented; what JSON lacks is shown as Python writes it."""
    plain = msgspec.msgpack.decode(state, strict=False)
    if plain is None:
        return ""
    try:
        text = msgspec.json.format(msgspec.json.encode(plain), indent=2).decode()
    except (TypeError, ValueError):
        text = repr(plain)
    return text if len(text) <= STATE_LETTERS else f"{text[:STATE_LETTERS]}\n… ({len(text)} letters in all)"
