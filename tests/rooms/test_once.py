"""Each input counts once and each event is told once, however the road shakes: real sockets on two web processes.

The client here obeys the protocol where it matters (it sends again what was not answered, in order) and is otherwise
as careless as chance makes it: it repeats itself, sends old inputs again, leaves without a word, and comes back
anywhere. What the others hear must not depend on any of that.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rooms.core.ids import RoomId
from rooms.core.inputs import Player
from rooms.store import Store
from tests.support.fleet import Fleet, Web
from tests.support.sockets import hang_up_all, open_room, player, say
from tests.support.temp_game import write_package
from tests.support.waiting import until
from tests.support.witness import Witness

COUNTS = 60
SAID = "game:said"
SHARDS = 16
TALLY = '''
"""Everybody says numbers. All hear the odd ones; an even one is told to the seat alone that said it."""

from msgspec import Struct

from rooms.core.game import Event, Outcome, Place, Seats, Step

TITLE, SUMMARY, SEATS, TICK_HZ, HIDDEN = "Tally", "Numbers.", Seats(1, 2), 0, True
GRACE_S, ABSENT = 2, "forfeit"


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    n: int


class State(Struct):
    said: list[list[int]]
    left: list[int] = []
    over: bool = False


class View(Struct):
    mine: list[int]


def setup(options, seats, rng):
    return State([[] for _ in range(max(seats) + 1)])


def step(state, inputs, now, rng):
    events = []
    for given in inputs:
        n = given.move.n
        state.said[given.seat].append(n)
        state.over = n < 0
        events.append(Event("said", {"n": n, "seat": given.seat}, seats=None if n % 2 else (given.seat,)))
    return Step(state, tuple(events))


def view(state, seat):
    return View([] if seat is None else list(state.said[seat]))


def leave(state, seat, rng):
    state.left.append(seat)
    state.over = True
    return state


def outcome(state):
    return Outcome(tuple(Place(seat, 1) for seat in range(len(state.said))), "That is all.") if state.over else None


def sample_move(state, seat, rng):
    return Move(1)
'''


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """Two web processes, and one engine that is killed again and again. It plays a game of this test."""
    folder = Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))
    game = write_package(folder / "site", "tally", TALLY)
    with Fleet(folder, {"HOLDFAST_WEB_TTL_MS": "1500", **game.environment}) as ours:
        yield ours.start(web=2, engines=1, lobby=0)
        sys.stderr.write(ours.output())


@pytest.fixture
async def store(fleet: Fleet) -> AsyncIterator[Store]:
    ours = Store(fleet.valkey.url, SHARDS)
    yield ours
    await hang_up_all()
    await ours.aclose()


def replace_engine(fleet: Fleet) -> None:
    fleet.engines[-1].kill()
    fleet.add_engine()


async def begun(fleet: Fleet, store: Store, *others: Player) -> tuple[RoomId, Witness, Player]:
    """A match that Bob, on the first web process, has begun with the others."""
    bob = player("Bob")
    room = await open_room(store, "tally", bob)
    host = await Witness.enter(fleet.web[0], room, bob)
    for other in others:
        guest = await Witness.enter(fleet.web[1], room, other)
        await guest.say("ready", ready=True)
        await guest.answered()
        await guest.leave()
    await host.say("ready", ready=True)
    await host.say("start")
    await host.answered()
    assert "started" in [event["kind"] for event in host.messages("event")], host.heard
    return room, host, bob


def said(it: Witness) -> list[int]:
    """The numbers that a witness heard, in order, news and history."""
    events = it.messages("welcome")[0]["events"] + it.messages("event")
    return [event["body"]["n"] for event in numbers(events)]


def numbers(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events of the game alone."""
    return [event for event in events if event["kind"] == SAID]


def aways(it: Witness) -> int:
    """How often it was told that somebody's connection is lost."""
    return sum(event["kind"] == "away" for event in it.messages("event"))


