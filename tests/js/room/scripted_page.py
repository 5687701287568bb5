"""The room page in a real browser with a scripted server: the test plays the room, word by word.

No process of ours runs: the template is rendered here, files come from the checkout, and the WebSocket ends in the
test (its text form, `?wire=json`, so that what was said reads well).
"""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.template.loader import render_to_string
from django.test import RequestFactory

from lobby.gallery import shown
from rooms.core.facts import Card
from rooms.core.ids import RoomId
from rooms.games.registry import get_rules

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Route, WebSocketRoute

TOP = Path(__file__).resolve().parents[3]
ROOM = "k3x9"
ADDRESS = f"http://localhost/rooms/{ROOM}/"
POLICY = "default-src 'self'; img-src 'self' data:; connect-src 'self' ws://localhost; frame-ancestors 'none'"
"""As strict as the server's: what it forbids must fail here too."""
CONNECTED = re.compile("^(Live|Slow)$")
"""What the pill says with a connection; slow on a machine that is busy."""
LIMITS = {"message_bytes": 4096, "messages_per_s": 30, "chat_letters": 300, "relay_bytes": 512}


def seat(player: str, **more: Any) -> dict[str, Any]:
    """A taken seat of a room view."""
    plain = {"player": player, "name": player.title(), "kind": "guest", "strength": "", "ready": False}
    return {**plain, "here": True, "rematch": False, **more}


def room_view(**more: Any) -> dict[str, Any]:
    """A room view: Ann alone in a room of two, which she hosts."""
    view: dict[str, Any] = {
        "phase": "waiting", "paused": None, "match": 0, "match_ms": None, "host": "ann", "private": False,
        "quick": False, "seats": [seat("ann"), None], "spectators": 0, "joinable": True,
        "blocked": "Needs one more player.", "fill_ms": None, "outcome": None,
    }  # fmt: skip
    return {**view, **more}


EMPTY_BOARD = {"cells": [-1] * 9, "turn": 0, "line": []}


def playing(**more: Any) -> dict[str, Any]:
    """A room view in a match of Ann and Bob."""
    view = room_view(phase="playing", match=1, match_ms=1000, seats=[seat("ann"), seat("bob")], blocked="")
    return {**view, **more}


