"""Which rooms a list shows, and in which order. Pure; the same for pages, API and the live list.

A key sorts one room: the smallest comes first, and its last part, the room's id, makes it unlike all others. So a key
also says where a page of a list ends (a cursor), whatever happens to the rooms meanwhile.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from rooms.core.facts import Card

Key = tuple[Any, ...]
Order = Literal["open", "new", "full", "company"]

LONGEST_LIST: Final = 200
"""Rooms in one page of a list."""
LONGEST_TEXT: Final = 40
"""Letters of a search."""
LONGEST_CURSOR: Final = 200

_PHASES: Final = {"waiting": 0, "rematch": 1, "finished": 1, "playing": 2, "closed": 3}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which public rooms. `game` "" is any; `seats`: only with a seat for a person; `text`: in a name or the game's.

    `order`: "open" rooms one can join first, then those with most players; "new" the newest; "full" the most people.
    `quick`: only rooms that quick play may send people to, best in the order "company": most people, then the oldest.
    """

    game: str = ""
    seats: bool = False
    text: str = ""
    order: Order = "open"
    quick: bool = False

    def takes(self, card: Card, words: str) -> bool:
        """Whether this room is listed; `words` are those of `words_of`. Private and closed rooms never are."""
        if card.private or card.phase == "closed" or (self.game and card.game != self.game):
            return False
        if (self.seats and not card.joinable) or (self.quick and (card.paused or not card.quick)):
            return False
        return not self.text or self.text in words


LISTED: Final = Filter()
"""Every public room."""


def tidy_text(text: str) -> str:
    """What is searched for, in the form that `words_of` has."""
    return " ".join(text.casefold().split())[:LONGEST_TEXT]


def words_of(card: Card, title: str) -> str:
    """What a search looks through: who sits in the room, and what is played."""
    return "\n".join(dict.fromkeys((card.host, *card.names, title, card.game))).casefold()


def key_for(order: Order) -> Callable[[Card], Key]:
    """The function that gives a room its place in this order."""
    return _KEYS[order]


def write_cursor(key: Key) -> str:
    """Where a page ended, as a word for addresses and messages. It says nothing that the list did not."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(key)).rstrip(b"=").decode()


def read_cursor(order: Order, cursor: str) -> Key:
    """The key in a cursor of this order. Raises ValueError."""
    if len(cursor) > LONGEST_CURSOR:
        raise ValueError("this cursor is too long")
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key: Key = msgspec.msgpack.decode(raw, type=_SHAPES[order])
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise ValueError("this is no cursor of a list in this order") from error
    return key


_KEYS: Final[dict[Order, Callable[[Card], Key]]] = {
    "open": lambda card: (not card.joinable, _PHASES[card.phase], -card.players, -card.opened_ms, card.room),
    "new": lambda card: (-card.opened_ms, card.room),
    "full": lambda card: (-card.players - card.spectators, -card.opened_ms, card.room),
    "company": lambda card: (card.bots - card.players, card.opened_ms, card.room),
}
_SHAPES: Final[dict[Order, Any]] = {
    "open": tuple[bool, int, int, int, str],
    "new": tuple[int, str],
    "full": tuple[int, int, str],
    "company": tuple[int, int, str],
}
