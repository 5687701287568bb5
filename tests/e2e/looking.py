"""Looks at a page in both themes: keeps a picture of each, and finds what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES = Path(__file__).resolve().parents[2] / "var" / "pictures"
"""Not kept in the repository: for people to look at."""
THEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
NOT_OURS = {"exclude": [["#swagger-ui"]]}
"""The API's viewer is another project's markup."""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look(page: Page, name: str, size: str) -> list[str]:
    """What is wrong with the page as it is now, in either theme. Leaves it in the light one."""
    wrong: list[str] = []
    page.evaluate("window.scrollTo(0, 0)")
    whole = page.locator("body.in-room").count() == 0  # a room is what its window shows
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}-{theme}-{size}.png", full_page=whole)
        if size == "phone" and theme == "light":
            continue  # colours do not depend on the size: judged on the desktop
        wrong += [f"{name} in {theme} on a {size}: {fault}" for fault in faults(page)]
    return wrong


def faults(page: Page) -> list[str]:
    """What axe finds, and whether one must scroll sideways."""
    context: Any = NOT_OURS if page.locator("#swagger-ui").count() else None
    found = Axe().run(page, context=context, options={**RULES, "resultTypes": ["violations"]}).response["violations"]
    told = [f"{one['id']}: {node['html'][:120]} ({node['failureSummary']})" for one in found for node in one["nodes"]]
    over = page.evaluate(SIDEWAYS)
    return [*told, f"scrolls sideways by {over}px"] if over > 0 else told
