"""Players for tests: real sockets, real identities, moves by the game's own bot function.

    token = token_of(fleet)                                     # manage.py token, in the fleet's database
    place = await Api(site, token).open("tictactoe")
    async with guest(site, place["room"], "Ann") as ann:        # a RoomClient, as a page's cookie would make it
        await ann.ready()
        outcome = await play_match(ann)

Fleets share this process's secret key, so a guest's cookie signed here counts there.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from rooms.bots.client import RoomClient
from rooms.bots.errors import Refused
from rooms.bots.link import Means
from rooms.bots.policy import Part, choose, may_move
from rooms.bots.track import View
from rooms.core.ids import PlayerId, RoomId
from rooms.games.registry import get_rules
from tests.support.fleet import Fleet

QUICK = Means(random=lambda: 0.3)
"""Comes back within a few tenths of a second at first."""


def token_of(fleet: Fleet, name: str = "Tess", scopes: str = "read,play,open") -> str:
    """A new API token of the fleet."""
    said = fleet.run_command("token", name, "--scopes", scopes)
    found = re.search(r"^hf_[\w-]+$", said, re.MULTILINE)
    assert found, f"manage.py token gave no token: {said}"
    return found[0]


def guest(site: str, room: str, name: str = "Gil", **options: Any) -> RoomClient:
    """A guest of the pages at `site` (http://host:port), known by `g-<name>`: the same name is the same player."""
    from lobby.identity import COOKIE, Guest, sign_guest
    from rooms.core.inputs import Player

    cookie = sign_guest(Guest(Player(PlayerId(f"g-{name}"), name), picked=True))
    url = urlsplit(site)
    headers = {"Cookie": f"{COOKIE}={cookie}", "Origin": f"{url.scheme}://{url.netloc}"}
    options.setdefault("means", QUICK)
    return RoomClient(f"ws://{url.netloc}/ws/rooms/{room}/", headers=headers, **options)


def program(site: str, room: str, token: str, **options: Any) -> RoomClient:
    """A program with an API token."""
    options.setdefault("means", QUICK)
    return RoomClient(f"ws://{urlsplit(site).netloc}/ws/token/rooms/{room}/", token=token, **options)


async def until_view(room: RoomClient, truth: Callable[[View], object], seconds: float = 10.0) -> View:
    """The first view of which `truth` holds. Fails when none comes in time or the room lets go."""
    try:
        async with asyncio.timeout(seconds):
            async for view in room.views():
                if truth(view):
                    return view
    except TimeoutError:
        raise AssertionError(f"not within {seconds:g} s; the view is {room.view}") from None
    raise AssertionError(f"the room let go before that: {room.ended}")


async def play_match(
    room: RoomClient, strength: str = "", seconds: float = 60.0, on_move: Callable[[int], object] | None = None
) -> dict[str, Any]:
    """Play to the end of the match that runs or begins next; returns its outcome as the room tells it.

    Gets ready when the room waits. `strength` "": the game's weakest. `on_move` hears the number of each move made.
    """
    rules = get_rules(room.welcome.game.slug)
    part = Part(RoomId(room.welcome.room), rules, strength or rules.strengths[0])
    moves = 0
    async with asyncio.timeout(seconds):
        async for view in room.views():
            if view.phase == "finished":
                outcome = view.room["outcome"]
                assert isinstance(outcome, dict)
                return outcome
            if view.phase == "waiting" and view.chair is not None and not view.chair["ready"]:
                await room.ready()
            elif may_move(view) and await _move(room, part, view):
                moves += 1
                if on_move is not None:
                    on_move(moves)
    raise AssertionError(f"the room let go before the match was over: {room.ended}")


async def _move(room: RoomClient, part: Part, view: View) -> bool:
    """Make the bot's move in `view`; False when there is none, or it came too late for a state that has changed."""
    move = choose(part, view)
    if move is None:
        return False
    try:
        await room.move(move)
    except Refused as no:
        if no.code not in ("not_playing", "not_your_turn"):
            raise
        return False
    return True
