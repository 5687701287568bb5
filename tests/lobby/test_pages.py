"""What the lobby's pages do in a real browser: the keyboard, the live list, themes, targets, no console errors.

How they look in both themes and sizes, and what axe finds: tests/e2e/test_pages.py.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fleet import Fleet

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
TOO_SMALL = """(least) =>
  [...document.querySelectorAll("a, button, input:not([type=hidden], [type=checkbox]), select, .check")]
    .filter((it) => it.offsetParent && !it.closest("p.muted, .lead, .notice"))
    .filter((it) => it.getBoundingClientRect().height < least)
    .map((it) => it.outerHTML.slice(0, 120))"""
"""What is too low to be hit; links within a sentence are as high as the sentence."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """One of each process, for the whole module."""
    import tempfile

    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))) as running:
        yield running.start()


class Visit:
    """A browser's window on the fleet, and what its console said."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    def go(self, path: str) -> Page:
        """Open a page and wait until its scripts have done their first work."""
        self.page.goto(self.site + path)
        for marks in ("[data-picture] .picture-letter", "#swagger-ui:empty", "#swagger-ui .loading"):
            self.page.wait_for_function("marks => !document.querySelector(marks)", arg=marks)
        return self.page


@contextmanager
def visit(browser: Browser, fleet: Fleet, size: str = "desktop", **options: Any) -> Iterator[Visit]:
    """A window of a new guest; its console must have been silent at the end."""
    width, height = SIZES[size]
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=size == "phone", is_mobile=size == "phone", **options
    )
    seen = Visit(context.new_page(), fleet.web[0].url("").rstrip("/"))
    yield seen
    context.close()
    assert seen.complaints == []


@pytest.mark.parametrize("size", SIZES)
def test_targets_are_large_enough(browser: Browser, fleet: Fleet, size: str) -> None:
    least = 44 if size == "phone" else 24
    with visit(browser, fleet, size) as seen:
        for path in ("/", "/games/arena/new/", "/tokens/"):
            page = seen.go(path)
            small = page.evaluate(TOO_SMALL, least)
            assert small == [], path


def test_the_theme_is_chosen_kept_and_there_before_the_first_paint(browser: Browser, fleet: Fleet) -> None:
    with visit(browser, fleet, color_scheme="light") as seen:
        page = seen.go("/")
        toggle = page.get_by_role("button", name="Theme: system. Change to light.")
        toggle.click()
        page.get_by_role("button", name="Theme: light. Change to dark.").click()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.add_init_script(
            "new MutationObserver((_, own) => { if (document.body) {"
            "window.atBody = document.documentElement.dataset.theme; own.disconnect(); } })"
            ".observe(document, {childList: true, subtree: true})"
        )
        seen.go("/tokens/")
        assert page.evaluate("window.atBody") == "dark"
        background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert background == "rgb(11, 20, 19)"


def test_the_list_lives_without_a_reload(browser: Browser, fleet: Fleet) -> None:
    with visit(browser, fleet) as seen, visit(browser, fleet) as other:
        page = seen.go("/")
        page.get_by_text("Live", exact=True).wait_for()
        elsewhere = other.go("/games/snake/new/")
        elsewhere.get_by_role("button", name="Open the room").click()
        elsewhere.wait_for_url("**/rooms/*/")
        room = elsewhere.url.rstrip("/").rpartition("/")[2]
        line = page.locator(f"[data-room='{room}']")
        line.wait_for()
        assert "Snake" in line.inner_text()
        page.get_by_label("Game", exact=True).select_option("arena")
        assert line.is_hidden()
        assert "game=arena" in page.url
        page.get_by_role("link", name="Show all rooms").click()
        assert line.is_visible()
        page.locator("#filter-game:focus").wait_for()
        line.get_by_role("link").click()
        page.wait_for_url(f"**/rooms/{room}/")


def test_the_page_says_when_the_list_may_be_old(browser: Browser, fleet: Fleet) -> None:
    with visit(browser, fleet) as seen:
        page = seen.go("/")
        page.get_by_text("Live", exact=True).wait_for()
        fleet.valkey.pause()
        try:
            page.get_by_text("May be out of date").wait_for(timeout=20_000)
        finally:
            fleet.valkey.resume()
        page.get_by_text("Live", exact=True).wait_for(timeout=20_000)


