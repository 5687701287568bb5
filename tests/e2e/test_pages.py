"""Every page, light and dark, on a desktop and on a phone: looked at, checked by axe, silent in its console.

The pictures are in var/pictures. The lobby's pages are tried in tests/lobby/test_pages.py, the room's words and
states in tests/js/room; here all of them stand on real processes.
"""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.looking import look, sized
from tests.e2e.people import Meet, Person, begin

GAMES = ("tictactoe", "battleship", "snake", "arena", "arena_large")
STATUS = re.compile("responded with a status of 4(03|04|22)")
"""The browser itself notes each such answer."""


def calm(meet: Meet, name: str) -> Person:
    """Somebody whose page moves as little as it may."""
    person = meet(name, reduced_motion="reduce")
    person.expected.append(STATUS)
    return person


def test_pages_before_a_room(meet: Meet) -> None:
    ann = calm(meet, "Ann")
    wrong: list[str] = []

    def see(name: str, path: str = "", ready: str = "main") -> None:
        if path:
            ann.page.goto(ann.site + path)
        ann.page.locator(ready).first.wait_for()
        wrong.extend(look(ann.page, name))

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


def test_the_lobby_with_rooms(meet: Meet) -> None:
    open_rooms(meet)
    ann = calm(meet, "")
    ann.page.goto(ann.site)
    ann.page.locator("[data-room]").nth(2).wait_for()
    expect(ann.page.locator(".picture-place")).to_have_count(len(GAMES))
    assert look(ann.page, "lobby") == []


def test_a_room_from_waiting_to_its_end(meet: Meet) -> None:
    ann, bob, cleo = calm(meet, "Ann"), meet("Bob"), calm(meet, "Cleo")
    ann.open("tictactoe", first="first")
    wrong = look(ann.page, "room-waiting")
    bob.come(ann.invite)
    bob.say("Hello, Ann! Nice to meet you here.")
    cleo.come(ann.invite)  # every seat is taken
    ann.until("view.whole.room.spectators === 1")
    cleo.sees("Every seat is taken.")
    wrong += look(ann.page, "room-chat", ["desktop"]) + look(cleo.page, "room-full")
    with sized(ann.page, "phone"):
        ann.page.get_by_role("button", name=re.compile("^Chat")).click()
        ann.sees("Nice to meet you here.")
        wrong += look(ann.page, "room-chat", ["phone"])
    begin(ann, bob)
    for number, square in enumerate(("1, column 1", "2, column 2", "1, column 2", "3, column 1")):
        person = (ann, bob)[number % 2]
        expect(person.status).to_have_text(re.compile("^Your turn"))
        person.page.get_by_role("button", name=f"row {square}, empty").click()
    expect(ann.status).to_have_text(re.compile("^Your turn"))
    wrong += look(ann.page, "room-tictactoe")
    ann.page.get_by_role("button", name="row 1, column 3, empty").click()
    ann.result()
    cleo.result()
    wrong += look(ann.page, "room-result") + look(cleo.page, "room-watching")
    second = ann.new_page()
    second.goto(ann.page.url)
    expect(ann.page.get_by_role("heading", name="Open in another tab")).to_be_visible()
    wrong += look(ann.page, "room-replaced")
    assert wrong == []


def test_the_other_games_while_they_are_played(meet: Meet) -> None:
    ann = calm(meet, "Ann")
    wrong: list[str] = []
    for game, seats in (("battleship", None), ("snake", 4), ("arena", 4)):
        ann.open(game, seats=seats)
        for strength in ["medium"] * ((seats or 2) - 1):
            ann.add_bot(strength)
        ann.press("Start")
        ann.until("view.whole.room.phase === 'playing'")
        if game == "battleship":
            wrong += battle(ann)
        else:
            ann.until("view.ms - view.whole.room.match_ms > 4000")
            wrong += look(ann.page, f"room-{game}", ["desktop"]) + look_on_phone(ann, f"room-{game}")
    assert wrong == []


def look_on_phone(ann: Person, name: str) -> list[str]:
    """Loaded on a phone, so that the game offers what a finger needs."""
    with sized(ann.page, "phone"):
        ann.page.reload()
        ann.arrived()
        ann.until("view.whole.room.phase === 'playing'")
        return held_by_the_chat(ann, name) + look(ann.page, name, ["phone"])


def held_by_the_chat(ann: Person, name: str) -> list[str]:
    """Opens the sheet with the chat: what one writes in stands inside it, and not over the buttons below."""
    ann.page.get_by_role("button", name=re.compile("^Chat")).click()
    form, panel = (ann.page.locator(part).bounding_box() for part in ("#say", "#chat-panel"))
    ann.page.get_by_role("button", name="Close the chat").click()
    assert form is not None
    assert panel is not None
    over = form["y"] + form["height"] - panel["y"] - panel["height"]
    return [f"{name}: what one writes in hangs out of the chat by {over}px"] if over > 0 else []


def battle(ann: Person) -> list[str]:
    """The two screens of battleship: placing, and after some shots firing."""
    ann.press("Random")
    wrong = look(ann.page, "room-battleship-placing")
    ann.press("Ready")
    for square in ("A1", "C3", "E5"):
        expect(ann.status).to_have_text(re.compile("^Your turn"))
        sea = ann.page.get_by_role("grid", name=re.compile("^The sea of"))
        sea.get_by_role("button", name=f"{square}, water").click()
    ann.until("view.whole.game.boards.every((board) => board.shots.length > 1)")
    return wrong + look(ann.page, "room-battleship")
