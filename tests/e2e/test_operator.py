"""The operator's pages in a browser: looked at, checked by axe, and worked with the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import expect

from rooms.core import view
from rooms.core.effects import Effects
from rooms.core.inputs import MoveBody
from rooms.core.match import pause
from rooms.core.room import dump_live
from rooms.store.keys import CARD_FEED, shard_keys, shard_of
from tests.e2e.looking import look
from tests.e2e.people import Meet, Person
from tests.rooms.core.driver import ANN, BOB, Driver
from tests.support.fleet import Fleet
from tests.support.player import token_of

FORBIDDEN = re.compile("status of 403")
"""The browser itself notes such an answer."""


@pytest.fixture
def paused(fleet: Fleet) -> Iterator[str]:
    """A room that stands in Redis paused. No engine has loaded it, so it can be looked at and not operated."""
    game = Driver(private=True)
    game.play()
    for cell in (0, 3, 1):
        game.do((ANN, BOB)[game.live.state.turn], MoveBody(msgspec.msgpack.encode({"cell": cell})))
    try:
        raise RuntimeError("the ninth cell is not there, and this line runs over the edge of any phone there is")
    except RuntimeError as error:
        pause(game.live, Effects(), error)
    room = game.room.id
    keys, raw = shard_keys(shard_of(room, 16)), msgspec.msgpack.encode(view.card(game.live))
    with fleet.valkey.client() as valkey:
        valkey.hset(keys.rooms, room, dump_live(game.live))
        valkey.hset(keys.cards, room, raw)
        valkey.hincrby(keys.meta, "fed", 1)
        valkey.publish(CARD_FEED, "")  # look what you were not told of
        yield room
        valkey.hdel(keys.rooms, room)
        valkey.hdel(keys.cards, room)
        valkey.hincrby(keys.meta, "fed", 1)
        valkey.publish(CARD_FEED, "")


def press(person: Person, words: str) -> None:
    """Tab to what is called so, and press Enter: there is a way without a mouse."""
    target = person.page.get_by_role("button", name=words).or_(person.page.get_by_text(words, exact=True)).first
    target.focus()
    person.page.keyboard.press("Enter")


def test_an_operator_looks_into_rooms_and_closes_one(meet: Meet, fleet: Fleet, paused: str) -> None:
    ann, night = meet("Ann"), meet("Night", reduced_motion="reduce")
    ann.open("tictactoe")
    open_room = ann.page.url.rstrip("/").rpartition("/")[2]
    page, wrong = night.page, []
    night.expected.append(FORBIDDEN)

    page.goto(f"{night.site}/operator/rooms/{paused}/")
    page.get_by_label("Token of an operator").fill("hf_guess")
    press(night, "Sign in")
    page.get_by_text("This is no operator's token").wait_for()
    wrong += look(page, "operator-sign-in")
    page.get_by_label("Token of an operator").fill(token_of(fleet, "Night shift", "operate"))
    press(night, "Sign in")

    expect(page.locator(".operator-rooms li").first).to_contain_text(paused)
    expect(page.locator(".operator-rooms li").first).to_contain_text("Paused")
    wrong += look(page, "operator")
    page.locator(f"a[href='/operator/rooms/{paused}/']").press("Enter")
    expect(page.get_by_role("region", name="Traceback")).to_contain_text("RuntimeError: the ninth cell is not there")
    page.get_by_text("Close…").press("Enter")
    page.get_by_text(re.compile("^The game.s state$")).first.press("Enter")
    wrong += look(page, "operator-room")

    page.goto(f"{night.site}/operator/rooms/{open_room}/")
    expect(page.get_by_role("button", name="Resume the room")).to_have_count(0)
    page.get_by_text("Close…").press("Enter")
    page.get_by_label("Reason, told to its players").fill("We move house.")
    page.keyboard.press("Enter")
    page.get_by_text("The room is closed. Its players were told.").wait_for()
    ann.page.get_by_text("We move house. Open a new room").wait_for()
    expect(page.locator(".operator-rooms")).not_to_contain_text(open_room)
    press(night, "Sign out (Night shift)")
    page.get_by_label("Token of an operator").wait_for()
    assert wrong == []
