"""A whole service for a test in another language: a fleet, one room, and tokens for its players.

    python -m tests.support.serve [--game tictactoe] [--players 2] [--engines 1]

Prints one line of JSON when everything answers, and ends it all when its standard input is closed:

    {"site": "http://127.0.0.1:…", "ws": "ws://…/ws/token/rooms/<room>/", "room": …, "tokens": [one a player, …]}

Lines read from standard input before that are orders, each answered by a line of JSON when it is done:
"restart web" and "restart engine" kill the process and start another in its place.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import tests.conftest as setup  # first: it sets up the environment and Django, as for any test

if TYPE_CHECKING:
    from tests.support.fleet import Fleet


def main() -> None:
    """Serve until nobody listens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--game", default="tictactoe")
    parser.add_argument("--players", type=int, default=2)
    parser.add_argument("--engines", type=int, default=1)
    given = parser.parse_args()
    from tests.support.fleet import Fleet

    with Fleet(Path(setup.RUN_FOLDER) / "serve") as fleet:
        try:
            fleet.start(web=1, engines=given.engines, lobby=1, shared=True)
            tell(fleet, given.game, given.players)
            for line in sys.stdin:
                obey(fleet, line.strip())
        except BaseException:
            sys.stderr.write(fleet.output())
            raise


def tell(fleet: Fleet, game: str, players: int) -> None:
    """Open the room and print where everything is."""
    from rooms.bots.api import Api
    from tests.support.player import token_of

    tokens = [token_of(fleet, f"Player {number + 1}") for number in range(players)]
    site = fleet.web[0].url("")
    place = asyncio.run(Api(site, tokens[0]).open(game))
    room = place["room"]
    ws = fleet.web[0].url(f"/ws/token/rooms/{room}/", "ws")
    print(json.dumps({"site": site, "ws": ws, "room": room, "tokens": tokens}), flush=True)


def obey(fleet: Fleet, order: str) -> None:
    """Carry out one order and answer it."""
    orders = {"restart web": restart_web, "restart engine": restart_engine}
    if order not in orders:
        print(json.dumps({"error": f"unknown order {order!r}; there are: {', '.join(orders)}"}), flush=True)
        return
    orders[order](fleet)
    print(json.dumps({"done": order}), flush=True)


def restart_web(fleet: Fleet) -> None:
    """Kill the web process; another takes its port."""
    from tests.support.processes import wait_for

    fleet.web[-1].process.kill()
    wait_for(fleet.add_web(shared=True).answers, 30, "the new web process answers")


def restart_engine(fleet: Fleet) -> None:
    """Kill the newest engine; another takes its rooms over."""
    fleet.engines[-1].kill()
    fleet.add_engine()


if __name__ == "__main__":
    main()
