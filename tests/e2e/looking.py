"""Looks at a page at both sizes in both themes: keeps a picture of each, and finds what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.support.axe import violations

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

PICTURES = Path(__file__).resolve().parents[2] / "var" / "pictures"
"""Not kept in the repository: for people to look at."""
Size = Literal["desktop", "phone"]
WINDOWS: dict[Size, ViewportSize] = {
    "desktop": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
}
THEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
NOT_OURS = "#swagger-ui"
"""The API's viewer is another project's markup."""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look(page: Page, name: str, sizes: Sequence[Size] = ("desktop", "phone")) -> list[str]:
    """What is wrong with the page as it is now, at each size, in either theme. Leaves it light and on the desktop."""
    wrong: list[str] = []
    for size in sizes:
        with sized(page, size):
            wrong += _look(page, name, size)
    return wrong


@contextmanager
def sized(page: Page, size: Size) -> Iterator[None]:
    """The same page in another window: a phone's is narrow, has a finger and no mouse. Then the desktop's again.

    What a page asks only once, when it is loaded, it must be loaded for again.
    """
    page.bring_to_front()  # a tab that is hidden is not laid out anew
    page.set_viewport_size(WINDOWS[size])
    chromium = page.context.new_cdp_session(page)  # what it sets holds until it is detached
    if size == "phone":
        chromium.send("Emulation.setDeviceMetricsOverride", {**WINDOWS[size], "deviceScaleFactor": 1, "mobile": True})
        chromium.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5})
    page.wait_for_function("width => innerWidth === width", arg=WINDOWS[size]["width"])
    yield
    chromium.detach()
    page.set_viewport_size(WINDOWS["desktop"])


def _look(page: Page, name: str, size: Size) -> list[str]:
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
    told = violations(page, RULES, exclude=NOT_OURS if page.locator(NOT_OURS).count() else None)
    over = page.evaluate(SIDEWAYS)
    return [*told, f"scrolls sideways by {over}px"] if over > 0 else told
