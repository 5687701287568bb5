"""A room's fault is its own, on a real fleet: every kind of fault in turn, mended over the API; others play on.

One engine runs a room that fails when it is told to and one that does not. The other room's ticks must go on while the
first one fails, is paused, resumed, and at last closed.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from itertools import pairwise
from typing import Any

import pytest

from rooms.bots.api import Api
from rooms.bots.client import RoomClient
from tests.support.faulty import CODES, Switch, switch
from tests.support.fleet import Fleet, StartFleet
from tests.support.player import guest, program, token_of, until_view
from tests.support.temp_game import install_game

__all__ = ["install_game", "switch"]
pytestmark = pytest.mark.fleet

STEP_MS = 100
FAULTS = ("step", "outcome", "view", "endless", "unencodable", "bloated")
GAP_S = 0.9
"""Between two frames of a room that nothing is wrong with: an endless loop is stopped after STEP_MS and a ring of the
clock, twice when its undone pass runs again; the rest is what a busy machine may add."""


class Watcher:
    """Notes when each new tick of a room is seen."""

    def __init__(self, room: RoomClient) -> None:
        self.ticks: list[tuple[float, int]] = []
        self._task = asyncio.create_task(self._watch(room))

    async def _watch(self, room: RoomClient) -> None:
        async for view in room.views():
            if view.game is not None:
                self.ticks.append((time.monotonic(), view.game["ticks"]))

    def longest_gap(self) -> float:
        times = [at for at, _ in self.ticks]
        return max(later - sooner for sooner, later in pairwise(times))

    def rate(self) -> float:
        """Ticks a second, from the first seen to the last."""
        (began, first), (ended, last) = self.ticks[0], self.ticks[-1]
        return (last - first) / (ended - began)

    def stop(self) -> None:
        self._task.cancel()


class Operator:
    """The API with an operator's token."""

    def __init__(self, site: str, token: str) -> None:
        self._site, self._token = site, token

    async def see(self, room: str) -> Any:
        return await self._ask("GET", room)

    async def do(self, room: str, act: str, body: dict[str, Any]) -> None:
        await self._ask("POST", f"{room}/{act}", body)

    async def until_paused(self, room: str) -> Any:
        until = time.monotonic() + 15
        while (seen := await self.see(room))["fault"] is None:
            assert time.monotonic() < until, "it is not paused"
        return seen["fault"]

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self._site}/api/v1/operator/rooms/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )

        def send() -> bytes:
            with urllib.request.urlopen(request, timeout=10) as answer:
                raw: bytes = answer.read()
                return raw

        raw = await asyncio.to_thread(send)
        return json.loads(raw) if raw else None


async def test_every_fault_is_one_rooms_alone_shown_and_mended(start_fleet: StartFleet, switch: Switch) -> None:
    env = {**switch.environment, "HOLDFAST_STEP_MS": str(STEP_MS)}
    fleet: Fleet = start_fleet(web=1, engines=1, lobby=0, env=env)
    site, token = fleet.web[0].url("").rstrip("/"), token_of(fleet)
    operator = Operator(site, token_of(fleet, "Night shift", "operate"))
    bad = (await Api(site, token).open("faulty", {"faulty": True}, size=2))["room"]
    good = (await Api(site, token).open("faulty", size=2))["room"]
    async with program(site, bad, token) as failing, program(site, good, token) as sound, guest(site, bad) as gil:
        assert gil.view is not None
        await gil.ready()
        for room in (failing, sound):
            await room.start()
            await until_view(room, lambda view: view.game is not None)
        watcher = Watcher(sound)
        ticks = added = 0
        for kind in FAULTS:
            await failing.move({"add": 1})
            switch(kind)
            fault = await operator.until_paused(bad)
            assert fault["code"] in (CODES.get(kind), "rules_fault", "room_fault"), kind
            assert (kind in CODES) == (fault["code"] == CODES.get(kind)), kind
            assert fault["traceback"], kind
            assert '"move":{"add":1}' in fault["inputs"], kind
            await until_view(gil, lambda view: view.room["paused"] is not None)
            switch("")
            await operator.do(bad, "resume", {})
            view = await until_view(failing, lambda view: view.room["paused"] is None and view.game is not None)
            seen = await until_view(failing, lambda now, after=view.game["ticks"]: now.game["ticks"] > after)  # type: ignore[misc]
            assert seen.game["ticks"] > ticks, "it goes on from where it stopped"
            ticks, added = seen.game["ticks"], seen.game["sum"]
        assert added == len(FAULTS), "each acknowledged move counts once"
        assert await operator.see(good) is not None
        assert watcher.longest_gap() < GAP_S
        assert watcher.rate() > 18, "the other room ticked on, 20 times a second but for what a busy machine takes"
        watcher.stop()
        said = await asyncio.to_thread(fleet.run_command, "rooms", "close", bad, "--reason", "Out of order.")
        assert "closed" in said
        async with asyncio.timeout(10):
            async for _ in gil.views():
                pass
        assert "Out of order." in str(gil.ended)
        assert bad not in await asyncio.to_thread(fleet.run_command, "rooms", "list")
