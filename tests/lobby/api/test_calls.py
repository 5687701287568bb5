from __future__ import annotations

import gzip
import json
from typing import Any

import msgspec
import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from lobby import services
from lobby.picture import picture
from lobby.projector import projector
from lobby.records import arecord_match
from lobby.throttle import API_STRANGER, API_TOKEN, OPEN_GUEST, Limit
from lobby.tokens import make_token
from rooms.core.facts import Finisher
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Open
from rooms.games.registry import find_games
from tests.lobby.recorded import keep
from tests.lobby.test_records import over
from tests.lobby.world import Lobby, card, page

pytestmark = pytest.mark.usefixtures("live_db")
akeep = sync_to_async(keep)


class Program:
    """A caller of the API."""

    def __init__(self, token: str = "") -> None:
        self.client = AsyncClient()
        self.headers = {"authorization": f"Bearer {token}"} if token else {}

    async def get(self, path: str) -> tuple[int, Any]:
        answer = await self.client.get(f"/api/v1{path}", headers=self.headers)
        return self._read(answer)

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        raw = body if isinstance(body, str) else json.dumps(body)
        answer = await self.client.post(f"/api/v1{path}", raw, content_type="application/json", headers=self.headers)
        return self._read(answer)

    def _read(self, answer: Any) -> tuple[int, Any]:
        self.answer = answer
        body = json.loads(answer.content)
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"
            assert body["status"] == answer.status_code
            assert body["detail"]
            assert body["code"]
        return answer.status_code, body


async def program(*scopes: str) -> Program:
    text, _ = await make_token("Robo", list(scopes) or ["read", "play", "open"])
    return Program(text)


async def test_games_come_with_their_schemas(lobby: Lobby) -> None:
    status, games = await (await program("read")).get("/games")
    assert status == 200
    assert {game["slug"] for game in games} == set(find_games())
    arena = next(game for game in games if game["slug"] == "arena")
    assert arena["seats"] == {"min": 1, "max": 16, "teams": 0}
    assert arena["options"]["properties"]["score"]["maximum"] == 50
    assert (await (await program("read")).get("/games/arena"))[1] == arena
    status, problem = await (await program("read")).get("/games/chess")
    assert (status, problem["code"]) == (404, "unknown_game")


async def test_rooms_are_listed_filtered_and_looked_at(lobby: Lobby) -> None:
    snake = await lobby.show(card(game="snake", joinable=False))
    arena = await lobby.show(card(game="arena", names=("Ann", "Bob")))
    hidden = await lobby.show(card(private=True))
    await picture()
    caller = await program("read")
    _, rooms = await caller.get("/rooms")
    assert [room["room"] for room in rooms] == [arena.room, snake.room]
    assert rooms[0]["names"] == ["Ann", "Bob"]
    assert rooms[0]["opened_at"] == "2023-11-14T22:13:20Z"
    assert rooms[0]["page"] == f"http://testserver/rooms/{arena.room}/"
    assert rooms[0]["socket"] == f"ws://testserver/ws/token/rooms/{arena.room}/"
    assert [room["room"] for room in (await caller.get("/rooms?game=snake"))[1]] == [snake.room]
    assert [room["room"] for room in (await caller.get("/rooms?seats=true&limit=1"))[1]] == [arena.room]
    assert (await caller.get(f"/rooms/{hidden.room}"))[1]["private"] is True
    assert (await caller.get(f"/rooms/{'n' * 22}"))[0] == 404
    assert (await caller.get("/rooms?limit=0"))[1]["errors"] == {"limit": "Input should be greater than or equal to 1"}
    assert (await caller.get("/rooms?order=odd"))[0] == 422
    assert [room["room"] for room in (await caller.get("/rooms?text=BOB"))[1]] == [arena.room]


async def test_a_list_is_paged_through(lobby: Lobby) -> None:
    cards = [await lobby.show(card(opened_ms=number)) for number in range(5)]
    caller, path = await program("read"), "/rooms?order=new&limit=2&text=ann"
    found: list[list[str]] = []
    while path:
        _, rooms = await caller.get(path)
        found.append([room["room"] for room in rooms])
        link = caller.answer.headers.get("Link", "")
        path = link.removeprefix("<http://testserver/api/v1").removesuffix('>; rel="next"')
    newest = [one.room for one in reversed(cards)]
    assert found == [newest[:2], newest[2:4], newest[4:]]
    status, problem = await caller.get("/rooms?after=nowhere")
    assert (status, problem["code"]) == (422, "bad_cursor")


