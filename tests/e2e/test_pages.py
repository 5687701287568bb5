"""Every page, light and dark, on a desktop and on a phone: looked at, checked by axe, silent in its console.

The pictures are in var/pictures. The lobby's pages are tried in tests/lobby/test_pages.py, the room's words and
states in tests/js/room; here all of them stand on real processes.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.looking import look
from tests.e2e.people import DESKTOP, PHONE, Meet, Person, begin

SIZES = {"desktop": DESKTOP, "phone": PHONE}
GAMES = ("tictactoe", "battleship", "snake", "arena")
STATUS = re.compile("responded with a status of 4(03|04|22)")
"""The browser itself notes each such answer."""


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> str:
    """Of the window."""
    return str(request.param)


def calm(meet: Meet, name: str, size: str, **more: Any) -> Person:
    """Somebody whose page moves as little as it may."""
    person = meet(name, reduced_motion="reduce", **{**SIZES[size], **more})
    person.expected.append(STATUS)
    return person


def test_pages_before_a_room(meet: Meet, size: str) -> None:
    ann = calm(meet, "Ann", size)
    wrong: list[str] = []

    def see(name: str, path: str = "", ready: str = "main") -> None:
        if path:
            ann.page.goto(ann.site + path)
        ann.page.locator(ready).first.wait_for()
        wrong.extend(look(ann.page, name, size))

    see("missing", "/nowhere/")
    see("gone", f"/rooms/{'n' * 22}/")
    see("refused", "/games/chess/new/")
    for game in GAMES:
        see(f"create-{game}", f"/games/{game}/new/", ".picture-place")
    ann.page.get_by_label("Score to win").fill("0")
    ann.press("Open the room")
    see("create-wrong", ready=".notice.is-bad")
    see("name", "/name/")
    see("tokens", "/tokens/")
    ann.page.get_by_label("Name", exact=True).fill("Robo")
    ann.press("Make a token")
    see("tokens-made", ready="#made-token")
    see("api", "/api/v1/docs", "#swagger-ui .opblock")
    see("lobby-empty", "/?game=chess", ".picture-place")
    ann.page.goto(ann.site)
    ann.context.clear_cookies(name="csrftoken")
    ann.press("Play Snake")
    see("csrf", ready="h1")
    assert wrong == []


def open_rooms(meet: Meet) -> list[Person]:
    """Some rooms for the lobby's list, with people in them."""
    people = []
    for game, name in (("snake", "Dora"), ("arena", "Emil"), ("battleship", "A name of 24 letters ok")):
        people.append(meet(name))
        people[-1].open(game)
    return people


def test_the_lobby_with_rooms(meet: Meet, size: str) -> None:
    open_rooms(meet)
    ann = calm(meet, "", size)
    ann.page.goto(ann.site)
    ann.page.locator("[data-room]").nth(2).wait_for()
    expect(ann.page.locator(".picture-place")).to_have_count(len(GAMES))
    assert look(ann.page, "lobby", size) == []


def test_a_room_from_waiting_to_its_end(meet: Meet, size: str) -> None:
    ann, bob, cleo = calm(meet, "Ann", size), meet("Bob"), calm(meet, "Cleo", size)
    ann.open("tictactoe", first="first")
    wrong = look(ann.page, "room-waiting", size)
    bob.come(ann.invite)
    bob.say("Hello, Ann! Nice to meet you here.")
    cleo.come(ann.invite)  # every seat is taken
    ann.until("view.whole.room.spectators === 1")
    if size == "phone":
        ann.page.get_by_role("button", name=re.compile("^Chat")).tap()
        ann.sees("Nice to meet you here.")
    cleo.sees("Every seat is taken.")
    wrong += look(ann.page, "room-chat", size) + look(cleo.page, "room-full", size)
    begin(ann, bob)
    for number, square in enumerate(("1, column 1", "2, column 2", "1, column 2", "3, column 1")):
        person = (ann, bob)[number % 2]
        expect(person.status).to_have_text(re.compile("^Your turn"))
        person.page.get_by_role("button", name=f"row {square}, empty").click()
    expect(ann.status).to_have_text(re.compile("^Your turn"))
    wrong += look(ann.page, "room-tictactoe", size)
    ann.page.get_by_role("button", name="row 1, column 3, empty").click()
    ann.result()
    cleo.result()
    wrong += look(ann.page, "room-result", size) + look(cleo.page, "room-watching", size)
    second = ann.new_page()
    second.goto(ann.page.url)
    expect(ann.page.get_by_role("heading", name="Open in another tab")).to_be_visible()
    wrong += look(ann.page, "room-replaced", size)
    assert wrong == []


def test_the_other_games_while_they_are_played(meet: Meet, size: str) -> None:
    ann = calm(meet, "Ann", size)
    wrong: list[str] = []
    for game, seats in (("battleship", None), ("snake", 4), ("arena", 4)):
        ann.open(game, seats=seats)
        for strength in ["medium"] * ((seats or 2) - 1):
            ann.add_bot(strength)
        ann.press("Start")
        ann.until("view.whole.room.phase === 'playing'")
        if game == "battleship":
            wrong += battle(ann, size)
        else:
            ann.until("view.ms - view.whole.room.match_ms > 4000")
            wrong += look(ann.page, f"room-{game}", size)
    assert wrong == []


def battle(ann: Person, size: str) -> list[str]:
    """The two screens of battleship: placing, and after some shots firing."""
    ann.press("Random")
    wrong = look(ann.page, "room-battleship-placing", size)
    ann.press("Ready")
    for square in ("A1", "C3", "E5"):
        expect(ann.status).to_have_text(re.compile("^Your turn"))
        sea = ann.page.get_by_role("grid", name=re.compile("^The sea of"))
        sea.get_by_role("button", name=f"{square}, water").click()
    ann.until("view.whole.game.boards.every((board) => board.shots.length > 1)")
    return wrong + look(ann.page, "room-battleship", size)
