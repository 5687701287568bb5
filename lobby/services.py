"""What can be done with rooms from the lobby. Pages, API and commands call the same; nothing else here writes to Redis.

page | API -> [services] -> log of the room's shard -> engine -> reply
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django.conf import settings

from lobby.errors import LobbyError, no_engine, store_down
from lobby.filters import Filter, Key
from lobby.gallery import quick_size, rules_of, usual_size
from lobby.picture import picture
from lobby.shelves import Page
from lobby.stores import live_store, read_card, read_reply
from rooms.core.facts import Card, Reply
from rooms.core.game import Rules
from rooms.core.ids import ROOM_ID, RoomId
from rooms.core.inputs import Act, Open, Player, Reserve
from rooms.pools import read_pools
from rooms.store import LogFull, StoreUnavailable

logger = logging.getLogger(__name__)

REPLY_S: Final = 3.0
"""How long somebody waits for an engine's answer."""
FILL_MS: Final = 4000
"""How long quick play waits for people before bots take the free seats."""
_PLACE: Final = re.compile(r"at `\$\.(\w+)")
"""Where msgspec says that a value does not fit."""
TRIES: Final = 3
"""Open rooms that quick play tries before it opens one: each may have been filled a moment ago."""


async def open_room(
    player: Player,
    game: str,
    options: Mapping[str, Any] | None = None,
    size: int | None = None,
    private: bool = False,
    fill_ms: int = 0,
) -> RoomId:
    """Open a room with `player` as host and return its id. Raises LobbyError."""
    rules = rules_of(game)
    chosen = read_options(rules, options or {})
    room = read_pools(settings.HOLDFAST_POOLS, settings.HOLDFAST["SHARDS"]).draw(game)
    act = Open(
        game=game,
        options=chosen,
        size=read_size(rules, size),
        seed=secrets.token_hex(16),
        host=player,
        private=private,
        fill_ms=fill_ms if rules.strengths else 0,
        incarnation=secrets.token_urlsafe(9),
    )
    await _room_left()
    answer = await ask(room, act)
    if not answer.ok:
        raise LobbyError(answer.code or "refused", answer.message or "The room could not be opened.", 409)
    return room


async def quick_play(player: Player, game: str) -> RoomId:
    """A public room with a seat held for `player`: an open one, else a new one that bots fill. Raises LobbyError."""
    rules = rules_of(game)
    for card in await _open_seats(game):
        answer = await ask(card.room, Reserve(player))
        if answer.ok:
            return card.room
        logger.info("quick play: room %s took nobody (%s)", card.room, answer.code)
    return await open_room(player, game, size=quick_size(rules), fill_ms=FILL_MS)


async def list_rooms(wanted: Filter, limit: int, after: Key | None = None) -> Page:
    """The public rooms, from behind `after` on. Raises LobbyError when there is no picture of them yet."""
    try:
        return (await picture()).page(wanted, limit, after)
    except StoreUnavailable as error:
        raise store_down() from error


async def find_room(room: str) -> Card | None:
    """A room's card, private or not, or None. Raises LobbyError when Redis cannot be asked.

    The picture may lag behind a room that has just been opened, so a miss is looked up in Redis.
    """
    if not ROOM_ID.match(room):
        return None
    try:
        card = (await picture()).find(RoomId(room))
        if card is not None:
            return card
        raw = await live_store().card(RoomId(room))
    except StoreUnavailable as error:
        raise store_down() from error
    return read_card(raw) if raw else None


def read_options(rules: Rules, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, whole and as plain values. Raises LobbyError that says what is wrong."""
    try:
        chosen = msgspec.convert(dict(options), rules.options)
    except UnicodeEncodeError as error:  # half of a surrogate pair, which JSON can hold and no text can
        raise LobbyError("bad_options", f"These options do not fit {rules.title}: text is not Unicode.", 422) from error
    except msgspec.ValidationError as error:
        message = f"These options do not fit {rules.title}: {error}."
        place = _PLACE.search(str(error))
        raise LobbyError("bad_options", message, 422, {f"options.{place[1]}": str(error)} if place else None) from error
    plain: dict[str, Any] = msgspec.to_builtins(chosen)
    return plain


def read_size(rules: Rules, size: int | None) -> int:
    """How many seats. Raises LobbyError when the game does not allow it."""
    if size is None:
        return usual_size(rules)
    least, most = rules.seats.min, rules.seats.max
    if not least <= size <= most:
        message = f"{rules.title} has {least} seats." if least == most else f"Choose from {least} to {most} seats."
        raise LobbyError("bad_size", message, 422, fields={"size": message})
    return size


async def _open_seats(game: str) -> list[Card]:
    try:
        return (await picture()).open_seats(game, TRIES)
    except StoreUnavailable as error:
        raise store_down() from error


async def _room_left() -> None:
    """Raises LobbyError when so many rooms are open that another one would hurt those."""
    try:
        count = (await picture()).count()
    except StoreUnavailable as error:
        raise store_down() from error
    if count >= settings.HOLDFAST["MAX_ROOMS"]:
        message = "Every room of this server is taken. Join one, or try again later."
        raise LobbyError("too_many_rooms", message, 503, retry_after=30)


async def ask(room: RoomId, act: Act) -> Reply:
    """Append an entry and wait for the engine's answer to it. Raises LobbyError when none comes."""
    store, token = live_store(), secrets.token_urlsafe(12)
    try:
        await store.append_to(room, act, token)
        raw = await store.reply(store.shard_of(room), token, REPLY_S)
    except LogFull as error:
        logger.warning("a room could not be asked: %s", error)
        raise no_engine() from error
    except StoreUnavailable as error:
        logger.warning("a room could not be asked: %s", error)
        raise store_down() from error
    if raw is None:
        logger.warning("no engine answered for shard %d within %g s", store.shard_of(room), REPLY_S)
        raise no_engine()
    return read_reply(raw)