class Careless:
    """A player who counts on and on, each number under its own seq."""

    def __init__(self, fleet: Fleet, room: RoomId, who: Player, dice: random.Random) -> None:
        self.fleet, self.room, self.who, self.dice = fleet, room, who, dice
        self.hello: dict[str, Any] = {}
        self.events: list[int] = []
        self.recovered: list[bool] = []
        self.answered = self.first = 0

    async def count(self) -> None:
        """Until all is answered, over as many sockets as chance wants."""
        while self.answered < self.first + COUNTS:
            await self._visit(self.dice.choice(self.fleet.web))

    async def _visit(self, web: Web) -> None:
        it = await Witness.enter(web, self.room, self.who, **self.hello)
        welcome = it.messages("welcome")[0]
        self.first = self.first or welcome["seq"]
        self.answered = max(self.answered, welcome["seq"])
        upto = min(self.first + COUNTS, self.answered + self.dice.randint(3, 12))
        for seq in range(self.answered + 1, upto + 1):
            for _ in range(self.dice.choice((1, 1, 2, 3))):
                await say(it.socket, "move", seq=seq, move={"n": 2 * seq + 1})
            if self.dice.random() < 0.3:
                await say(it.socket, "move", seq=self.dice.randint(1, seq), move={"n": 1})
        if self.dice.random() < 0.5:
            await until(lambda: max(it.acked, default=0) >= upto, 20, f"{it.acked} of {upto} answered")
        it.socket.transport.abort()  # without a word, with whatever was on its way
        await it.leave()
        self._take(it, welcome)

    def _take(self, it: Witness, welcome: dict[str, Any]) -> None:
        events = [*welcome["events"], *it.messages("event")]
        self.events += [event["offset"] for event in events]
        self.recovered.append(welcome["recovered"])
        self.answered = max(self.answered, *it.acked) if it.acked else self.answered
        offset = max([welcome["offset"], *(event["offset"] for event in events)])
        self.hello = {"incarnation": welcome["incarnation"], "offset": offset}


