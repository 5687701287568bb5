"""How long the lobby takes to answer when ten thousand rooms are open."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count, cycle
from typing import Any

from rooms.core.ids import RoomId
from rooms.store import Store
from tests.bench.load.http import Asker
from tests.bench.load.pages import BURST, page
from tests.bench.load.window import run
from tests.bench.machine import Meter
from tests.bench.peers.holdfast import Holdfast, holdfast
from tests.bench.percentiles import percentile
from tests.bench.row import Measure, Reach, Sample
from tests.bench.seating import open_rooms
from tests.bench.stage import Stage

ROOMS = (("tictactoe", 7000, 2), ("snake", 2000, 4), ("arena", 1000, 8))
"""Game, how many rooms of it, and of which size: all are of quick play, and wait with an open seat."""
ASKED = 300
"""Questions of each kind in a sample. Fewer would make no 99th percentile."""
SEATED = 100
TOKENS = 30
"""A token may ask 300 times and be seated 12 times in a minute."""
ENV = {
    "HOLDFAST_MAX_ROOMS": "20000",
    "HOLDFAST_ROOM_IDLE_S": "3600",
    "HOLDFAST_ADDRESS_HEADER": "X-Real-IP",
}
MAKE_TOKENS = """
import asyncio, json
from lobby.tokens import make_token
async def make():
    return [(await make_token(f"Asker {n}", ["read", "play"]))[0] for n in range({count})]
print("tokens:", json.dumps(asyncio.run(make())))
"""


@dataclass
class Crowded:
    """A server with many rooms, and tokens to ask it with."""

    server: Holdfast
    rooms: list[RoomId]
    tokens: list[str]


SEAT = "REST: be seated"
KINDS = {
    "live: list": "live_list",
    "live: find a seat": "live_find",
    "REST: list": "list",
    "REST: a room": "room",
    SEAT: "seat",
}
"""What is asked, and the name of its figures."""
Ask = Callable[[], Awaitable[float]]
"""One question; the milliseconds until its answer. Raises RuntimeError when it is refused."""


class Lobby:
    """One case."""

    name, title, about_s = "lobby", "The lobby", 12.0
    load = (
        f"{sum(rooms for _, rooms, _ in ROOMS):,} open rooms of three games; {ASKED} questions of each kind, one after "
        "the other. Over the live list's socket: another list of 50 rooms (of a game, with a free seat), and the best "
        "open seat. Over the REST API on a kept connection, with a token each: the same list, and one room by its id. "
        f"And {SEATED} times to be seated at once (quick play), which waits for the engine's commit."
    )
    cases: tuple[str, ...] = ("10,000 rooms",)
    measures = (
        *(
            measure
            for words, figure in KINDS.items()
            for measure in (
                Measure(f"{words}, p99", "ours", f"{figure}_p99", "ms"),
                Measure(f"{words}, p50", "ours", f"{figure}_p50", "ms"),
                Measure(f"{words}, CPU", "ours", f"{figure}_cpu", "ms"),
            )
        ),
    )
    reaches = tuple(Reach(f"{words}, p99", at_most=10.0) for words in KINDS if words != SEAT)
    beside: tuple[str, ...] = ()

    def sides(self, case: str) -> tuple[str, ...]:
        return ("ours",)

    def sample(self, case: str, side: str, stage: Stage) -> Sample:
        crowded = stage.keep("crowded", lambda: _server(stage))
        meter = Meter(crowded.server.groups)
        figures, faults = run(_ask_all(crowded))
        return Sample(figures, meter.seconds, meter.read(), meter.own_share, faults)


@contextmanager
def _server(stage: Stage) -> Iterator[Crowded]:
    with holdfast(stage, env=ENV) as server:
        said = server.fleet.run_command("shell", "-c", MAKE_TOKENS.replace("{count}", str(TOKENS)))
        tokens = json.loads(said.partition("tokens: ")[2].splitlines()[0])
        yield Crowded(server, run(_open(server.redis_url)), tokens)


async def _open(url: str) -> list[RoomId]:
    store = Store(url, 16)
    try:
        return [room for game, rooms, size in ROOMS for room in await open_rooms(store, game, rooms, 0, size=size)]
    finally:
        await store.aclose()


async def _ask_all(crowded: Crowded) -> tuple[dict[str, float], list[str]]:
    """Each kind of question in turn; the figures by kind, and what went wrong."""
    figures: dict[str, float] = {}
    faults: list[str] = []
    async with _asker(crowded) as rest:
        for kind, ask in {**_live(crowded), **rest}.items():
            times = SEATED if kind == "seat" else ASKED
            try:
                await ask()  # the first of a kind may fill what the others find
                meter = Meter(crowded.server.groups)
                taken = [await ask() for _ in range(times)]
            except RuntimeError as refused:
                faults.append(f"{kind}: {refused}")
                continue
            figures |= {f"{kind}_p{part}": percentile(taken, part) for part in (50, 99)}
            figures[f"{kind}_cpu"] = 1000 * sum(meter.read().values()) / times
    return figures, faults


def _live(crowded: Crowded) -> dict[str, Ask]:
    """Asked by page after page, since each may only wish so much."""
    games = cycle(game for game, _, _ in ROOMS)

    def asking(wish: Callable[[str], dict[str, Any]], kind: str) -> Ask:
        left: list[float] = []

        async def ask() -> float:
            if not left:
                async with page(crowded.server.port) as there:
                    left.extend([(await there.ask(wish(next(games)), kind))[0] for _ in range(BURST)])
            return left.pop()

        return ask

    return {
        "live_list": asking(lambda game: {"t": "watch", "game": game, "seats": True, "limit": 50}, "rooms"),
        "live_find": asking(lambda game: {"t": "find", "game": game}, "found"),
    }


@asynccontextmanager
async def _asker(crowded: Crowded) -> AsyncIterator[dict[str, Ask]]:
    """Asks under another token and address each time: no program of its own would meet a limit."""
    rooms, games, numbers = cycle(crowded.rooms[::7]), cycle(game for game, _, _ in ROOMS), count(1)
    tokens = cycle(crowded.tokens)
    async with Asker(crowded.server.port, {}) as asker:

        async def ask(path: str, body: Any = None) -> float:
            number = next(numbers)
            address = f"10.0.{number // 250 % 250}.{number % 250}"
            headers = {"Authorization": f"Bearer {next(tokens)}", "X_Real_IP": address}
            answer = await (asker.get(path, **headers) if body is None else asker.post(path, body, **headers))
            if answer.status != 200:
                raise RuntimeError(f"{path} was answered by {answer.status}: {answer.body[:200]!r}")
            return answer.ms

        yield {
            "list": lambda: ask(f"/api/v1/rooms?limit=50&seats=true&game={next(games)}"),
            "room": lambda: ask(f"/api/v1/rooms/{next(rooms)}"),
            "seat": lambda: ask("/api/v1/play", {"game": next(games)}),
        }
