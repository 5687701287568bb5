"""A game that somebody installs: the example of docs/games.md, in a package of its own, among real processes."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.people import Meet
from tests.support.fleet import Fleet
from tests.support.player import token_of
from tests.support.temp_game import documented_game, write_package


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """One of each process, with the package on their path."""
    folder = Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))
    files = documented_game()
    game = write_package(folder / "site", "nim", files["nim.py"], files["nim.js"])
    with Fleet(folder, game.environment) as fleet:
        yield fleet.start(bots=1)
        sys.stderr.write(fleet.output())


def test_it_is_listed_served_and_played_by_bots_to_the_end(fleet: Fleet, meet: Meet) -> None:
    web = fleet.web[0]
    asked = urllib.request.Request(web.url("/api/v1/games"), headers={"Authorization": f"Bearer {token_of(fleet)}"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        listed = {game["slug"]: game for game in json.load(answer)}
    assert listed["nim"]["title"] == "Nim"
    with urllib.request.urlopen(web.url("/static/js/games/nim.js"), timeout=10) as answer:
        assert answer.read().decode() == documented_game()["nim.js"]

    ann = meet("Ann")
    ann.page.goto(web.url("/"))
    card = ann.page.get_by_role("listitem").filter(has=ann.page.get_by_role("heading", name="Nim"))
    expect(card.locator(".picture")).to_have_text("||||| ||||| |||||")
    card.get_by_role("link", name="New room of Nim").click()
    ann.press("Open the room")
    ann.page.wait_for_url("**/rooms/*/")
    ann.arrived()
    ann.add_bot("easy")
    ann.press("Stand up")
    ann.until("seat === null")
    ann.add_bot("hard")
    ann.press("Start")
    headline, places = ann.result(60)
    assert headline.endswith("wins")
    assert len(places) == 2
    assert fleet.web[0].process.running
    assert "Traceback" not in fleet.output()
