"""Processes and networks die under people who play: the page says so, comes back by itself, and nothing is lost."""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from rooms.core.ids import RoomId
from rooms.store import Store
from tests.e2e.conftest import apart
from tests.e2e.people import LOST, Meet, Person, begin
from tests.e2e.watching import notes, take_notes
from tests.support.fleet import Fleet
from tests.support.processes import Process, wait_for
from tests.support.proxy import Proxy

SHARDS = 16


@pytest.fixture(scope="module")
def mortal_fleet() -> Iterator[Fleet]:
    """Two web processes at one port, as under `make play`, and two engines: to be hurt."""
    env = {"HOLDFAST_WEB_TTL_MS": "2000"}
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])), env) as fleet:
        yield fleet.start(web=2, engines=2, shared=True)


@pytest.fixture
def fleet(mortal_fleet: Fleet) -> Iterator[Fleet]:
    """Whole again after each test."""
    yield mortal_fleet
    sys.stderr.write(mortal_fleet.output())  # pytest shows it only if the test failed
    while sum(engine.running for engine in mortal_fleet.engines) < 2:
        mortal_fleet.add_engine()
    while sum(web.process.running for web in mortal_fleet.web) < 2:
        mortal_fleet.add_web(shared=True)
    mortal_fleet.web[:] = [web for web in mortal_fleet.web if web.process.running]
    mortal_fleet.wait_until_ready()


@pytest.fixture
def pair(introduce: Meet, fleet: Fleet) -> tuple[Person, Person]:
    """Ann and Bob, whose pages take notes and may tell of connections that were lost."""
    return settled(introduce, fleet.web[0].url(""), "Ann"), settled(introduce, fleet.web[0].url(""), "Bob")


def settled(introduce: Meet, site: str, name: str) -> Person:
    person = introduce(site, name)
    person.expected.append(LOST)
    take_notes(person.context)
    return person


def play(pair: tuple[Person, Person], game: str, **options: object) -> None:
    """Begin a match of the two."""
    ann, bob = pair
    ann.open(game, seats=2 if game == "arena" else None, **options)
    bob.come(ann.invite)
    begin(ann, bob)


def owner_of(fleet: Fleet, room: str) -> Process:
    """The engine that has the room now."""

    async def ask() -> str:
        store = Store(fleet.valkey.url, SHARDS)
        leases = await store.leases()
        await store.aclose()
        return leases[store.shard_of(RoomId(room))].owner

    owner = apart(ask())
    return next(engine for engine in fleet.engines if f"engine {owner} starts" in engine.output and engine.running)


def seats(person: Person) -> list[str]:
    players: list[str] = person.inside("view.whole.room.seats.map((seat) => seat?.player)")
    return players


def mark(person: Person, square: str) -> None:
    """In noughts and crosses, when it is one's turn."""
    expect(person.status).to_have_text(re.compile("^Your turn"))
    person.page.get_by_role("button", name=f"{square}, empty").click()


def came_back(person: Person) -> None:
    """The page lost its connection and has it again, and never saw the room go back."""
    person.page.wait_for_function("() => window.notes.states.includes('reconnecting')")
    person.until("['live', 'slow'].includes(state.name)")
    ticks = notes(person.page)["ticks"]
    assert ticks == sorted(ticks)


# -- engines


