"""Faults in an order that a seed decides, over a fleet with rooms in play; each is waited out, then rooms are checked.

[fault] -> settle: everybody hears from their room again -> mend -> collect rooms at rest, check them, open others
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Final

import redis.asyncio

from rooms.games.registry import get_rules
from rooms.store import Store, StoreUnavailable
from tests.chaos.checker import check
from tests.chaos.company import OPTIONS, SHARDS, Company, Memory, add_matches
from tests.chaos.faults import Fault
from tests.chaos.habits import Habits
from tests.chaos.history import Closed, History, Opened, Shown, Status, Told, Welcomed, dump
from tests.chaos.player import Player
from tests.chaos.stage import Stage
from tests.chaos.tally import Tally

logger = logging.getLogger("chaos")

PACE_S: Final = {"tictactoe": 0.25, "battleship": 0.15, "snake": 0.35, "arena": 0.35}
IN_FLIGHT_S: Final = 0.25
"""What arrives so soon after a kill may have been sent before it; no lease is as short."""
EXTRA_S: Final = 20.0
"""A scenario that did not settle within its bound is waited for so much longer, so that the next begins sound."""
TELL_SLACK_S: Final = 0.5
RECORD_S: Final = 20.0
"""A finished match is in the database by then: what a killed worker had taken is handed out again after 10 s."""
END_S: Final = 90.0
"""The matches that run at the end may take so long."""


@dataclass
class Scenario:
    """`run` does it all; `tally` has the outcome."""

    stage: Stage
    seed: str
    rooms: int = 12
    games: tuple[str, ...] = tuple(OPTIONS)
    matches: int = 2
    brief: bool = False
    """In a hurry: faults last no longer than they must."""
    failed: Path | None = None
    """Where histories with violations are kept."""
    tell: Callable[[str], None] = logger.info
    pace: float = 1.0
    """How long players wait between their turns, as a part of what they usually do."""
    opened: int = 0
    """Rooms so far."""
    tally: Tally = field(init=False)
    companies: list[Company] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tally = Tally(self.seed)
        self._rng = Random(self.seed)
        self._waiting: list[tuple[float, History]] = []
        """Histories of rooms that are over, and until when their matches have to be recorded."""
        valkey = self.stage.valkey
        client = redis.asyncio.Redis.from_url(valkey.url)
        self.memory = Memory(Store(valkey.url, SHARDS), client, self.stage.folder / "db.sqlite3")

    async def run(self, faults: Iterable[Fault]) -> Tally:
        """Open the rooms, do all faults, let matches end, check everything."""
        try:
            await self._fill()
            await self._until(lambda: self._unserved(0.0) == [], 20)
            for number, fault in enumerate(faults):
                await self._hurt(number, fault)
            await self._finish()
        finally:
            await asyncio.gather(*(company.disperse() for company in self.companies))
            await self.memory.store.aclose()
            await self.memory.client.aclose()
        self.tally.judge()
        return self.tally

    # -- rooms

    async def _fill(self) -> None:
        """Open rooms until there are enough."""
        wanted = self.rooms - len(self.companies)
        fresh = []
        for _ in range(wanted):
            game = self.games[self.opened % len(self.games)]
            wander = 0.03 if game == "arena" else 0.0
            pace = PACE_S[game] * self.pace
            habits = Habits(pace_s=pace, wander=wander, matches=self.matches)
            fresh.append(Company(game, self.stage.ports, f"{self.seed}-{self.opened}", habits))
            self.opened += 1
        await asyncio.gather(*(company.open(self.memory) for company in fresh))
        self.companies += fresh

    async def _harvest(self) -> None:
        """Check the rooms that rest or are lost, and let others take their place."""
        for company in self.companies:
            company.lost = company.may_be_lost()
        done = [company for company in self.companies if company.lost or company.resting]
        await asyncio.gather(*(self._part(company) for company in done))
        self.companies = [company for company in self.companies if company not in done]
        await self._check_waiting()
        await self._fill()

    async def _part(self, company: Company) -> None:
        """Take down the history of a room at rest, and let its players go; its matches may yet be on their way."""
        history = await company.collect(self.memory)
        for fault in company.broken():
            self.tally.blame("player", repr(fault), company.room)
        self._waiting.append((time.monotonic() + RECORD_S, history))
        await company.leave()

    async def _check_waiting(self) -> None:
        """Check the histories that are complete by now, or should be."""
        waiting, self._waiting = self._waiting, []
        for until, history in waiting:
            if await add_matches(self.memory, history) or time.monotonic() > until:
                await self._check(history)
            else:
                self._waiting.append((until, history))

    async def _check(self, history: History) -> None:
        verdict = await asyncio.to_thread(check, history, get_rules(history.game))
        self.tally.add(history, verdict)
        if verdict.violations:
            self.tell(f"room {history.room} ({history.game}): {verdict.violations[0]}")
            self._keep(history.room, dump(history))

    def _keep(self, room: str, raw: bytes) -> None:
        if self.failed is not None:
            self.failed.mkdir(parents=True, exist_ok=True)
            (self.failed / f"{self.seed}-{room}.msgpack").write_bytes(raw)

    async def _finish(self) -> None:
        """No more rematches: rooms come to rest as their matches end."""
        for company in self.companies:
            company.habits.matches = 0
        self.rooms = 0
        deadline = time.monotonic() + END_S
        while self.companies and time.monotonic() < deadline:
            await self._harvest()
            await asyncio.sleep(0.1)
        for company in self.companies:
            room = company.players[0].sight.room
            self.tally.blame("rest", f"never came to rest: {room['phase']} {room['paused']}", company.room)
            await self._part(company)
        self.companies = []
        await self._records()

    async def _records(self) -> None:
        """Wait until the matches of all rooms that are over are recorded, or should be."""
        while self._waiting:
            await self._check_waiting()
            await asyncio.sleep(0.1)

    # -- one fault

    async def _hurt(self, number: int, fault: Fault) -> None:
        rng = Random(f"{self.seed}:{number}")
        if fault.loses_rooms:
            await self._records()  # a match whose record is under way would be lost as well, and nobody could tell
        await asyncio.sleep(0.1 if self.brief else 0.2 + 0.6 * rng.random())
        owners = {row.shard: row.owner for row in await self.memory.store.leases()}
        names = {name: self.stage.owner(name) for name in self.stage.cast if name.startswith("engine")}
        webs = {player: player.web for company in self.companies for player in company.players}
        for company in self.companies:
            company.lost = company.lost or fault.loses_rooms
            company.doubtful |= fault.name == "redis-kill" and self.stage.fsync != "always"
            company.habits.probing = True
        begun = time.monotonic()
        whom = await asyncio.to_thread(fault.run, self.stage, rng, fault.brief_s if self.brief else fault.lasts_s)
        over = time.monotonic()
        start = begun if fault.whole else over
        self.tally.faults[fault.name] += 1
        settled = await self._settle(fault, start + IN_FLIGHT_S * fault.whole, start + fault.bound_s)
        for company in self.companies:
            company.habits.probing = False
        concerned = self._concerned(whom, owners, names, webs)
        self._measure(fault, concerned, begun, start)
        ended = time.monotonic()
        self.tell(
            f"{number + 1:4d} {fault.name:<18}{whom:<10} {ended - begun:6.2f} s{'' if settled else '  NOT SETTLED'}"
        )
        await self._mend(whom)
        await self._harvest()

    async def _settle(self, fault: Fault, since: float, until: float) -> bool:
        """Wait until everybody is served again, or was told that the room is lost."""

        def missing() -> list[str]:
            return self._unended() if fault.loses_rooms else self._halved() + self._unserved(since)

        if await self._until(lambda: not missing(), until - time.monotonic()):
            self.stage.halved.clear()
            return True
        late = missing()
        self.tally.blame("recovery", f"{fault.name}: after {fault.bound_s:g} s not back: {len(late)}: {late[:6]}")
        if not await self._until(lambda: not missing(), EXTRA_S):
            self.tally.blame("recovery", f"{fault.name}: never back: {missing()[:6]}")
            self._abandon(fault, since)
        self.stage.halved.clear()
        return False

    def _abandon(self, fault: Fault, since: float) -> None:
        """Rooms that never came back must not spoil every later fault."""
        for company in self.companies:
            if any(not player.served_since(since) for player in company.remaining):
                company.lost = True

    def _unserved(self, since: float) -> list[str]:
        return [
            f"{company.rules.slug} {player.who.id} here={player.here} {player.state} {company.paused}"
            for company in self.companies
            for player in company.remaining
            if not player.served_since(since)
        ]

    def _halved(self) -> list[str]:
        """Players on connections that have one direction left: they may hear all, and say what nobody hears."""
        return [
            f"{company.rules.slug} {player.who.id} half open"
            for company in self.companies
            for player in company.remaining
            if (player.web, player.port) in self.stage.halved
        ]

    def _unended(self) -> list[str]:
        return [player.who.id for company in self.companies for player in company.remaining]

    async def _until(self, truth: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not truth():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.02)
        return True

    async def _mend(self, whom: str) -> None:
        """Wait until whoever was started again works, and the engines share the shards."""
        if whom in self.stage.cast:
            await asyncio.to_thread(self.stage.await_ready, whom)
        deadline = time.monotonic() + EXTRA_S
        while not await self._shared():
            if time.monotonic() > deadline:
                self.tally.blame("balance", f"after {whom}: the engines do not share the shards")
                break
            await asyncio.sleep(0.05)
        for name in self.stage.dead():
            tail = self.stage.cast[name].output[-1500:]
            self.tally.blame("death", f"{name} died by itself:\n{tail}")
            self.stage.restart(name)

    async def _shared(self) -> bool:
        try:
            rows = await self.memory.store.leases()
        except StoreUnavailable:
            return False
        living = {self.stage.owner(name) for name in self.stage.cast if name.startswith("engine")}
        return {row.owner for row in rows} == living and all(row.left_ms > 0 for row in rows)

    # -- what it cost

    def _concerned(
        self, whom: str, owners: dict[int, str], names: dict[str, str], webs: dict[Player, int]
    ) -> list[Player]:
        """The players whom a fault hit."""
        everybody = [player for company in self.companies for player in company.players]
        if whom in names:
            rooms = [company for company in self.companies if owners.get(company.shard) == names[whom]]
            return [player for company in rooms for player in company.players]
        if whom.startswith(("web-", "client-")):
            return [player for player in everybody if webs.get(player) == int(whom.partition("-")[2])]
        return everybody

    def _measure(self, fault: Fault, concerned: list[Player], begun: float, start: float) -> None:
        since = start + IN_FLIGHT_S * fault.whole
        times = [
            record.at - start
            for player in concerned
            if (record := _first(player, since, (Shown, Told, Welcomed))) is not None
        ]
        self.tally.recovery[fault.name] += times
        self.tally.worst[fault.name] += [max(times)] if times else []
        if fault.name == "engine-drain":
            self.tally.gaps += [gap for player in concerned if (gap := _longest_gap(player, begun)) is not None]
        everybody = [player for company in self.companies for player in company.players]
        for player in everybody:
            gone = [r for r in _after(player, begun, (Closed,)) if isinstance(r, Closed)]
            if fault.keeps_sockets and gone:
                self.tally.blame("socket", f"{fault.name}: {player.who.id} lost its socket: {gone[0]}", player.room)
            if fault.tells_s and not gone and _first(player, begun, (Opened,)) is None:
                self._note_told(fault, player, begun)

    def _note_told(self, fault: Fault, player: Player, begun: float) -> None:
        told = _first(player, begun, (Status,))
        late = told.at - begun if told is not None else None
        if late is not None:
            self.tally.told.append(late)
        if late is None or late > fault.tells_s + TELL_SLACK_S:
            self.tally.blame("untold", f"{fault.name}: {player.who.id} was told after {late}", player.room)


def _after(player: Player, since: float, kinds: tuple[type, ...]) -> list[Closed | Shown | Told | Welcomed | Status]:
    """The records of some kinds that came after a moment, oldest first."""
    found = []
    for record in reversed(player.log):
        if record.at <= since:
            break
        if isinstance(record, kinds):
            found.append(record)
    return found[::-1]  # type: ignore[return-value]


def _first(player: Player, since: float, kinds: tuple[type, ...]) -> Closed | Shown | Told | Welcomed | Status | None:
    found = _after(player, since, kinds)
    return found[0] if found else None


def _longest_gap(player: Player, since: float) -> float | None:
    """The longest time without a frame while a ticking match ran; None when none did."""
    shown = [r for r in _after(player, since - 0.3, (Shown,)) if isinstance(r, Shown)]
    if len(shown) < 5 or any(r.phase != "playing" for r in shown):
        return None
    return max(after.at - before.at for before, after in pairwise(shown))
