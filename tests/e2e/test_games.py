"""Each game from the invite link to its result screen: two browsers play by hand, a third watches, bots fill seats."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import expect

from tests.e2e.people import Meet, Person, begin, table

SQUARES = [f"row {row}, column {column}" for row in (1, 2, 3) for column in (1, 2, 3)]


# -- noughts and crosses


def mark(person: Person, square: int) -> None:
    """With the pointer, when it is one's turn."""
    expect(person.status).to_have_text(re.compile("^Your turn"))
    person.page.get_by_role("button", name=f"{SQUARES[square]}, empty").click()


def mark_by_keys(person: Person, square: int) -> None:
    """With the arrow keys and Enter."""
    expect(person.status).to_have_text(re.compile("^Your turn"))
    board = person.page.get_by_role("grid", name="Board")
    board.locator("button[tabindex='0']").focus()
    to_the_corner = ["ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowUp"]
    for key in (*to_the_corner, *["ArrowRight"] * (square % 3), *["ArrowDown"] * (square // 3)):
        person.page.keyboard.press(key)
    person.page.keyboard.press("Enter")


def board_of(person: Person) -> list[str]:
    """What each square is said to hold."""
    cells = person.page.get_by_role("grid", name="Board").get_by_role("button")
    labels = cells.evaluate_all("cells => cells.map((cell) => cell.getAttribute('aria-label'))")
    return [label.rpartition(", ")[2] for label in labels]


def test_noughts_and_crosses_with_talk_and_rematch(meet: Meet) -> None:
    ann, bob, cleo = table(meet, "tictactoe", first="first")
    begin(ann, bob)
    expect(cleo.status).to_have_text("Ann (crosses) to move.")
    for cross, nought in ((0, 4), (1, 3)):
        mark(ann, cross)
        mark_by_keys(bob, nought)
    expect(ann.status).to_have_text(re.compile("^Your turn"))
    for person in (bob, cleo):
        assert board_of(person) == ["cross", "cross", "empty", "nought", "nought", *["empty"] * 4]
    assert cleo.page.get_by_role("grid", name="Board").locator("button:not([aria-disabled=true])").count() == 0

    talk(ann, bob, cleo)

    mark(ann, 2)
    assert ann.result()[0] == "You win"
    assert bob.result()[0] == "Ann wins this one"
    headline, places = cleo.result()
    assert headline == "Ann wins"
    assert [re.sub(r"\s+", " ", place) for place in places] == ["1. 1 Ann 1", "2. 2 Bob 0"]

    ann.press("Rematch")
    bob.sees("1 of 2 want a rematch; waiting for Bob.")
    bob.press("Rematch")
    for person in (ann, bob, cleo):
        person.until("view.whole.room.match === 2 && view.whole.room.phase === 'playing'")
    mark_by_keys(ann, 8)
    expect(cleo.page.get_by_role("button", name=f"{SQUARES[8]}, cross")).to_be_visible()


def talk(ann: Person, bob: Person, cleo: Person) -> None:
    """Chat and emotes reach the other screens; who watches has no emotes to send."""
    ann.say("Good luck, Bob!")
    for person in (bob, cleo):
        expect(person.page.get_by_role("log").get_by_text("Good luck, Bob!")).to_be_visible()
        assert "Ann" in person.page.get_by_role("log").inner_text()
    cleo.say("I bet on Bob")
    expect(ann.page.get_by_role("log").get_by_text("I bet on Bob")).to_be_visible()
    bob.press(re.compile("^Nice"))
    for person in (ann, bob, cleo):
        expect(person.page.get_by_role("listitem").filter(has_text="Bob").locator(".bubble")).to_have_text("Nice!")
    assert cleo.page.get_by_role("button", name=re.compile("^Nice")).count() == 0


# -- battleship


def squares_with(sea: str, person: Person, words: str) -> Iterator[str]:
    """The names of the squares of a sea that are said to hold something that matches."""
    labels = (
        person.page.get_by_role("grid", name=sea, exact=True)
        .get_by_role("button")
        .evaluate_all("cells => cells.map((cell) => cell.ariaLabel)")
    )
    return (name for name, _, what in (label.partition(", ") for label in labels) if re.search(words, what))


def fire(person: Person, sea: str, square: str) -> None:
    """At a square of the other sea, when it is one's turn."""
    expect(person.status).to_have_text(re.compile("^Your turn"))
    person.page.get_by_role("grid", name=sea, exact=True).get_by_role("button", name=f"{square}, water").click()


def test_battleship_keeps_its_secrets_until_the_end(meet: Meet) -> None:
    ann, bob, cleo = table(meet, "battleship", size=8)
    begin(ann, bob)
    expect(cleo.status).to_have_text("Both are placing their fleets in secret.")
    for person in (ann, bob):
        person.press("Random")
        person.press("Ready")
    for person in (ann, bob, cleo):
        person.until("view.whole.game.stage === 'firing'")

    # Each finds the ships of the other because the test tells; both fire as often, and Bob at nothing.
    fleets = {who.name: list(squares_with("Your sea", who, "boat|cruiser|battleship")) for who in (ann, bob)}
    assert {name: len(squares) for name, squares in fleets.items()} == {"Ann": 12, "Bob": 12}
    nobody_sees_more_than_they_may(ann, bob, cleo)
    water = iter(squares_with("Your sea", ann, "^water$"))
    if ann.inside("view.whole.game.turn") == 1:
        fire(bob, "The sea of Ann", next(water))
    *first, last = fleets["Bob"]
    for square in first:
        fire(ann, "The sea of Bob", square)
        fire(bob, "The sea of Ann", next(water))
    nobody_sees_more_than_they_may(ann, bob, cleo)
    fire(ann, "The sea of Bob", last)
    assert ann.result()[0] == "You win"
    assert bob.result()[0] == "Ann wins this one"
    cleo.until("view.whole.game.boards.every((board) => board.fleet)")
    assert list(squares_with("The sea of Ann", cleo, "boat|cruiser|battleship")) == fleets["Ann"]


def nobody_sees_more_than_they_may(ann: Person, bob: Person, cleo: Person) -> None:
    """One's own fleet and no other: in what the page has, and in what it shows."""
    fleets = "view.whole.game.boards.map((board) => board.fleet !== null)"
    assert [person.inside(fleets) for person in (ann, bob, cleo)] == [[True, False], [False, True], [False, False]]
    assert [person.page.locator(".ship:not(.is-sunk)").count() for person in (ann, cleo)] == [4, 0]


# -- snake


def test_snake_with_a_bot_in_the_third_seat(meet: Meet) -> None:
    ann, bob, cleo = table(meet, "snake", seats=3, rounds=1, width=24, height=24, walls=True)
    ann.add_bot("hard")
    begin(ann, bob)
    expect(ann.page.locator("#stage")).to_be_focused()
    heading = ann.inside("view.whole.game.snakes[0].dir")
    turned = ann.look_out("view.whole.game.snakes[0].dir === 'up' || !view.whole.game.snakes[0].alive")
    shown = cleo.look_out("view.whole.game.snakes.some((snake) => snake.alive && ['up', 'down'].includes(snake.dir))")
    ann.page.keyboard.press("ArrowUp")
    bob.page.keyboard.press("KeyS")
    turned()
    assert heading in ("left", "right")
    shown()
    for person in (ann, bob, cleo):
        headline, places = person.result(60)
        assert "win" in headline or headline == "A draw"
        assert len(places) == 3