def test_an_arena_goes_on_when_its_engine_is_killed(fleet: Fleet, pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    play(pair, "arena", score=50, seconds=120)
    ann.until("view.tick > 20")
    before, address = seats(ann), ann.page.url
    killed = owner_of(fleet, ann.room)
    killed.kill()
    tick = ann.inside("view.tick")
    for person in pair:
        person.until(f"view.tick > {tick} + 40", 30)
    assert owner_of(fleet, ann.room) is not killed
    assert (seats(ann), seats(bob), ann.page.url) == (before, before, address)
    place = bob.inside("view.whole.game.ships.find((ship) => ship[0] === seat).slice(1, 3)")
    bob.page.keyboard.down("KeyW")
    ann.until(f"view.whole.game.ships.find((ship) => ship[0] === 1)[1] !== {place[0]}")
    for person in pair:
        taken = notes(person.page)
        assert taken["ticks"] == sorted(set(taken["ticks"])), "the room went back"
        assert taken["closes"] == []


def test_a_move_that_was_acknowledged_is_there_after_the_engine_was_killed(
    fleet: Fleet, pair: tuple[Person, Person]
) -> None:
    ann, bob = pair
    play(pair, "tictactoe", first="first")
    mark(ann, "row 1, column 1")
    ann.until("unacked.length === 0 && view.ack > 0 && view.whole.game.cells[0] === 0")
    owner_of(fleet, ann.room).kill()
    mark(bob, "row 2, column 2")  # while nobody decides: kept in the log for the next engine
    ann.until("view.whole.game.cells[4] === 1", 30)
    for person in pair:
        assert person.inside("view.whole.game.cells") == [0, -1, -1, -1, 1, -1, -1, -1, -1]
    mark(ann, "row 1, column 2")
    bob.until("view.whole.game.cells[1] === 0")


# -- web processes


def test_pages_come_back_when_web_processes_are_killed(fleet: Fleet, pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    play(pair, "tictactoe", first="first")
    mark(ann, "row 1, column 1")
    bob.until("view.whole.game.cells[0] === 0")
    before = seats(ann)
    for web in list(fleet.web):
        web.process.kill()
        wait_for(fleet.add_web(shared=True).answers, 30, "another one serves the port")
    for person in pair:
        came_back(person)
        assert 1006 in notes(person.page)["closes"]
    mark(bob, "row 2, column 2")
    ann.until("view.whole.game.cells[4] === 1")
    assert seats(ann) == seats(bob) == before


def test_a_web_process_that_is_stopped_sends_its_pages_elsewhere(fleet: Fleet, pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    play(pair, "tictactoe", first="first")
    for web in list(fleet.web):
        wait_for(fleet.add_web(shared=True).answers, 30, "another one serves the port")
        web.process.send(signal.SIGTERM)
        assert web.process.wait(20) == 0
    for person in pair:
        came_back(person)
        assert set(notes(person.page)["closes"]) == {1012}
    mark(ann, "row 3, column 3")
    bob.until("view.whole.game.cells[8] === 0")


# -- the way there


def test_a_page_without_network_says_so_and_comes_back(fleet: Fleet, introduce: Meet) -> None:
    with Proxy(fleet.web[0].port) as proxy:
        ann, bob = settled(introduce, proxy.url(), "Ann"), settled(introduce, fleet.web[0].url(""), "Bob")
        play((ann, bob), "tictactoe", first="second")
        proxy.cut()
        ann.context.set_offline(True)
        expect(ann.page.locator("#pill-text")).to_have_text("Offline")
        bob.sees("Ann lost the connection; the seat is held.")
        mark(bob, "row 1, column 3")
        proxy.mend()
        ann.context.set_offline(False)
        expect(ann.page.locator("#pill-text")).to_have_text(re.compile("Live|Slow"))
        ann.until("view.whole.game.cells[2] === 1")
        mark(ann, "row 2, column 2")
        bob.until("view.whole.game.cells[4] === 0")
        bob.sees("Ann is back.")


def test_the_same_room_in_a_second_tab(pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    play(pair, "tictactoe", first="first")
    second = ann.new_page()
    second.goto(ann.page.url)
    expect(ann.page.get_by_role("heading", name="Open in another tab")).to_be_visible()
    second.get_by_role("button", name="row 1, column 1, empty").click()
    bob.until("view.whole.game.cells[0] === 0")
    ann.press("Take over here")
    expect(second.get_by_role("heading", name="Open in another tab")).to_be_visible()
    expect(ann.page.get_by_role("button", name="row 1, column 1, cross")).to_be_visible()
    mark(bob, "row 1, column 2")
    mark(ann, "row 1, column 3")
    bob.until("view.whole.game.cells[2] === 0")