class ScriptedRoom:
    """One open page, and the server's end of its newest socket. `me` looks at it."""

    def __init__(self, context: BrowserContext, *, me: str = "ann", game: str = "tictactoe") -> None:
        self.me, self.game = me, game
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.sockets: list[WebSocketRoute] = []
        self.said: list[dict[str, Any]] = []
        self.answer_pings = True
        self.refuse = False
        self.first = room_view()
        self.board: Any = None
        self.offset = self.tick = self.seq = 0
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.route("**/*", self._serve)
        self.page.route_web_socket(lambda address: "/ws/rooms/" in address, self._connected)

    def open(self, first: dict[str, Any] | None = None, board: Any = None, query: str = "") -> ScriptedRoom:
        """Load the page and wait until it shows the room."""
        self.first, self.board = first or self.first, board
        self.page.goto(f"{ADDRESS}?wire=json{query}")
        self.page.get_by_role("status").get_by_text(CONNECTED).wait_for()
        return self

    def frame(self, view: dict[str, Any], board: Any = None, ack: int | None = None) -> None:
        """Show another state, acknowledging everything said so far, or up to `ack`."""
        self.tick += 1
        self.first, self.board = view, board
        acks = [
            (self.seq if ack is None else ack) if one and one["player"] == self.me else None for one in view["seats"]
        ]
        whole = {"room": view, "game": board}
        self.say({"t": "frame", "tick": self.tick, "ms": 1000 + self.tick * 50, "acks": acks, "whole": whole})
        self.settle()

    def event(self, kind: str, /, **body: Any) -> None:
        """Tell an event."""
        self.offset += 1
        self.say({"t": "event", "offset": self.offset, "kind": kind, "body": body})
        self.settle()

    def say(self, message: dict[str, Any]) -> None:
        """Send any message."""
        self.sockets[-1].send(json.dumps(message))

    def settle(self) -> None:
        """Let the page take what was sent and draw it."""
        self.page.wait_for_timeout(30)
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def heard(self, kind: str) -> dict[str, Any]:
        """The newest message of this kind, waited for a while; without its seq."""
        for _ in range(100):
            found = [message for message in self.said if message["t"] == kind]
            if found:
                return {key: value for key, value in found[-1].items() if key not in ("t", "seq")}
            self.page.wait_for_timeout(20)
        raise AssertionError(f"no {kind!r} was heard; heard: {self.said}")

    def drop(self, code: int = 1012, reason: str = "") -> None:
        """Close the socket."""
        self.sockets[-1].close(code=code, reason=reason)

    def _connected(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        if self.refuse:
            socket.close(code=1013)
        socket.on_message(lambda raw: self._take(socket, json.loads(raw)))

    def _take(self, socket: WebSocketRoute, message: dict[str, Any]) -> None:
        if message["t"] == "ping":
            if self.answer_pings:
                pong = {"t": "pong", "n": message["n"], "time": message["time"], "server_ms": 1.8e12}
                socket.send(json.dumps(pong))
            return
        self.said.append(message)
        self.seq = max(self.seq, message.get("seq", 0))
        if message["t"] == "hello":
            socket.send(json.dumps(self._welcome()))

    def _welcome(self) -> dict[str, Any]:
        rules = get_rules(self.game)
        info = {
            "slug": rules.slug, "title": rules.title, "version": 1, "tick_hz": rules.tick_hz,
            "strengths": list(rules.strengths), "relays": [], "options": {},
        }  # fmt: skip
        return {
            "t": "welcome", "you": {"player": self.me, "name": self.me.title()}, "game": info, "room": ROOM,
            "incarnation": "one", "epoch": 1, "seq": self.seq, "offset": self.offset, "recovered": True,
            "events": [], "tick": self.tick, "ms": 1000 + self.tick * 50, "limits": LIMITS, "server_ms": 1.8e12,
            "whole": {"room": self.first, "game": self.board},
        }  # fmt: skip

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/rooms/"):
            headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": POLICY}
            route.fulfill(body=render_page(self.me, self.game), headers=headers)
        elif path.startswith("/static/") and (TOP / path[1:]).is_file():
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            route.fulfill(body=(TOP / path[1:]).read_bytes(), content_type=kind)
        else:
            route.fulfill(body="<title>Elsewhere</title>", content_type="text/html")


def render_page(me: str, game: str, **card: Any) -> str:
    """The page as the server would send it to `me`."""
    rules = get_rules(game)
    facts: dict[str, Any] = {
        "room": RoomId(ROOM), "game": game, "phase": "waiting", "size": 2, "players": 1, "bots": 0,
        "spectators": 0, "host": "Ann", "names": ("Ann",), "options": {}, "private": False, "joinable": True,
        "paused": False, "quick": False, "opened_ms": 0, "match": 0,
    }  # fmt: skip
    request = RequestFactory().get(f"/rooms/{ROOM}/")
    player = SimpleNamespace(id=me, name=me.title())
    setattr(request, "player", player)  # noqa: B010  (what the middleware does; the type knows no such field)
    config = {
        "room": ROOM, "ws": f"/ws/rooms/{ROOM}/", "game": {"slug": game, "title": rules.title},
        "js": f"/static/js/games/{game}.js", "css": "/static/css/games.css",
        "player": {"id": me, "name": player.name}, "lobby": "/", "matches": "/matches/", "invite": ADDRESS,
    }  # fmt: skip
    context = {"page": "room", "card": Card(**{**facts, **card}), "game": shown(rules), "full": False}
    return render_to_string("lobby/room.html", {**context, "invite": ADDRESS, "config": config}, request=request)


OpenRoom = Callable[..., ScriptedRoom]
