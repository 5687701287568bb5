from __future__ import annotations

from random import Random
from typing import get_args

import msgspec
import pytest

from lobby import shelves as module
from lobby.filters import LISTED, Filter, Order, key_for, words_of
from lobby.gallery import title_of
from lobby.shelves import Shelves, TooManySearches
from rooms.core.facts import Card
from rooms.core.ids import RoomId
from tests.lobby.world import card

FILTERS = [
    Filter(game, seats, text, order)
    for game in ("", "snake", "arena")
    for seats in (False, True)
    for text in ("", "ann")
    for order in get_args(Order)
]


def some_card(rng: Random, room: RoomId) -> Card:
    game = "snake" if ord(room[0]) % 2 else "arena"
    return card(
        room=room,
        game=game,
        phase=rng.choice(["waiting", "playing", "finished", "closed"]),
        players=rng.randint(1, 4),
        spectators=rng.randint(0, 2),
        host=rng.choice(["Ann", "Bob"]),
        names=(),
        private=rng.random() < 0.2,
        joinable=rng.random() < 0.5,
        opened_ms=rng.randint(1, 5),
    )


def sorted_anew(cards: dict[RoomId, Card], wanted: Filter) -> list[Card]:
    """What the list is by its definition."""
    taken = [one for one in cards.values() if wanted.takes(one, words_of(one, title_of(one.game)))]
    return sorted(taken, key=key_for(wanted.order))


def test_after_any_changes_each_list_is_what_sorting_anew_gives() -> None:
    rng, shelves, cards = Random(5), Shelves(), dict[RoomId, Card]()
    names = [card().room for _ in range(40)]
    held = [shelves.hold(wanted) for wanted in FILTERS if wanted.text]  # searches that are kept, too
    for step in range(1500):
        room = rng.choice(names)
        if rng.random() < 0.2:
            cards.pop(room, None)
            shelves.drop(room)
        else:
            cards[room] = some_card(rng, room)
            shelves.put(cards[room])
        if step % 50 == 0:
            for wanted in FILTERS:
                expected = sorted_anew(cards, wanted)
                assert shelves.page(wanted, 1000).cards == expected
            for shelf in held:
                expected = sorted_anew(cards, shelf.wanted)
                assert (len(shelf), shelf.free) == (len(expected), sum(one.joinable for one in expected))
    assert len(shelves) == len(cards)
    assert sum(len(sorted_anew(cards, wanted)) for wanted in FILTERS) > 100


@pytest.mark.parametrize("text", ["", "ann"])
def test_pages_follow_each_other_while_rooms_come_and_go(text: str) -> None:
    shelves = Shelves()
    cards = [card(opened_ms=number) for number in range(20)]
    for one in cards:
        shelves.put(one)
    wanted = Filter(text=text, order="new")
    first = shelves.page(wanted, 7)
    assert [one.opened_ms for one in first.cards] == [19, 18, 17, 16, 15, 14, 13]
    shelves.drop(cards[13].room)  # where the page ended
    shelves.put(card(opened_ms=30))
    second = shelves.page(wanted, 7, first.after)
    assert [one.opened_ms for one in second.cards] == [12, 11, 10, 9, 8, 7, 6]
    last = shelves.page(wanted, 7, second.after)
    assert ([one.opened_ms for one in last.cards], last.after) == ([5, 4, 3, 2, 1, 0], None)
    assert shelves.page(wanted, 6, second.after).after is None


def test_a_card_that_says_nothing_new_changes_nothing() -> None:
    shelves = Shelves()
    shelf = shelves.hold(LISTED)
    shown = card()
    shelves.put(shown)
    version = shelf.version
    shelves.put(msgspec.structs.replace(shown))
    shelves.drop(card().room)
    assert shelf.version == version


def test_a_row_is_encoded_once_for_all_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[RoomId] = []

    def encode(one: Card) -> bytes:
        encoded.append(one.room)
        return b"{}"

    monkeypatch.setattr(module, "encode_row", encode)
    shelves, shown = Shelves(), card()
    shelves.put(shown)
    assert encoded == []  # nobody looks
    for wanted in (LISTED, Filter(game="snake"), Filter(order="new")):
        assert shelves.rows(shelves.hold(wanted), 10) == {shown.room: b"{}"}
    assert encoded == [shown.room]


def test_lists_and_searches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SHELVES", 3)
    monkeypatch.setattr(module, "MOST_SEARCHES", 2)
    shelves = Shelves()
    shelves.put(card())
    for number in range(50):
        assert shelves.page(Filter(game=f"no-{number}"), 5).cards == []
        assert len(shelves.page(Filter(text="ann" if number % 2 else "snake"), 5).cards) == 1
    assert len(shelves._shelves) == 1  # words that somebody sends leave nothing behind
    watched = [shelves.hold(Filter(text=text)) for text in ("a", "b", "a")]
    with pytest.raises(TooManySearches):
        shelves.hold(Filter(text="c"))
    shelves.release(watched[1])
    watched.append(shelves.hold(Filter(text="c")))
    for order in get_args(Order):
        shelves.page(Filter(order=order), 5)
    assert {shelf.wanted.text for shelf in shelves._shelves.values() if shelf.held} == {"a", "c"}
    assert len(shelves._shelves) == 3


def test_paused_rooms_are_counted() -> None:
    shelves, shown = Shelves(), card(paused=True)
    shelves.put(shown)
    assert shelves.paused == 1
    shelves.put(msgspec.structs.replace(shown, paused=False))
    assert shelves.paused == 0
