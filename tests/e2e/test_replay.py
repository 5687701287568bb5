"""A match that was just played, watched again: from the room's result to a tick in a link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.e2e.people import PHONE, Meet, Person, begin
from tests.support.axe import violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

SQUARES = [f"row {row}, column {column}" for row in (1, 2, 3) for column in (1, 2, 3)]
MOVES = (0, 4, 1, 3, 2)
"""Crosses take the upper row; the first is Ann's."""


def played(meet: Meet) -> tuple[Person, Person]:
    """Ann has won against Bob."""
    ann, bob = meet("Ann", web=0), meet("Bob", web=1)
    ann.open("tictactoe", first="first")
    bob.come(ann.invite)
    begin(ann, bob)
    for turn, square in enumerate(MOVES):
        person = (ann, bob)[turn % 2]
        expect(person.status).to_have_text(re.compile("^Your turn"))
        person.page.get_by_role("button", name=f"{SQUARES[square]}, empty").click()
    assert ann.result()[0] == "You win"
    return ann, bob


def shows(page: Page, tick: int) -> None:
    """Return when the position after so many moves is drawn."""
    page.wait_for_function("tick => window.replay?.drawn === tick", arg=tick)
    cells = page.get_by_role("grid", name="Board").get_by_role("button")
    labels: list[str] = cells.evaluate_all("cells => cells.map((cell) => cell.ariaLabel)")
    marks = {square: ("cross", "nought")[turn % 2] for turn, square in enumerate(MOVES[:tick])}
    assert [label.rpartition(", ")[2] for label in labels] == [marks.get(square, "empty") for square in range(9)]


def state(page: Page, expression: str) -> Any:
    """What the player knows of itself (static/js/replay/replay.js)."""
    return page.evaluate(f"window.replay.{expression}")


def test_a_match_is_watched_again_from_its_room(meet: Meet) -> None:
    ann, bob = played(meet)
    with ann.context.expect_page() as opened:
        ann.page.get_by_role("link", name=re.compile("^Watch the replay")).click()
    page = opened.value
    page.wait_for_url("**/matches/*/")
    shows(page, 0)
    assert page.get_by_role("heading", level=1).inner_text() == "Noughts and crosses: Ann won"

    plays_to_its_end(page)
    scrubs(page)
    a_link_leads_to_the_tick(page, bob, meet)


def plays_to_its_end(page: Page) -> None:
    page.get_by_label("Speed").select_option("8")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => window.replay.drawn === 5 && !window.replay.playing")
    shows(page, 5)
    assert state(page, "view.room.outcome.reason") == "Three in a row."
    expect(page.get_by_role("button", name="Play again")).to_be_visible()


def scrubs(page: Page) -> None:
    bar = page.get_by_role("slider", name="Position")
    bar.focus()
    page.keyboard.press("Home")
    shows(page, 0)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    shows(page, 2)
    assert bar.get_attribute("aria-valuetext") == "move 2 of 5"
    page.keyboard.press(".")
    shows(page, 3)
    page.keyboard.press(",")
    shows(page, 2)
    box = bar.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2)
    shows(page, 5)
    page.keyboard.press("j")
    shows(page, 4)


def a_link_leads_to_the_tick(page: Page, bob: Person, meet: Meet) -> None:
    """To somebody else, on another web process, on a phone."""
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_url("**/?tick=4")
    cleo = meet("Cleo", web=1, color_scheme="dark", **PHONE)
    cleo.page.goto(bob.site + page.url.removeprefix(page.evaluate("location.origin")))
    shows(cleo.page, 4)
    assert cleo.page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
    for one in (page, cleo.page):
        assert violations(one) == []
    cleo.page.goto(bob.site)
    link = cleo.page.get_by_role("link", name="Noughts and crosses: Ann won").first
    assert link.get_attribute("href") == re.sub(r".*(/matches/\d+/).*", r"\1", page.url)