@pytest.mark.usefixtures("engine")
async def test_a_room_is_opened(lobby: Lobby) -> None:
    caller = await program("open", "read")
    status, place = await caller.post("/rooms", {"game": "arena", "options": {"score": 3}, "size": 2, "private": True})
    assert status == 201
    _, room = await caller.get(f"/rooms/{place['room']}")
    assert (room["size"], room["private"], room["options"]["score"]) == (2, True, 3)


@pytest.mark.usefixtures("engine")
async def test_two_programs_are_brought_together(lobby: Lobby) -> None:
    first, second = await program("play"), await program("play")
    status, place = await first.post("/play", {"game": "tictactoe"})
    assert status == 200
    seen = await picture()
    from tests.lobby.world import until

    await until(lambda: seen.open_seats("tictactoe"))
    assert (await second.post("/play", {"game": "tictactoe"}))[1]["room"] == place["room"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"game": "chess"}, 404, "unknown_game"),
        ({"game": "arena", "options": {"score": 0}}, 422, "bad_options"),
        ({"game": "arena", "options": {"scores": 1}}, 422, "bad_options"),
        ({"game": "arena", "size": 99}, 422, "bad_size"),
        ({"game": "arena", "size": "many"}, 422, "malformed"),
        ({"game": "arena", "hidden": True}, 422, "malformed"),
        ({}, 422, "malformed"),
        ("{", 400, "bad_request"),
    ],
)
async def test_what_is_wrong_is_a_problem(lobby: Lobby, body: Any, status: int, code: str) -> None:
    found, problem = await (await program("open")).post("/rooms", body)
    assert (found, problem["code"]) == (status, code)


async def test_without_an_engine_that_is_the_problem(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "REPLY_S", 0.01)
    caller = await program("open")
    status, problem = await caller.post("/rooms", {"game": "snake"})
    assert (status, problem["code"], caller.answer["Retry-After"]) == (503, "no_engine", "2")
    (opened,) = await lobby.written()
    assert isinstance(opened, Open)
    assert opened.host is not None
    assert (opened.host.name, opened.host.kind) == ("Robo", "api")


@pytest.mark.parametrize("token", ["", "hf_unknown", "nonsense"])
async def test_a_stranger_is_told_how_to_come_in(lobby: Lobby, token: str) -> None:
    caller = Program(token)
    status, problem = await caller.get("/rooms")
    assert (status, problem["code"], caller.answer["WWW-Authenticate"]) == (401, "no_token", "Bearer")


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("get", "/games", "read"),
        ("get", "/games/arena", "read"),
        ("get", "/rooms", "read"),
        ("get", f"/rooms/{'n' * 22}", "read"),
        ("get", "/matches", "read"),
        ("post", "/rooms", "open"),
        ("post", "/play", "play"),
    ],
)
async def test_each_call_needs_its_scope(lobby: Lobby, method: str, path: str, scope: str) -> None:
    others = [other for other in ("read", "play", "open") if other != scope]
    caller = await program(*others)
    status, problem = await (caller.get(path) if method == "get" else caller.post(path, {"game": "snake"}))
    assert (status, problem["code"]) == (403, "scope_missing")
    assert f"“{scope}”" in problem["detail"]


def limited(monkeypatch: pytest.MonkeyPatch, limit: Limit, name: str, where: str) -> None:
    """Two uses a day, so that no window ends during the test."""
    monkeypatch.setattr(f"{where}.{name}", Limit(limit.name, 2, 86_400))


async def test_a_token_is_throttled_and_another_is_not(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, API_TOKEN, "API_TOKEN", "lobby.api.auth")
    caller = await program("read")
    assert [(await caller.get("/rooms"))[0] for _ in range(3)] == [200, 200, 429]
    assert int(caller.answer["Retry-After"]) > 0
    assert (await (await program("read")).get("/rooms"))[0] == 200


async def test_guessing_tokens_is_throttled(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, API_STRANGER, "API_STRANGER", "lobby.api.auth")
    assert [(await Program(f"hf_{number}").get("/rooms"))[0] for number in range(3)] == [401, 401, 429]


async def test_opening_rooms_is_throttled(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, OPEN_GUEST, "OPEN_GUEST", "lobby.api.calls")
    caller = await program("open", "play")
    found = [(await caller.post("/rooms", {"game": "chess"}))[0] for _ in range(2)]
    assert [*found, (await caller.post("/play", {"game": "chess"}))[0]] == [404, 404, 429]


