from __future__ import annotations

import pytest
from django.conf import settings

from lobby import services
from lobby.errors import LobbyError
from lobby.filters import Filter
from lobby.gallery import rules_of
from lobby.picture import picture
from lobby.services import FILL_MS, find_room, list_rooms, open_room, quick_play, read_options, read_size
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Open, Player
from tests.lobby.world import ANN, Lobby, card, until

BOB = Player(PlayerId("g-bob"), "Bob")


@pytest.fixture
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine runs, and waiting for one is short."""
    monkeypatch.setattr(services, "REPLY_S", 0.01)


@pytest.mark.usefixtures("engine")
async def test_a_room_is_opened_with_its_host_and_options(lobby: Lobby) -> None:
    room = await open_room(ANN, "arena", {"score": 20}, size=3)
    shown = await find_room(room)
    assert shown is not None
    assert (shown.game, shown.size, shown.options["score"], shown.options["seconds"]) == ("arena", 3, 20, 180)
    assert not shown.quick
    await until(lambda: _listed(room))


async def _listed(room: RoomId) -> bool:
    return any(shown.room == room for shown in (await list_rooms(Filter(), 200)).cards)


@pytest.mark.usefixtures("engine")
async def test_a_private_room_is_found_and_not_listed(lobby: Lobby) -> None:
    room = await open_room(ANN, "snake", private=True)
    seen = await picture()
    await until(lambda: seen.find(room) is not None)
    assert not await _listed(room)
    assert await find_room(room) is not None


@pytest.mark.usefixtures("engine")
async def test_quick_play_brings_people_together(lobby: Lobby) -> None:
    room = await quick_play(ANN, "tictactoe")
    seen = await picture()
    await until(lambda: (shown := seen.find(room)) is not None and shown.quick and shown.joinable)
    assert await quick_play(BOB, "tictactoe") == room
    await until(lambda: (shown := seen.find(room)) is not None and shown.players == 2)
    third = await quick_play(Player(PlayerId("g-cy"), "Cy"), "tictactoe")
    assert third != room


@pytest.mark.usefixtures("engine")
async def test_quick_play_passes_over_rooms_that_are_gone(lobby: Lobby) -> None:
    ghost = await lobby.show(card(game="snake"))
    await until(lambda: _listed(ghost.room))
    room = await quick_play(BOB, "snake")
    assert room != ghost.room


@pytest.mark.usefixtures("nobody_answers")
async def test_without_an_engine_that_is_said(lobby: Lobby) -> None:
    with pytest.raises(LobbyError, match="No game engine answered") as caught:
        await open_room(ANN, "snake")
    assert (caught.value.status, caught.value.code) == (503, "no_engine")


@pytest.mark.usefixtures("nobody_answers")
async def test_what_quick_play_writes(lobby: Lobby) -> None:
    with pytest.raises(LobbyError):
        await quick_play(ANN, "snake")
    (opened,) = await lobby.written()
    assert isinstance(opened, Open)
    assert (opened.fill_ms, opened.size, opened.host, opened.private) == (FILL_MS, 4, ANN, False)
    assert opened.options["walls"] is False
    assert opened.incarnation
    assert len(opened.seed) == 32


async def test_nothing_is_written_for_what_cannot_be(lobby: Lobby) -> None:
    for ask in (
        open_room(ANN, "chess"),
        open_room(ANN, "arena", {"score": 0}),
        open_room(ANN, "arena", {"scores": 1}),
        open_room(ANN, "arena", size=17),
        open_room(ANN, "tictactoe", size=3),
        quick_play(ANN, "chess"),
    ):
        with pytest.raises(LobbyError) as caught:
            await ask
        assert caught.value.status in (404, 422)
    assert await lobby.written() == []


async def test_a_full_server_opens_no_more(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.HOLDFAST, "MAX_ROOMS", 1)
    shown = await lobby.show(card())
    await until(lambda: _listed(shown.room))
    with pytest.raises(LobbyError, match="taken") as caught:
        await open_room(ANN, "snake")
    assert (caught.value.status, caught.value.retry_after) == (503, 30)


def test_options_are_made_whole_and_what_is_wrong_is_named() -> None:
    rules = rules_of("arena")
    assert read_options(rules, {"score": 5}) == {"score": 5, "seconds": 180, "width": 2400, "height": 1350}
    with pytest.raises(LobbyError) as caught:
        read_options(rules, {"score": 99})
    assert list(caught.value.fields) == ["options.score"]
    assert read_size(rules, None) == 8
    with pytest.raises(LobbyError, match="from 1 to 16"):
        read_size(rules, 0)


@pytest.mark.parametrize("room", ["", "short", "x" * 23, "../../../../etc/passwd", "{s01}:lease-----------"])
async def test_what_is_no_id_is_never_looked_up(room: str) -> None:
    assert await find_room(room) is None


async def test_a_room_that_is_not_in_the_picture_yet_is_looked_up(lobby: Lobby) -> None:
    seen = await picture()
    shown = card()
    await lobby.write(shown)
    assert seen.find(shown.room) is None
    assert await find_room(shown.room) == shown
