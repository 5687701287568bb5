from __future__ import annotations

import json

import pytest
from django.test import AsyncClient

from lobby.api import calls
from lobby.tokens import make_token
from tests.lobby.world import Lobby


async def test_the_description_names_every_call_and_its_problems(lobby: Lobby) -> None:
    answer = await AsyncClient().get("/api/v1/openapi.json")
    paths = json.loads(answer.content)["paths"]
    assert set(paths) == {
        "/api/v1/games",
        "/api/v1/games/{slug}",
        "/api/v1/rooms",
        "/api/v1/rooms/{room}",
        "/api/v1/play",
        "/api/v1/matches",
        "/api/v1/operator/rooms",
        "/api/v1/operator/rooms/{room}",
        "/api/v1/operator/rooms/{room}/resume",
        "/api/v1/operator/rooms/{room}/close",
        "/api/v1/matches/{match}",
        "/api/v1/matches/{match}/replay",
    }
    for path in paths.values():
        for call in path.values():
            assert {"401", "403", "429", "503"} <= set(call["responses"])
            assert call["security"] == [{"Bearer": []}]
            assert call["summary"]


async def test_the_page_to_try_it_is_ours_and_loads_only_files_of_ours(lobby: Lobby) -> None:
    text = (await AsyncClient().get("/api/v1/docs")).content.decode()
    assert "<h1>API</h1>" in text
    assert "/static/ninja/swagger-ui-bundle.js" in text
    assert "cdn" not in text.lower()


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/nowhere", "/api/v1/rooms/", "/api/v1/matches/1/"])
async def test_an_unknown_address_is_a_problem(lobby: Lobby, path: str) -> None:
    for client in (AsyncClient(), AsyncClient(enforce_csrf_checks=True)):
        for answer in (await client.get(path), await client.post(path, {})):
            assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"game":"tictactoe","options":{"first":"\\ud800"}}', 422, "bad_options"),
        ('{"game":"' + "x" * 3_000_000 + '"}', 413, "too_big"),
    ],
    ids=["half a surrogate pair", "too big"],
)
async def test_a_strange_body_is_a_problem_of_its_sender(
    lobby: Lobby, live_db: None, body: str, status: int, code: str
) -> None:
    text, _ = await make_token("Robo", ["open"])
    answer = await AsyncClient().post(
        "/api/v1/rooms", body, content_type="application/json", headers={"authorization": f"Bearer {text}"}
    )
    assert (answer.status_code, json.loads(answer.content)["code"]) == (status, code)


async def test_a_mistake_of_ours_is_logged_and_not_told(
    lobby: Lobby, live_db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(calls, "find_games", fail)
    text, _ = await make_token("Robo", ["read"])
    answer = await AsyncClient().get("/api/v1/games", headers={"authorization": f"Bearer {text}"})
    problem = json.loads(answer.content)
    assert (answer.status_code, problem["code"]) == (500, "internal")
    assert "secret" not in answer.content.decode()
    assert "the secret inside" in caplog.text
