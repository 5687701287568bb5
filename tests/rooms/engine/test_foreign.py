"""Rooms that no rules here can go on with: kept to the byte, told of, closable."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rooms.core.facts import MatchOver, Reply
from rooms.core.ids import RoomId, SocketId, WebId
from rooms.core.inputs import JSON, Act, Attach, ChatBody, Command, Operate, Player, Reserve
from rooms.core.room import dump_live, load_room
from rooms.engine.batch import Batch
from rooms.engine.foreign import Foreign
from rooms.protocol.bus import Parcel, parse_parcel
from rooms.protocol.closing import Close
from rooms.store import Lease
from tests.rooms.core.driver import ANN, Driver, person

ROOM = RoomId("R" * 22)


def kept(raw: bytes | None = None) -> Foreign:
    game = Driver()
    game.play()
    foreign = Foreign(0, 1)
    foreign.add(ROOM, dump_live(game.live) if raw is None else raw, LookupError("no such game"))
    return foreign


def answer(foreign: Foreign, act: Act, token: str = "t") -> Batch:
    batch = Batch(Lease(0, "me", 1, 0))
    foreign.answer(ROOM, act, token, batch)
    return batch


def reply(batch: Batch) -> Reply:
    return msgspec.msgpack.decode(batch.replies["t"], type=Reply)


def goodbyes(batch: Batch) -> set[tuple[str, int]]:
    parcels: list[Parcel] = [parse_parcel(raw) for raw in batch.commit("1-0").parcels.values()]
    return {(direct.socket, direct.close) for parcel in parcels for one in parcel for direct in one.directs}


def test_whoever_comes_is_told_to_come_back() -> None:
    batch = answer(kept(), Attach(SocketId("s"), WebId("w"), person("Cat"), JSON))
    assert goodbyes(batch) == {("s", Close.SERVER_BUSY)}


@pytest.mark.parametrize("act", [Operate("resume"), Reserve(ANN)])
def test_it_cannot_be_resumed_or_joined(act: Any) -> None:
    foreign = kept()
    batch = answer(foreign, act)
    assert (reply(batch).ok, reply(batch).code) == (False, "not_playable")
    assert ROOM in foreign


def test_closing_removes_it_and_tells_everybody() -> None:
    foreign = kept()
    room, _ = load_room(foreign.rooms[ROOM])
    batch = answer(foreign, Operate("close", "The game is gone."))
    assert reply(batch).ok
    assert batch.closed == [ROOM]
    assert ROOM not in foreign
    assert goodbyes(batch) == {(name, Close.ROOM_CLOSED) for name in room.sockets}
    assert len(room.sockets) == 2


def test_its_match_is_recorded_without_places_and_its_journal_goes() -> None:
    batch = answer(kept(), Operate("close", "The game is gone."))
    (over,) = [msgspec.msgpack.decode(raw, type=MatchOver) for raw in batch.outbox]
    assert (over.match, over.finishers, over.reason, over.journalled) == (1, (), "The game is gone.", False)
    assert batch.given_up == [(ROOM, 1)]


def test_one_that_cannot_even_be_read_can_be_closed() -> None:
    foreign = kept(b"\xc1 no room at all")
    assert answer(foreign, Operate("close")).closed == [ROOM]


def test_who_is_connected_is_sent_back_with_what_they_say() -> None:
    """Else an input would be swallowed: a client says again on a new connection what was not acknowledged."""
    foreign = kept()
    room, _ = load_room(foreign.rooms[ROOM])
    name, socket = next(iter(room.sockets.items()))
    act = Command(name, socket.player.id, 9, ChatBody("hello?"))
    assert goodbyes(answer(foreign, act)) == {(name, Close.SERVER_BUSY)}
    assert answer(foreign, Command(SocketId("gone"), ANN.id, 9, ChatBody("hello?"))).is_empty()


def test_what_else_comes_changes_nothing() -> None:
    foreign = kept()
    before = dict(foreign.rooms)
    assert answer(foreign, Reserve(Player(ANN.id, "Ann")), token="").is_empty()
    assert foreign.rooms == before
