"""Takes the pictures of the documentation from the running product: `make pictures`, or python -m tests.e2e.pictures.

Writes docs/pictures/{arena,lobby,room-phone}.png. Real processes, a real browser; bots play with Ann.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import tests.conftest as setup  # first: it sets up the environment and Django, as for any test

if TYPE_CHECKING:
    from tests.e2e.people import Person

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
MOST_BYTES = 200_000
MATCH_MS = 9000
"""So far into a match there is something to see."""


def main() -> None:
    """Take all of them; fails when one grows too large for a page that people load."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.people import DESKTOP, PHONE, Person
    from tests.support.chromium import FLAGS, chromium_path
    from tests.support.fleet import Fleet

    with Fleet(Path(setup.RUN_FOLDER) / "pictures") as fleet, sync_playwright() as driver:
        site = fleet.start(web=1, engines=1, bots=1).web[0].url("")
        browser = driver.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        names = iter(("Ann", "Bob", "Cleo", "Dora", "Emil"))

        def meet(**options: object) -> Person:
            return Person(browser, site, next(names), color_scheme="light", **options)

        arena(meet(**DESKTOP))
        lobby(meet(**DESKTOP), [meet(), meet()])
        room_on_a_phone(meet(**PHONE))
        browser.close()


def arena(ann: Person) -> None:
    """Ann among three bots."""
    ann.open("arena", seats=4, width=1600, height=1000)
    for strength in ("medium", "hard", "medium"):
        ann.add_bot(strength)
    ann.press("Start")
    ann.until("view.whole.room.phase === 'playing'")
    ann.page.keyboard.down("KeyW")
    ann.page.keyboard.down("KeyA")
    every = "view.whole.game.ships.every((ship) => ship[7] === 0)"
    ann.until(f"{every} && view.whole.game.shots.length > 2 && view.ms - view.whole.room.match_ms > {MATCH_MS}", 60)
    take(ann, "arena")
    ann.close()


def lobby(ann: Person, others: list[Person]) -> None:
    """The lobby while others wait and play."""
    waiting, playing = others
    waiting.open("snake", seats=4)
    playing.open("battleship")
    playing.add_bot("easy")
    playing.press("Start")
    ann.page.goto(ann.site)
    ann.page.get_by_text("Playing").first.wait_for()
    ann.page.wait_for_function("() => document.querySelectorAll('.picture-place').length === 5")
    take(ann, "lobby")
    for person in (*others, ann):
        person.close()


def room_on_a_phone(emil: Person) -> None:
    """A snake match on a small screen."""
    emil.open("snake", seats=4)
    for _ in range(3):
        emil.add_bot("medium")
    emil.press("Start")
    emil.until("view.whole.game?.phase === 'running' && view.whole.game.count < 1185", 60)
    take(emil, "room-phone")
    emil.close()


def take(person: Person, name: str) -> None:
    """Write one picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.png"
    person.page.screenshot(path=path)
    size = path.stat().st_size
    assert size < MOST_BYTES, f"{path} has {size} bytes; {MOST_BYTES} are the most"
    print(f"{path.relative_to(FOLDER.parents[1])}: {size} bytes")


if __name__ == "__main__":
    main()
