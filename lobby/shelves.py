"""All cards of one process, and for each list that is asked for the rooms in its order, kept so at each change.

A change costs a search by halves in the few lists that hold the room; a page of a list is a slice. Nothing here waits,
and nothing knows where the cards come from (following.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from lobby.filters import Filter, Key, key_for, words_of
from lobby.gallery import title_of
from lobby.rows import encode_row
from rooms.core.facts import Card
from rooms.core.ids import RoomId

MOST_SHELVES: Final = 96
"""Lists kept in order. The one that nobody watches or asked for longest goes, and is sorted anew when it is wanted."""
MOST_SEARCHES: Final = 64
"""Searches among the lists that are watched: each is compared with every card that changes."""


class TooManySearches(Exception):
    """So many different searches are watched here that another one would cost everybody else."""


class Notice:
    """A card as it is posted: with what lists need of it, made once."""

    __slots__ = ("_row", "card", "words")

    def __init__(self, card: Card) -> None:
        self.card = card
        self.words = words_of(card, title_of(card.game))
        self._row: bytes | None = None

    @property
    def row(self) -> bytes:
        """Its line of a live list, as JSON: encoded once, for whatever lists and watchers."""
        if self._row is None:
            self._row = encode_row(self.card)
        return self._row


class Shelf:
    """The rooms that one filter takes, in its order."""

    __slots__ = ("_free", "_key", "_keys", "_places", "held", "version", "wanted")

    def __init__(self, wanted: Filter, notices: Iterator[Notice]) -> None:
        self.wanted = wanted
        self.version = 0
        """Grows with each change of what stands here."""
        self.held = 0
        """Who watches it; while somebody does it stays."""
        self._key = key_for(wanted.order)
        taken = [notice.card for notice in notices if wanted.takes(notice.card, notice.words)]
        self._places: dict[RoomId, Key] = {card.room: self._key(card) for card in taken}
        self._keys: list[Key] = sorted(self._places.values())
        self._free = {card.room for card in taken if card.joinable}

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def free(self) -> int:
        """How many of them have a seat for a person."""
        return len(self._free)

    def put(self, notice: Notice) -> None:
        """A room is new, or its card changed."""
        card = notice.card
        if not self.wanted.takes(card, notice.words):
            self.drop(card.room)
            return
        self.version += 1
        (self._free.add if card.joinable else self._free.discard)(card.room)
        key, before = self._key(card), self._places.get(card.room)
        if key == before:
            return
        if before is not None:
            del self._keys[bisect_left(self._keys, before)]
        self._places[card.room] = key
        insort(self._keys, key)

    def drop(self, room: RoomId) -> None:
        """A room is gone."""
        before = self._places.pop(room, None)
        if before is not None:
            self.version += 1
            self._free.discard(room)
            del self._keys[bisect_left(self._keys, before)]

    def key_at(self, place: int) -> Key:
        """The key of the room at a place, from 0."""
        return self._keys[place]

    def keys(self, after: Key | None = None) -> Iterator[Key]:
        """In order, from behind `after` on. Not to be kept over a change."""
        start = 0 if after is None else bisect_right(self._keys, after)
        return islice(self._keys, start, None)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list."""

    cards: list[Card]
    after: Key | None
    """Where the next page begins; None when this is the last."""


class Shelves:
    """The cards, and the lists of them."""

    def __init__(self) -> None:
        self._notices: dict[RoomId, Notice] = {}
        self._shelves: OrderedDict[Filter, Shelf] = OrderedDict()
        self._paused: set[RoomId] = set()
        self._games: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._notices)

    @property
    def paused(self) -> int:
        """Rooms that a fault of their rules stopped."""
        return len(self._paused)

    def put(self, card: Card) -> None:
        """A room is new, or its card changed."""
        before = self._notices.get(card.room)
        if before is not None and before.card == card:
            return
        self._games[card.game] += before is None  # a room's game never changes
        notice = self._notices[card.room] = Notice(card)
        (self._paused.add if card.paused else self._paused.discard)(card.room)
        for shelf in self._shelves.values():
            shelf.put(notice)

    def drop(self, room: RoomId) -> None:
        """A room is gone."""
        before = self._notices.pop(room, None)
        if before is None:
            return
        self._games[before.card.game] -= 1
        self._paused.discard(room)
        for shelf in self._shelves.values():
            shelf.drop(room)

    def find(self, room: RoomId) -> Card | None:
        """A room's card, private or not."""
        notice = self._notices.get(room)
        return None if notice is None or notice.card.phase == "closed" else notice.card

    def all(self) -> list[Card]:
        """Every room, private ones too."""
        return [notice.card for notice in self._notices.values() if notice.card.phase != "closed"]

    def page(self, wanted: Filter, limit: int, after: Key | None = None) -> Page:
        """At most `limit` rooms of a list, from behind `after` on."""
        if wanted.game and not self._games[wanted.game]:
            return Page([], None)  # no list is kept for whatever word somebody sends
        keys = self._searched(wanted, after)
        found = list(islice(keys, limit))
        more = next(keys, None) is not None
        return Page([self._notices[key[-1]].card for key in found], found[-1] if found and more else None)

    def rows(self, shelf: Shelf, limit: int) -> dict[RoomId, bytes]:
        """The first lines of a list, encoded, in order."""
        return {key[-1]: self._notices[key[-1]].row for key in islice(shelf.keys(), limit)}

    def hold(self, wanted: Filter) -> Shelf:
        """A list that is watched from now on, until `release`. Raises TooManySearches."""
        shelf = self._shelves.get(wanted)
        if shelf is None or not shelf.held:
            searches = sum(1 for other in self._shelves.values() if other.held and other.wanted.text)
            if wanted.text and searches >= MOST_SEARCHES:
                raise TooManySearches("Too many people search just now. Choose a game instead, or try again later.")
        shelf = self._shelf(wanted)
        shelf.held += 1
        return shelf

    def release(self, shelf: Shelf) -> None:
        """One watcher less."""
        shelf.held -= 1
        if not shelf.held and shelf.wanted.text:
            del self._shelves[shelf.wanted]  # a search is seldom made twice, and each costs at every change

    def _shelf(self, wanted: Filter) -> Shelf:
        shelf = self._shelves.get(wanted)
        if shelf is None:
            shelf = self._shelves[wanted] = Shelf(wanted, iter(self._notices.values()))
            self._make_room()
        self._shelves.move_to_end(wanted)
        return shelf

    def _make_room(self) -> None:
        while len(self._shelves) > MOST_SHELVES:
            oldest = next((wanted for wanted, shelf in self._shelves.items() if not shelf.held), None)
            if oldest is None:
                return
            del self._shelves[oldest]

    def _searched(self, wanted: Filter, after: Key | None) -> Iterator[Key]:
        """A list's keys; a search that nobody watches looks through the list without it."""
        if not wanted.text or wanted in self._shelves:
            return self._shelf(wanted).keys(after)
        keys = self._shelf(replace(wanted, text="")).keys(after)
        return (key for key in keys if wanted.text in self._notices[key[-1]].words)
