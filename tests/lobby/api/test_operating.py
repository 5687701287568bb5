"""The operator's calls of the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lobby.api.test_calls import program
from tests.lobby.paused import paused_room, runs
from tests.lobby.world import Lobby, card, until
from tests.support.faulty import Switch, switch
from tests.support.temp_game import install_game

__all__ = ["install_game", "switch"]
pytestmark = pytest.mark.usefixtures("live_db")
NONE = "n" * 22


async def test_every_call_needs_the_scope(lobby: Lobby) -> None:
    robo = await program("read", "play", "open")
    for path in ("/operator/rooms", f"/operator/rooms/{NONE}"):
        assert (await robo.get(path))[0] == 403
    for act in ("resume", "close"):
        status, body = await robo.post(f"/operator/rooms/{NONE}/{act}", {})
        assert (status, body["code"]) == (403, "scope_missing")
    assert await lobby.written() == []


async def test_every_room_is_listed(lobby: Lobby) -> None:
    await lobby.show(card(private=True))
    calls = await program("operate")

    async def listed() -> bool:
        return [one["private"] for one in (await calls.get("/operator/rooms"))[1]] == [True]

    await until(listed)


@pytest.mark.usefixtures("engine")
async def test_a_paused_room_is_shown_resumed_and_closed(lobby: Lobby, switch: Switch) -> None:
    room = await paused_room(switch)
    calls = await program("operate")
    status, shown = await calls.get(f"/operator/rooms/{room}")
    assert status == 200
    assert shown["fault"]["code"] == "rules_fault"
    assert "step was told to fail" in shown["fault"]["traceback"]
    assert '"start"' in shown["fault"]["inputs"]
    assert [seat and seat["name"] for seat in shown["seats"]] == ["Ann", None, None]
    assert (shown["game"], shown["phase"], shown["stranded"]) == ("faulty", "playing", "")
    answer = await calls.client.post(f"/api/v1/operator/rooms/{room}/resume", headers=calls.headers)
    assert answer.status_code == 204
    await until(lambda: runs(room, 0))
    status, body = await calls.post(f"/operator/rooms/{room}/resume", {})
    assert (status, body["code"]) == (409, "not_paused")
    status, body = await calls.post(f"/operator/rooms/{room}/close", {"reason": "x" * 201})
    assert status == 422
    raw: Any = {"data": '{"reason": "Done."}', "content_type": "application/json"}
    answer = await calls.client.post(f"/api/v1/operator/rooms/{room}/close", headers=calls.headers, **raw)
    assert answer.status_code == 204
    assert (await calls.get(f"/operator/rooms/{room}"))[0] == 404
