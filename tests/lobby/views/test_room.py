from __future__ import annotations

import json
import re

import pytest

from lobby import services
from lobby.services import find_room
from lobby.throttle import OPEN_GUEST
from tests.lobby.world import Lobby, card, page, room_in


@pytest.fixture
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine runs, and waiting for one is short."""
    monkeypatch.setattr(services, "REPLY_S", 0.01)


@pytest.mark.usefixtures("engine")
async def test_a_room_is_opened_by_the_form(lobby: Lobby) -> None:
    typed = {
        "size": "3",
        "option_score": "7",
        "option_seconds": "60",
        "option_width": "2000",
        "option_height": "1000",
        "private": "on",
    }
    answer = await page().post("/games/arena/new/", typed)
    assert answer.status_code == 302
    shown = await find_room(room_in(answer["Location"]))
    assert shown is not None
    assert (shown.size, shown.private, shown.options["score"]) == (3, True, 7)


async def test_the_form_shows_the_options_and_what_is_wrong(lobby: Lobby) -> None:
    text = (await page().get("/games/arena/new/")).content.decode()
    assert "Score to win" in text
    assert 'name="option_score"' in text
    answer = await page().post("/games/arena/new/", {"size": "99", "option_score": "7"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose from 1 to 16 seats." in text
    assert 'aria-invalid="true"' in text


@pytest.mark.parametrize("address", ["/games/chess/new/", "/play/chess/"])
async def test_an_unknown_game_has_a_page(lobby: Lobby, address: str) -> None:
    answer = await page().post(address, {})
    assert answer.status_code == 404
    assert "no game called “chess”" in answer.content.decode()


@pytest.mark.usefixtures("engine")
async def test_play_leads_into_a_room(lobby: Lobby) -> None:
    answer = await page().post("/play/snake/")
    shown = await find_room(room_in(answer["Location"]))
    assert shown is not None
    assert (shown.game, shown.quick) == ("snake", True)


@pytest.mark.usefixtures("nobody_answers")
async def test_without_an_engine_the_page_says_what_to_do(lobby: Lobby) -> None:
    answer = await page().post("/play/snake/")
    assert answer.status_code == 503
    assert "manage.py runengine" in answer.content.decode()
    assert answer["Retry-After"] == "2"
    answer = await page("Bob").post("/games/tictactoe/new/", {"option_first": "random"})
    assert answer.status_code == 503
    assert "No game engine answered" in answer.content.decode()


@pytest.mark.usefixtures("nobody_answers")
async def test_one_guest_opens_only_so_many_rooms(lobby: Lobby) -> None:
    for _ in range(OPEN_GUEST.times):
        assert (await page().post("/play/tictactoe/")).status_code == 503
    answer = await page().post("/play/tictactoe/")
    assert answer.status_code == 429
    assert "A moment, please" in answer.content.decode()
    assert int(answer["Retry-After"]) > 0
    assert (await page("Bob").post("/play/tictactoe/")).status_code == 503


async def test_the_room_page_tells_its_script_what_it_needs(lobby: Lobby) -> None:
    shown = await lobby.show(card(game="tictactoe"))
    answer = await page("Ann </script>").get(f"/rooms/{shown.room}/")
    assert answer.status_code == 200
    found = re.search(r'id="room-config" type="application/json">(.*?)</script>', answer.content.decode())
    assert found
    assert json.loads(found[1]) == {
        "room": shown.room,
        "ws": f"/ws/rooms/{shown.room}/",
        "game": {"slug": "tictactoe", "title": "Noughts and crosses"},
        "js": "/static/js/games/tictactoe.js",
        "css": "/static/css/games.css",
        "player": {"id": "g-ann </script>", "name": "Ann </script>"},
        "lobby": "/",
        "matches": f"/rooms/{shown.room}/matches/",
        "invite": f"http://testserver/rooms/{shown.room}/",
    }


@pytest.mark.parametrize("room", ["n" * 22, "nonsense"])
async def test_a_room_that_is_gone_has_a_page(lobby: Lobby, room: str) -> None:
    answer = await page().get(f"/rooms/{room}/")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "This room is gone" in text
    assert "room-config" not in text


async def test_a_room_of_a_game_that_is_not_installed_has_a_page(lobby: Lobby) -> None:
    shown = await lobby.show(card(game="chess"))
    answer = await page().get(f"/rooms/{shown.room}/")
    assert answer.status_code == 200
    assert "room-config" not in answer.content.decode()