@pytest.mark.parametrize("seed", [1, 2])
async def test_each_number_is_said_once_whatever_the_sockets_do(fleet: Fleet, store: Store, seed: int) -> None:
    ann = player("Ann")
    room, host, _ = await begun(fleet, store, ann)
    careless = Careless(fleet, room, ann, random.Random(seed))
    counting = asyncio.create_task(careless.count())
    await until(lambda: careless.answered > COUNTS // 3 or counting.done(), 30)
    await asyncio.to_thread(replace_engine, fleet)
    await asyncio.wait_for(counting, 60)
    first = careless.first
    assert said(host) == [2 * seq + 1 for seq in range(first + 1, first + COUNTS + 1)]
    assert all(careless.recovered[1:]), "it said each time where it stood"
    assert careless.events == sorted(set(careless.events)), "an event was told twice, or out of order"


async def test_an_input_that_was_overtaken_never_counts_and_is_answered(fleet: Fleet, store: Store) -> None:
    """On one socket, on a second one that replaces it, and on another web process."""
    ann = player("Ann")
    room, host, _ = await begun(fleet, store, ann)
    last = 0
    for web in (fleet.web[0], fleet.web[0], fleet.web[1]):
        it = await Witness.enter(web, room, ann)
        first = last or it.messages("welcome")[0]["seq"]
        for step in (3, 1, 2, 3):
            await say(it.socket, "move", seq=first + step, move={"n": 10 * step + 1})
        last = first + 3
        await until(lambda it=it, last=last: last in it.acked)  # type: ignore[misc]
    await until(lambda: len(said(host)) >= 3)
    await host.say("move", move={"n": 99})
    await host.answered()
    assert said(host) == [31, 31, 31, 99]


async def test_whoever_comes_back_gets_exactly_what_its_view_missed(fleet: Fleet, store: Store) -> None:
    """From every offset, on every process, and after each restart. What was told to another seat alone stays there."""
    ann = player("Ann")
    room, host, bob = await begun(fleet, store, ann)
    guest = await Witness.enter(fleet.web[1], room, ann)
    for n in range(1, 9):
        for who in (host, guest):
            await who.say("move", move={"n": n})
            await who.answered()
    incarnation = host.messages("welcome")[0]["incarnation"]
    wanted = {who.id: numbers(it.messages("event")) for who, it in ((bob, host), (ann, guest))}
    offsets = {name: [event["offset"] for event in events] for name, events in wanted.items()}
    assert offsets[bob.id] != offsets[ann.id], "nothing here was told to one seat alone"

    async def compare(who: Player, every: int) -> None:
        for number, offset in enumerate(range(wanted[who.id][0]["offset"], offsets[who.id][-1] + 1, every)):
            web = fleet.web[number % 2]
            it = await Witness.enter(web, room, who, incarnation=incarnation, offset=offset)
            welcome = it.messages("welcome")[0]
            missed = [event for event in wanted[who.id] if event["offset"] > offset]
            assert (welcome["recovered"], numbers(welcome["events"])) == (True, missed), (who.name, offset)
            assert welcome["whole"]["game"] == {"mine": list(range(1, 9))}  # the next visit replaces this one

    await compare(bob, 1)
    await compare(ann, 1)
    await asyncio.to_thread(replace_engine, fleet)
    await compare(ann, 4)
    await asyncio.to_thread(fleet.valkey.kill)
    await asyncio.to_thread(fleet.valkey.start)
    await compare(bob, 4)
    it = await Witness.enter(fleet.web[0], room, ann, incarnation="of another opening", offset=3)
    assert it.messages("welcome")[0]["recovered"] is False


# -- a web process dies


async def seen(it: Witness, truth: Callable[[dict[str, Any]], bool]) -> None:
    """Look at the room, as a resync shows it, until this is true of it."""
    async with asyncio.timeout(10):
        while True:
            before = len(it.messages("welcome"))
            await say(it.socket, "resync", offset=0)
            await until(lambda before=before: len(it.messages("welcome")) > before)  # type: ignore[misc]
            if truth(it.messages("welcome")[-1]["whole"]["room"]):
                return
            await asyncio.sleep(0.05)


async def test_who_was_on_a_dead_web_process_resumes_on_another_and_the_rest_see_it(fleet: Fleet, store: Store) -> None:
    """Gone with its heartbeat; the seat is held for the game's grace, and then the game's own rule applies."""
    ann, cyd = player("Ann"), player("Cyd")
    doomed = fleet.add_web()
    await asyncio.to_thread(fleet.wait_until_ready)
    room, host, _ = await begun(fleet, store, ann)
    it = await Witness.enter(doomed, room, ann)
    watcher = await Witness.enter(doomed, room, cyd, want="watch")
    await it.say("move", move={"n": 2})
    await it.say("move", move={"n": 3})
    await it.answered()
    await until(lambda: said(host) == [3])
    welcome, last = it.messages("welcome")[0], max(event["offset"] for event in it.messages("event"))
    before = aways(host)
    doomed.process.kill()
    await until(lambda: it.closed is not None and watcher.closed is not None)
    assert it.closed == (1006, "")

    back = await Witness.enter(fleet.web[1], room, ann, incarnation=welcome["incarnation"], offset=last)
    again = back.messages("welcome")[0]
    assert (again["recovered"], again["you"]["seat"], again["seq"]) == (True, 1, it.seq)
    await back.say("move", move={"n": 5})
    await until(lambda: said(host) == [3, 5])
    await seen(host, lambda room: room["spectators"] == 0)
    assert aways(host) == before, "she was back before it lapsed"

    fleet.web[1].process.send(signal.SIGSTOP)  # this one does not even close its sockets
    try:
        await until(lambda: aways(host) > before, 8)
        await seen(host, lambda room: room["phase"] == "playing" and room["seats"][1]["here"] is False)
        await seen(host, lambda room: room["phase"] == "finished")
    finally:
        fleet.web[1].process.send(signal.SIGCONT)