def test_a_name_and_a_wrong_link_are_answered_in_place(browser: Browser, fleet: Fleet) -> None:
    with visit(browser, fleet) as seen:
        page = seen.go("/")
        page.get_by_label("You play as").fill("  ")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Write a name of at least one letter.").wait_for()
        page.wait_for_function("() => document.activeElement.id === 'id_name'")
        page.get_by_label("You play as").fill("Ada <i>L</i>")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Everybody sees you as Ada <i>L</i>.").first.wait_for()
        page.get_by_role("link", name="Playing as Ada <i>L</i>. Change the name.").wait_for()
        page.locator("#who-save:focus").wait_for()
        page.get_by_label("Got a link?").fill("hello")
        page.keyboard.press("Enter")
        page.get_by_text("That is no link to a room.").wait_for()
        assert page.url == seen.site + "/"


def test_one_press_of_play_leads_into_a_room(browser: Browser, fleet: Fleet) -> None:
    with visit(browser, fleet) as seen:
        page = seen.go("/")
        page.get_by_role("button", name="Play Noughts and crosses").dblclick()
        page.wait_for_url("**/rooms/*/")
        assert json.loads(page.inner_text("#room-config"))["game"]["slug"] == "tictactoe"


def test_everything_is_reached_by_the_keyboard_alone(browser: Browser, fleet: Fleet) -> None:
    with visit(browser, fleet) as seen:
        page = seen.go("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        reached: list[str] = []
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("(document.activeElement.textContent || document.activeElement.name).trim()"))
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", reached[-1]
            if reached[-1] == "Play Snake":
                break
        assert "name" in reached
        page.keyboard.press("Enter")
        page.wait_for_url("**/rooms/*/")


def test_a_token_is_copied_and_a_reload_makes_no_second_one(browser: Browser, fleet: Fleet) -> None:
    with visit(browser, fleet, permissions=["clipboard-read", "clipboard-write"]) as seen:
        page = seen.go("/tokens/")
        page.get_by_label("Name", exact=True).fill("Robo")
        page.get_by_role("button", name="Make a token").click()
        text = page.get_by_label("Your new token").get_by_role("textbox").input_value()
        assert re.fullmatch(r"hf_[\w-]{43}", text)
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == text
        page.reload()
        assert text not in page.content()
        assert page.get_by_role("button", name="Revoke Robo").count() == 1
        page.get_by_role("button", name="Revoke Robo").click()
        page.get_by_text("The token is revoked.").wait_for()


def test_a_token_cannot_be_copied_before_there_is_something_to_copy_it(browser: Browser, fleet: Fleet) -> None:
    """A press that came before the page's script would be lost, and nobody would know."""
    with visit(browser, fleet) as seen:
        page = seen.go("/tokens/")
        page.get_by_label("Name", exact=True).fill("Robo")
        page.route("**/tokens*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
        page.get_by_role("button", name="Make a token").click()
        copy = page.get_by_role("button", name="Copy")
        copy.wait_for()
        assert copy.is_disabled()


def test_the_api_can_be_tried_on_its_page(browser: Browser, fleet: Fleet) -> None:
    with visit(browser, fleet) as seen:
        page = seen.go("/tokens/")
        page.get_by_label("Name", exact=True).fill("Robo")
        page.get_by_role("button", name="Make a token").click()
        text = page.get_by_label("Your new token").get_by_role("textbox").input_value()
        seen.go("/api/v1/docs")
        page.get_by_role("button", name="Authorize").click()
        page.get_by_role("textbox").fill(text)
        page.get_by_role("button", name="Apply credentials").click()
        page.get_by_role("button", name="Close", exact=True).last.click()
        page.locator("#operations-games-lobby_api_calls_games .opblock-summary-control").click()
        page.get_by_role("button", name="Execute").click()
        page.get_by_text('"slug": "arena"').first.wait_for()


def test_it_works_without_javascript(browser: Browser, fleet: Fleet) -> None:
    with visit(browser, fleet, java_script_enabled=False) as seen:
        page = seen.page
        page.goto(seen.site + "/?game=snake")
        assert page.get_by_role("button", name="Filter").is_visible()
        assert page.get_by_role("button", name="Theme").is_hidden()
        page.get_by_label("You play as").fill("Nora")
        page.get_by_role("button", name="Save").click()
        assert "Everybody sees you by this name." in page.content()
        page.get_by_label("Got a link?").fill("hello")
        page.get_by_role("button", name="Join").click()
        assert "That is no link to a room." in page.content()
        page.get_by_role("button", name="Play Noughts and crosses").click()
        assert re.search(r"/rooms/[\w-]{22}/$", page.url)
        seen.complaints = [text for text in seen.complaints if "422" not in text]  # the answer to "hello"
