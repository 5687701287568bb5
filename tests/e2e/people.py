"""People at their browsers: what they see and do, through the page's own controls.

    ann, bob = meet("Ann"), meet("Bob", web=1)     # two windows of two guests, on two web processes
    ann.open("tictactoe", first="first")
    bob.come(ann.invite)
    begin(ann, bob)
    ann.page.get_by_role("button", name="row 1, column 1, empty").click()

What a page complains about in its console, or throws, fails the test that met the person (conftest.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lobby.identity import COOKIE, Guest, sign_guest
from rooms.core.ids import PlayerId
from rooms.core.inputs import Player
from tests.support.chromium import PATIENCE_MS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LOST = re.compile(r"WebSocket connection to .* failed|ERR_(CONNECTION|INTERNET|SOCKET|EMPTY)|status of 503")
"""What the browser itself writes into the console when a server goes away."""

KNOWN = "const { view, seat, state, unacked } = window.holdfast ?? {}"
"""What the page tells of itself (static/js/room/room.js)."""


class Person:
    """One guest with a window on one web process. `name` "": a stranger who has chosen no name."""

    def __init__(self, browser: Browser, site: str, name: str, **options: Any) -> None:
        self.name, self.site = name, site.rstrip("/")
        self.context = browser.new_context(**{**DESKTOP, **options})
        self.context.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.expected: list[re.Pattern[str]] = []
        if name:
            guest = Guest(Player(PlayerId(f"g-{name.lower()}-{id(self)}"), name), picked=True)
            self.context.add_cookies([{"name": COOKIE, "value": sign_guest(guest), "url": self.site}])
        self.page = self.new_page()

    def new_page(self) -> Page:
        """Another tab."""
        page = self.context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(f"{said.text} ({said.location.get('url')})")

    @property
    def unforgiven(self) -> list[str]:
        """The complaints that the test did not expect."""
        return [text for text in self.complaints if not any(pattern.search(text) for pattern in self.expected)]

    # -- ways in

    def open(self, game: str, *, seats: int | None = None, **chosen: Any) -> None:
        """Open a room of so many seats with the lobby's form; `chosen` are the game's options."""
        self.page.goto(f"{self.site}/games/{game}/new/")
        if seats is not None:
            self.page.locator("[name=size]").fill(str(seats))
        for name, value in chosen.items():
            field = self.page.locator(f"[name=option_{name}]")
            if isinstance(value, bool):
                field.set_checked(value)
            elif field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(str(value))
            else:
                field.fill(str(value))
        self.page.get_by_role("button", name="Open the room").click()
        self.page.wait_for_url("**/rooms/*/")
        self.arrived()

    def come(self, invite: str, query: str = "") -> None:
        """Follow an invite link, to the web process that this person's window is on."""
        self.page.goto(self.site + urlsplit(invite).path + query)
        self.arrived()

    def arrived(self) -> None:
        """Return when the page is connected."""
        self.page.locator("#pill-text").get_by_text(re.compile("^(Live|Slow)$")).wait_for()

    @property
    def invite(self) -> str:
        """The link that the page offers to be sent to a friend."""
        return self.page.get_by_label("Send this link to a friend").input_value()

    @property
    def room(self) -> str:
        """The room's id."""
        return urlsplit(self.page.url).path.rstrip("/").rpartition("/")[2]

    # -- what is done

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button of this name."""
        exact = isinstance(name, str)
        self.page.get_by_role("button", name=name, exact=exact).click()

    def add_bot(self, strength: str) -> None:
        """Put a bot into the next free seat, and wait until it is there."""
        self.page.get_by_label("Strength of the bot").select_option(strength)
        before = self.inside("view.whole.room.seats.filter((seat) => seat?.kind === 'bot').length")
        self.press("Add a bot")
        self.until(f"view.whole.room.seats.filter((seat) => seat?.kind === 'bot' && seat.here).length > {before}")

    def say(self, text: str) -> None:
        """Write into the chat."""
        self.page.get_by_label("Your message").fill(text)
        self.page.keyboard.press("Enter")

    # -- what is seen

    def inside(self, expression: str) -> Any:
        """What the page's client knows: a JavaScript expression over `view`, `seat`, `state` and `unacked`."""
        return self.page.evaluate(f"() => {{ {KNOWN}; return {expression}; }}")

    def until(self, expression: str, seconds: float = PATIENCE_MS / 1000) -> None:
        """Return when such an expression is true."""
        true = f"() => {{ {KNOWN}; return Boolean(view && ({expression})); }}"
        self.page.wait_for_function(true, timeout=seconds * 1000)

    def look_out(self, expression: str) -> Callable[[], None]:
        """Watch from now on for such an expression to become true, however briefly. Call the result to wait for it.

        For what passes by: `until` looks only from its own call on, and may come too late on a busy machine.
        """
        number = self.page.evaluate(
            f"""() => {{
                const seen = (window.__seen ??= []);
                const number = seen.push(false) - 1;
                const look = () => {{
                    {KNOWN};
                    seen[number] ||= Boolean(view && ({expression}));
                    if (!seen[number]) setTimeout(look, 10);
                }};
                look();
                return number;
            }}"""
        )

        def seen() -> None:
            self.page.wait_for_function(f"() => window.__seen[{number}]")

        return seen

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Return when this text is to be seen."""
        self.page.get_by_text(text).first.wait_for()

    @property
    def status(self) -> Locator:
        """The game's own word on whose turn it is."""
        return self.page.locator(".game-status")

    def result(self, seconds: float = PATIENCE_MS / 1000) -> tuple[str, list[str]]:
        """The headline of the result screen, once it is there, and its lines, best first."""
        card = self.page.get_by_role("region", name=re.compile("wins?|draw|share", re.IGNORECASE))
        card.wait_for(timeout=seconds * 1000)
        return card.get_by_role("heading").inner_text(), card.locator("#places > li").all_inner_texts()

    def close(self) -> None:
        """Close the window."""
        self.context.close()


Meet = Callable[..., Person]


def begin(host: Person, *others: Person) -> None:
    """Everybody gets ready, the host starts, and all see the match."""
    for person in others:
        person.press("I am ready")
    host.until("view.whole.room.blocked === ''")
    host.press("Start")
    for person in (host, *others):
        person.until("view.whole.room.phase === 'playing'")


def table(meet: Meet, game: str, seats: int | None = None, **options: object) -> tuple[Person, Person, Person]:
    """Ann has opened a room on one web process, Bob has come by her link on the other, Cleo watches."""
    ann, bob, cleo = meet("Ann", web=0), meet("Bob", web=1), meet("Cleo", web=1)
    ann.open(game, seats=seats, **options)
    bob.come(ann.invite)
    cleo.come(ann.invite, "?watch")
    ann.until("view.whole.room.spectators === 1")
    assert [person.inside("seat") for person in (ann, bob, cleo)] == [0, 1, None]
    return ann, bob, cleo
