from __future__ import annotations

import pytest
from django.db import OperationalError

from lobby import picture as pictures
from lobby.identity import COOKIE, read_guest
from lobby.picture import picture
from rooms.games.registry import find_games
from rooms.store import StoreUnavailable
from tests.lobby.world import Lobby, card, page, until

HTMX = {"HX-Request": "true"}


async def test_the_lobby_shows_games_and_rooms(lobby: Lobby) -> None:
    shown = await lobby.show(card(host="<Ann>"))
    hidden = await lobby.show(card(private=True))
    answer = await page().get("/")
    text = answer.content.decode()
    assert answer.status_code == 200
    for slug, rules in find_games().items():
        assert rules.title in text
        assert f'action="/play/{slug}/"' in text
        assert f'href="/games/{slug}/new/"' in text
    assert f'href="/rooms/{shown.room}/"' in text
    assert "with &lt;Ann&gt;" in text
    assert hidden.room not in text


async def test_without_the_database_rooms_are_shown_all_the_same(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away() -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr("lobby.views.home.recent_matches", away)
    shown = await lobby.show(card())
    text = (await page().get("/")).content.decode()
    assert shown.room in text
    assert "Recent matches" not in text
    assert "the database is away" in caplog.text


async def test_an_empty_lobby_shows_the_way_on(lobby: Lobby) -> None:
    text = (await page().get("/")).content.decode()
    assert "No room is open right now. Press Play on a game" in text


async def test_the_address_filters_the_list(lobby: Lobby) -> None:
    snake = await lobby.show(card(game="snake", joinable=False))
    arena = await lobby.show(card(game="arena"))
    await (await picture()).ready()
    text = (await page().get("/?game=snake")).content.decode()
    assert snake.room in text
    assert arena.room not in text
    text = (await page().get("/?game=snake&seats=1")).content.decode()
    assert snake.room not in text
    assert "No open room fits this filter." in text
    text = (await page().get("/?text=ARENA")).content.decode()
    assert (arena.room in text, snake.room in text) == (True, False)
    assert 'value="arena"' in text


async def test_without_redis_the_page_says_so_and_offers_the_rest(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: pictures.Picture) -> pictures.Picture:
        raise StoreUnavailable("Redis is away.")

    monkeypatch.setattr(pictures.Picture, "ready", away)
    answer = await page().get("/")
    assert answer.status_code == 200
    assert "cannot be read just now" in answer.content.decode()


# -- the name


async def test_a_name_is_picked_and_one_returns(lobby: Lobby) -> None:
    client = page("")
    answer = await client.post("/name/", {"name": " Ada  L ", "next": "/tokens/"})
    assert (answer.status_code, answer["Location"]) == (302, "/tokens/")
    guest = read_guest(answer.cookies[COOKIE].value)
    assert guest is not None
    assert (guest.player.name, guest.picked) == ("Ada L", True)


async def test_a_new_name_keeps_the_player(lobby: Lobby) -> None:
    answer = await page("Ann").post("/name/", {"name": "Anna"})
    guest = read_guest(answer.cookies[COOKIE].value)
    assert guest is not None
    assert (guest.player.id, guest.player.name) == ("g-ann", "Anna")


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
async def test_one_returns_nowhere_else(lobby: Lobby, back: str) -> None:
    answer = await page().post("/name/", {"name": "Ann", "next": back})
    assert answer["Location"] == "/"


async def test_what_is_wrong_with_a_name_is_said_beside_it(lobby: Lobby) -> None:
    answer = await page().post("/name/", {"name": "x" * 25})
    assert answer.status_code == 422
    assert "A name may have 24 letters; this one has 25." in answer.content.decode()
    assert COOKIE not in answer.cookies


async def test_a_name_is_picked_in_place(lobby: Lobby) -> None:
    answer = await page().post("/name/", {"name": "Anna"}, headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Everybody sees you as Anna" in text
    assert "<html" not in text
    text = (await page().post("/name/", {"name": ""}, headers=HTMX)).content.decode()
    assert 'aria-invalid="true"' in text
    assert "at least one letter" in text


# -- joining by link


async def test_a_link_leads_to_its_room_private_ones_too(lobby: Lobby) -> None:
    shown = await lobby.show(card(private=True))
    answer = await page().post("/join/", {"room": f"http://testserver/rooms/{shown.room}/"})
    assert (answer.status_code, answer["Location"]) == (302, f"/rooms/{shown.room}/")
    answer = await page().post("/join/", {"room": shown.room}, headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/rooms/{shown.room}/")


@pytest.mark.parametrize(
    ("pasted", "why"), [("hello", "That is no link to a room"), ("n" * 22, "There is no such room")]
)
async def test_what_leads_nowhere_is_said_beside_the_field(lobby: Lobby, pasted: str, why: str) -> None:
    answer = await page().post("/join/", {"room": pasted})
    assert answer.status_code == 422
    assert why in answer.content.decode()
    answer = await page().post("/join/", {"room": pasted}, headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert why in text
    assert f'value="{pasted}"' in text
    assert "<html" not in text


async def test_only_forms_of_ours_change_anything(lobby: Lobby) -> None:
    client = page(enforce_csrf_checks=True)
    for address in ("/name/", "/join/", "/play/snake/", "/games/snake/new/", "/tokens/"):
        answer = await client.post(address, {})
        assert answer.status_code == 403
        assert "Please try that again" in answer.content.decode()
    for address in ("/join/", "/play/snake/"):
        answer = await client.get(address)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert "To the lobby" in answer.content.decode()


async def test_pages_answer_head(lobby: Lobby, live_db: None) -> None:
    for address in ("/", "/name/", "/games/snake/new/", "/tokens/"):
        assert (await page().head(address)).status_code == 200


async def test_an_unknown_address_has_a_page(lobby: Lobby) -> None:
    answer = await page().get("/nowhere/")
    assert answer.status_code == 404
    assert "Nothing is held here" in answer.content.decode()


async def test_rooms_that_come_later_are_shown(lobby: Lobby) -> None:
    await page().get("/")
    shown = await lobby.show(card())
    seen = await picture()
    await until(lambda: seen.find(shown.room))
    assert shown.room in (await page().get("/")).content.decode()
