"""By the keyboard alone from the lobby to a played move; and with less motion where the system asks for that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.people import Meet

if TYPE_CHECKING:
    from playwright.sync_api import Page

LONG_S = 0.02
"""What lasts longer is a movement that one sees."""
MOVEMENTS = f"""() => [...document.querySelectorAll("*")].filter((element) => {{
  const style = getComputedStyle(element);
  const all = `${{style.transitionDuration}}, ${{style.animationName === "none" ? "0s" : style.animationDuration}}`;
  return all.split(", ").some((one) => parseFloat(one) * (one.endsWith("ms") ? 0.001 : 1) > {LONG_S});
}}).map((element) => element.outerHTML.slice(0, 100))"""


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is on what is called so, and shown to be there."""
    told: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "[document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim(),"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        told.append(focused[0])
        if focused[0] == wanted:
            assert focused[1] != "none", f"nothing shows that the focus is on {wanted}"
            return
    pytest.fail(f"Tab never came to {wanted!r}, but to {told}")


def test_from_the_lobby_to_a_played_move(meet: Meet) -> None:
    ann = meet("Ann")
    page = ann.page
    page.goto(ann.site)
    tab_to(page, "New room of Noughts and crosses")
    page.keyboard.press("Enter")
    page.wait_for_url("**/new/")
    tab_to(page, "Open the room")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rooms/*/")
    ann.arrived()
    tab_to(page, "Add a bot")
    page.keyboard.press("Enter")
    ann.until("view.whole.room.blocked === ''")
    page.keyboard.press("Home")
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.id") == "start":
            break
    page.keyboard.press("Enter")
    ann.until("view.whole.room.phase === 'playing'")
    expect(ann.status).to_have_text(re.compile("^Your turn"))
    expect(page.locator("#stage")).to_be_focused()  # the page draws once a frame: it may say whose turn it is before
    page.keyboard.press("Tab")
    free: int = ann.inside("view.whole.game.cells.lastIndexOf(-1)")  # the bot may have begun
    row, column = divmod(free, 3)
    for key in (*["ArrowRight"] * column, *["ArrowDown"] * row, "Enter"):
        page.keyboard.press(key)
    ann.until(f"view.whole.game.cells[{free}] === seat")
    mine = page.get_by_role("button", name=re.compile(f"^row {row + 1}, column {column + 1}, (cross|nought)$"))
    expect(mine).to_be_focused()


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_less_motion_where_it_is_asked_for(meet: Meet, motion: Any) -> None:
    ann = meet("Ann", reduced_motion=motion)
    moving: dict[str, list[str]] = {}
    for path in ("/", "/games/snake/new/", "/tokens/"):
        ann.page.goto(ann.site + path)
        moving[path] = ann.page.evaluate(MOVEMENTS)
    ann.open("arena", seats=1)
    ann.press("Start")
    ann.until("view.whole.room.phase === 'playing'")
    moving["room"] = ann.page.evaluate(MOVEMENTS)
    if motion == "reduce":
        assert not any(moving.values()), moving
    else:
        assert all(moving.values()), "this test would not see a movement"