async def test_matches_are_told_newest_first_and_private_ones_to_their_players(lobby: Lobby) -> None:
    text, row = await make_token("Robo", ["read"])
    caller = Program(text)
    await arecord_match(over())
    await arecord_match(over(match=2, game="arena"))
    await arecord_match(over(match=3, private=True))
    mine = Finisher(0, PlayerId(row.player), "Robo", "api", "", 1, 0)
    await arecord_match(over(match=4, private=True, finishers=(mine,)))
    _, matches = await caller.get("/matches")
    assert [match["game"] for match in matches] == ["snake", "arena", "snake"]
    assert [finish["name"] for finish in matches[0]["finishes"]] == ["Robo"]
    assert "r" * 22 not in json.dumps(matches)
    _, older = await caller.get(f"/matches?before={matches[0]['id']}&limit=1")
    assert [match["game"] for match in older] == ["arena"]
    _, arena = await caller.get("/matches?game=arena")
    assert len(arena) == 1
    assert (await (await program("read")).get("/matches"))[1] == matches[1:]


async def test_a_card_can_always_be_told(lobby: Lobby) -> None:
    odd = await lobby.show(card(room=RoomId("_" * 22), game="chess", host="", names=()))
    _, room = await (await program("read")).get(f"/rooms/{odd.room}")
    assert room["game"] == "chess"
    assert set(room) >= set(msgspec.structs.asdict(odd)) - {"opened_ms"}


# -- replays


@pytest.fixture
def fresh_projector() -> None:
    """Ids come again when the tables are emptied."""
    projector.forget()


@pytest.mark.usefixtures("fresh_projector")
async def test_a_match_is_told_with_its_page_and_its_replay(lobby: Lobby) -> None:
    match, without = await akeep("snake"), await akeep(match=2, journal=[])
    caller = await program("read")
    status, told = await caller.get(f"/matches/{match.pk}")
    assert (status, told["page"], told["replay"]) == (200, f"http://testserver/matches/{match.pk}/", True)
    assert [one["replay"] for one in (await caller.get("/matches"))[1]] == [False, True]
    assert (await caller.get(f"/matches/{without.pk}"))[1]["replay"] is False
    hidden = await akeep(match=3, private=True)
    assert (await caller.get(f"/matches/{hidden.pk}"))[0] == 404
    assert (await (await program("play")).get(f"/matches/{match.pk}"))[1]["code"] == "scope_missing"


@pytest.mark.usefixtures("fresh_projector")
async def test_a_replay_is_played_for_a_program(lobby: Lobby) -> None:
    match = await akeep("battleship")
    caller = await program("read")
    status, chunk = await caller.get(f"/matches/{match.pk}/replay")
    assert (status, chunk["from"], chunk["view"]) == (200, 0, None)
    assert chunk["whole"]["game"]["stage"] == "placing"
    assert "Cookie" in caller.answer["Vary"]
    status, chunk = await caller.get(f"/matches/{match.pk}/replay?view=1&from={match.ticks}")
    assert (status, chunk["next"], len(chunk["frames"])) == (200, None, 1)
    wrong = {"view=7": "view_forbidden", f"from={match.ticks + 1}": "past_the_end", "from=-1": "malformed"}
    for query, code in wrong.items():
        assert (await caller.get(f"/matches/{match.pk}/replay?{query}"))[1]["code"] == code
    assert (await caller.get("/matches/99999/replay"))[1]["code"] == "not_found"


@pytest.mark.usefixtures("fresh_projector")
async def test_pages_of_guests_ask_for_replays_too(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    open_one, private = await akeep("snake"), await akeep("snake", match=2, private=True)
    zipped = {"Accept-Encoding": "gzip"}
    answer = await page("Cat").get(f"/api/v1/matches/{open_one.pk}/replay", headers=zipped)
    assert (answer.status_code, answer["Content-Encoding"]) == (200, "gzip")
    assert json.loads(gzip.decompress(answer.content))["match"] == open_one.pk
    plain = await page("Cat").get(f"/api/v1/matches/{open_one.pk}/replay")
    assert not plain.has_header("Content-Encoding")
    assert plain.json()["match"] == open_one.pk
    for name, status in (("Ann", 200), ("Cat", 404), ("", 401)):
        assert (await page(name).get(f"/api/v1/matches/{private.pk}/replay")).status_code == status
    assert (await page("Ann").get("/api/v1/matches")).status_code == 401
    monkeypatch.setattr("lobby.api.auth.REPLAY_GUEST", Limit("replay-guest", 1, 600))
    found = [(await page("Dan").get(f"/api/v1/matches/{open_one.pk}/replay")).status_code for _ in range(2)]
    assert found == [200, 429]
