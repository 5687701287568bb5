"""The live list of open rooms: each socket watches one list, chosen by game, free seats, search and order.

engine -> card feed -> picture -> watching -> [consumer] -> static/js/lobby/rooms.js

A plain ASGI application, as that of the rooms: no thread, no channel layer, and nothing between a change and the
socket but one encoding for all who watch the same list. docs/protocol.md tells the messages.
"""

from __future__ import annotations

import logging
import time
from typing import Annotated, Final, Literal, cast
from urllib.parse import parse_qsl

import msgspec

from lobby.filters import LONGEST_CURSOR, LONGEST_LIST, Filter, read_cursor, tidy_text, write_cursor
from lobby.picture import Picture, picture
from lobby.rows import row_of
from lobby.shelves import TooManySearches
from lobby.watching import Watcher
from rooms import meters
from rooms.games.registry import find_games
from rooms.limits import Bucket
from rooms.protocol.closing import Close
from rooms.store import StoreUnavailable
from rooms.wire import EXTENSION, AsgiWire, Receive, Scope, Send, Wire

logger = logging.getLogger(__name__)

WISHES_PER_S: Final = 4
WISHES_BURST: Final = 20
"""Messages of one page; whoever sends more is closed and may come back."""
MOST_BYTES: Final = 1024

Short = Annotated[str, msgspec.Meta(max_length=100)]


class Watch(msgspec.Struct, tag_field="t", tag="watch", forbid_unknown_fields=True):
    """Show this list from now on."""

    game: Short = ""
    seats: bool = False
    text: Short = ""
    order: Literal["open", "new", "full"] = "open"
    limit: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_LIST)] = LONGEST_LIST


class More(msgspec.Struct, tag_field="t", tag="more", forbid_unknown_fields=True):
    """Once, the rooms of the list behind a cursor."""

    after: Annotated[str, msgspec.Meta(max_length=LONGEST_CURSOR)]


class Find(msgspec.Struct, tag_field="t", tag="find", forbid_unknown_fields=True):
    """Once, the room where one would best sit down now."""

    game: Short


_wish = msgspec.json.Decoder(Watch | More | Find)
_encode = msgspec.json.Encoder().encode


class Over(Exception):
    """The visit ends with a close code and a reason."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


async def lobby_consumer(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application of one page that shows a list. Its address may name the first one: ?game=snake&seats=1."""
    if (await receive())["type"] != "websocket.connect":
        return
    await send({"type": "websocket.accept"})
    extension: Wire | None = (scope.get("extensions") or {}).get(EXTENSION)
    fallback = None if extension is not None else AsgiWire(send)
    wire = cast(Wire, extension or fallback)
    try:
        await _serve(wire, receive, _first(scope))
    finally:
        if fallback is not None:
            await fallback.stop()


async def _serve(wire: Wire, receive: Receive, first: Watch) -> None:
    watcher = Watcher(wire)
    try:
        seen = await picture()
    except StoreUnavailable as error:
        logger.warning("the live list cannot be sent: %s", error)
        watcher.send(_encode({"t": "status", "state": "stale"}))
        wire.close(Close.SERVER_BUSY, "The list of rooms cannot be read. Try again.")
        await _until_gone(receive)
        return
    visit = Visit(seen, watcher, first)
    try:
        visit.watch(first)
        watcher.send(seen.watching.status())
        while (raw := await _next(receive)) is not None:
            visit.take(raw)
    except Over as end:
        wire.close(end.code, end.reason)
        await _until_gone(receive)
    finally:
        seen.watching.leave(watcher)


class Visit:
    """One page's wishes, from its first list to its end."""

    def __init__(self, seen: Picture, watcher: Watcher, first: Watch) -> None:
        self._seen, self._watcher, self._wanted = seen, watcher, _filter(first)
        self._limit = first.limit
        self._allowed = Bucket(WISHES_PER_S, WISHES_BURST, time.monotonic())

    def take(self, raw: bytes | str) -> None:
        """One message. Raises Over."""
        if not self._allowed.take(time.monotonic()):
            meters.count("lobby_floods")
            raise Over(Close.SLOW_DOWN, "Too many messages.")
        if len(raw) > MOST_BYTES:
            raise Over(Close.BAD_MESSAGE, "This message is too long.")
        try:
            wish = _wish.decode(raw)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise Over(Close.BAD_MESSAGE, f"This is no message of the lobby: {error}") from error
        match wish:
            case Watch():
                self.watch(wish)
            case More(after):
                self._more(after)
            case Find(game):
                self._find(game)

    def watch(self, wish: Watch) -> None:
        """Another list; refused, the one before stays."""
        wanted = _filter(wish)
        if wanted.game and wanted.game not in find_games():
            self._refuse("unknown_game", "There is no such game here.")
            return
        try:
            self._seen.watching.watch(self._watcher, wanted, wish.limit)
        except TooManySearches as error:
            self._refuse("slow_down", str(error))
            return
        self._wanted, self._limit = wanted, wish.limit

    def _more(self, after: str) -> None:
        try:
            key = read_cursor(self._wanted.order, after)
        except ValueError as error:
            self._refuse("bad_cursor", f"{error}.".capitalize())
            return
        page = self._seen.page(self._wanted, self._limit, key)
        cursor = None if page.after is None else write_cursor(page.after)
        self._say({"t": "more", "rooms": [row_of(card) for card in page.cards], "after": cursor})

    def _find(self, game: str) -> None:
        found = self._seen.open_seats(game, 1)
        self._say({"t": "found", "game": game, "room": row_of(found[0]) if found else None})

    def _refuse(self, code: str, message: str) -> None:
        self._say({"t": "refused", "code": code, "message": message})

    def _say(self, message: object) -> None:
        self._watcher.send(_encode(message))


def _filter(wish: Watch) -> Filter:
    return Filter(wish.game, wish.seats, tidy_text(wish.text), wish.order)


def _first(scope: Scope) -> Watch:
    """The list that the address names; the usual one where it names none that could be."""
    named = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
    try:
        first = msgspec.convert({**named, "t": "watch"}, Watch, strict=False)
    except msgspec.ValidationError:
        return Watch()
    return first if not first.game or first.game in find_games() else Watch()


async def _next(receive: Receive) -> bytes | str | None:
    """The next message; None when the socket is gone."""
    event = await receive()
    if event["type"] == "websocket.disconnect":
        return None
    text = event.get("text")
    return text if text is not None else cast(bytes, event["bytes"])


async def _until_gone(receive: Receive) -> None:
    while await _next(receive) is not None:
        continue
