"""The page of a finished match: for whom it is, what its player is told, and what it says without one."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from lobby.models import Match, Replay
from lobby.projector import projector
from lobby.throttle import LOOK_ADDRESS, Limit
from lobby.views import match as views
from rooms.core.inputs import LeaveBody
from rooms.games import get_rules
from tests.lobby.recorded import keep
from tests.lobby.world import Lobby, page
from tests.rooms.core.driver import BOB, Driver
from tests.rooms.core.recording import Recorder, begin

pytestmark = pytest.mark.usefixtures("live_db")
akeep = sync_to_async(keep)


@pytest.fixture(autouse=True)
def fresh_projector() -> None:
    """Ids come again when the tables are emptied."""
    projector.forget()


async def text_of(path: str, name: str = "Ann", status: int = 200) -> str:
    answer = await page(name).get(path)
    assert answer.status_code == status
    return answer.content.decode()


def config_in(text: str) -> Any:
    found = re.search(r'<script id="replay-config" type="application/json">(.*?)</script>', text)
    return json.loads(found[1]) if found else None


async def test_the_page_tells_the_result_and_what_the_player_needs() -> None:
    match = await akeep("battleship")
    text = await text_of(f"/matches/{match.pk}/")
    assert "Battleship" in text
    assert "The whole fleet is sunk." in text
    config = config_in(text)
    assert (config["frames"], config["ticks"], config["hz"]) == (
        f"/api/v1/matches/{match.pk}/replay",
        match.ticks,
        0,
    )
    assert config["views"] == [{"seat": 0, "name": "Ann"}, {"seat": 1, "name": "Bob"}]
    assert config["js"] == "/static/js/games/battleship.js"
    assert match.room not in text
    assert "style=" not in text


async def test_private_matches_are_for_those_who_played() -> None:
    match = await akeep(private=True)
    assert "private" in await text_of(f"/matches/{match.pk}/", "Bob")
    assert "no such match" in await text_of(f"/matches/{match.pk}/", "Cat", 404)
    assert "no such match" in await text_of("/matches/123456789012345678901234567890/", "Cat", 404)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"journal": []}, "This match has no replay."),
        ({"version": 9}, "under other rules"),
        ({"game": "chess"}, "no game &#x27;chess&#x27;"),
    ],
)
async def test_without_a_replay_the_result_is_told_and_why(changes: dict[str, Any], words: str) -> None:
    match = await akeep(**changes)
    text = await text_of(f"/matches/{match.pk}/")
    assert words in text
    assert config_in(text) is None
    assert "Three in a row." in text or "No cell is free" in text


async def test_a_swept_replay_is_missing_plainly() -> None:
    match = await akeep()
    await Replay.objects.all().adelete()
    projector.forget()
    assert "This match has no replay." in await text_of(f"/matches/{match.pk}/")


async def test_a_match_that_was_given_up_has_a_page() -> None:
    match = await akeep(finishers=(), reason="The room was closed.")
    text = await text_of(f"/matches/{match.pk}/")
    assert "Not decided" in text
    assert "nobody has a place" in text


async def test_a_room_leads_to_the_page_of_its_match(lobby: Lobby) -> None:
    match = await akeep(match=3)
    answer = await page().get(f"/rooms/{match.room}/matches/3/")
    assert (answer.status_code, answer["Location"]) == (302, f"/matches/{match.pk}/")


async def test_it_waits_until_the_match_is_recorded(lobby: Lobby) -> None:
    asked = asyncio.create_task(page().get(f"/rooms/{'r' * 22}/matches/1/"))
    await asyncio.sleep(0)
    match = await akeep()
    answer = await asked
    assert (answer.status_code, answer["Location"]) == (302, f"/matches/{match.pk}/")


async def test_one_that_is_not_recorded_says_so(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "RECORDED_S", 0.0)
    for room in ("n" * 22, "odd"):
        assert "not recorded yet" in await text_of(f"/rooms/{room}/matches/1/", status=404)


async def test_looking_for_matches_is_throttled(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "RECORDED_S", 0.0)
    monkeypatch.setattr(views, "LOOK_ADDRESS", Limit(LOOK_ADDRESS.name, 1, 600))
    found = [(await page().get(f"/rooms/{'n' * 22}/matches/1/")).status_code for _ in range(2)]
    assert found == [404, 429]


async def test_the_lobby_lists_recent_matches(lobby: Lobby) -> None:
    assert "Recent matches" not in await text_of("/")
    match = await akeep("snake")
    await akeep(match=2, private=True)
    text = await text_of("/")
    assert f'href="/matches/{match.pk}/"' in text
    assert text.count('class="recent-match"') == 1
    await Match.objects.aupdate(ended_at=timezone.now())
    assert ">just now</time>" in await text_of("/")


async def test_a_match_that_was_over_before_anybody_moved_has_nothing_to_play() -> None:
    driver = Driver(get_rules("tictactoe"))
    recorder = Recorder(driver)
    recorder.take(*begin(driver), driver.do(BOB, LeaveBody()))
    assert driver.room.match_tick == 0
    match = await akeep(journal=[recorder.raw], ticks=0, seed=driver.room.seed, reason="Bob left")
    text = await text_of(f"/matches/{match.pk}/")
    assert "The match was over before anybody moved" in text
    assert 'id="play"' not in text
    assert config_in(text) is None
