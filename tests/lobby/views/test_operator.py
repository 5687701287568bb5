from __future__ import annotations

import pytest

from rooms.core.ids import RoomId
from tests.lobby.paused import paused_room, runs
from tests.lobby.test_operators import signed_in
from tests.lobby.world import Lobby, card, until
from tests.support.faulty import Switch, switch
from tests.support.temp_game import install_game

__all__ = ["install_game", "switch"]
pytestmark = pytest.mark.usefixtures("live_db")


async def text_of(client: object, path: str) -> str:
    answer = await client.get(path)  # type: ignore[attr-defined]
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return str(answer.content.decode())


@pytest.mark.usefixtures("engine")
async def test_a_paused_room_is_listed_shown_and_resumed(lobby: Lobby, switch: Switch) -> None:
    room = await paused_room(switch)
    client, _ = await signed_in()
    listed = await text_of(client, "/operator/")
    assert "1 paused" in listed
    assert f"/operator/rooms/{room}/" in listed
    shown = await text_of(client, f"/operator/rooms/{room}/")
    for part in ("rules_fault", "RuntimeError: step was told to fail", "&quot;what&quot;:&quot;start&quot;", "Ann"):
        assert part in shown, part
    answer = await client.post(f"/operator/rooms/{room}/resume/")
    assert answer["Location"] == f"/operator/rooms/{room}/?done=resumed"
    await until(lambda: runs(room, 0))
    shown = await text_of(client, answer["Location"])
    assert "The room goes on." in shown
    assert "Resume the room" not in shown


@pytest.mark.usefixtures("engine")
async def test_closing_takes_a_reason(lobby: Lobby, switch: Switch) -> None:
    room = await paused_room(switch)
    client, _ = await signed_in()
    answer = await client.post(f"/operator/rooms/{room}/close/", {"reason": "x" * 300})
    assert answer.status_code == 422
    assert "at most 200 letters" in answer.content.decode()
    answer = await client.post(f"/operator/rooms/{room}/close/", {"reason": "Sorry."})
    assert answer["Location"] == "/operator/?done=closed"
    assert "Its players were told." in await text_of(client, answer["Location"])
    assert (await client.get(f"/operator/rooms/{room}/")).status_code == 404
    assert (await client.post(f"/operator/rooms/{room}/resume/")).status_code == 404


async def test_private_and_stranded_rooms_are_listed(lobby: Lobby) -> None:
    await lobby.show(card(game="snake", private=True, host="", names=("Zoe",)))
    await lobby.show(card(game="gone"))
    client, _ = await signed_in()

    async def both() -> bool:
        return "2 open" in await text_of(client, "/operator/")

    await until(both)
    listed = await text_of(client, "/operator/")
    assert "Zoe" in listed
    assert "private" in listed
    assert "Stranded" in listed


async def test_buttons_take_forms_alone(lobby: Lobby) -> None:
    client, _ = await signed_in()
    room = RoomId("n" * 22)
    for act in ("resume", "close"):
        assert (await client.get(f"/operator/rooms/{room}/{act}/")).status_code == 405
