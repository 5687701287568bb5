"""Rooms of a shard that no rules here can go on with: kept untouched for an engine that can, listed, closable.

load -> [Foreign] -> a later engine, or an operator who closes them
"""

from __future__ import annotations

import logging
from typing import Final

import msgspec

from rooms.core.facts import Reply
from rooms.core.ids import RoomId, SocketId, WebId
from rooms.core.inputs import Act, Attach, Command, Operate, Reserve
from rooms.core.match import record_of
from rooms.core.operating import CLOSED
from rooms.core.room import Room, load_room
from rooms.engine.batch import Batch
from rooms.engine.broadcast import farewell
from rooms.protocol.bus import Delivery, Direct
from rooms.protocol.closing import Close
from rooms.store import Paces

logger = logging.getLogger(__name__)
_encode = msgspec.msgpack.Encoder().encode

BUSY: Final = "This server cannot run that game now."
CANNOT: Final = "No engine here has the rules of this room's game in its version. Start one that has; the room waits."


class Foreign:
    """The rooms by id, as they stand in Redis."""

    def __init__(self, shard: int, epoch: int) -> None:
        """None yet."""
        self._shard, self._epoch = shard, epoch
        self.rooms: dict[RoomId, bytes] = {}
        self.paces: Paces = {}
        """Of those that stood in the middle of a match: kept as they are, too."""

    def __contains__(self, room: RoomId) -> bool:
        return room in self.rooms

    def add(self, room: RoomId, raw: bytes, why: BaseException, pace: bytes = b"") -> None:
        """Keep a room that cannot be played here."""
        logger.error("room %s of shard %d cannot be played here: %s", room, self._shard, why)
        self.rooms[room] = raw
        if pace:
            self.paces[room] = pace

    def answer(self, room: RoomId, act: Act, token: str, batch: Batch) -> None:
        """An entry for one of these rooms: closing is all that can be done."""
        if isinstance(act, Attach):
            bye = farewell(act.socket, act.wire, Close.SERVER_BUSY, BUSY)
            self._send(room, act.web, [bye], batch)
        elif isinstance(act, Command):
            self._send_back(room, act.socket, batch)
        elif isinstance(act, Operate) and act.action == "close":
            self._close(room, act.reason or CLOSED, batch)
            batch.replies[token] = _encode(Reply(True))
        elif token and isinstance(act, Operate | Reserve):
            batch.replies[token] = _encode(Reply(False, "not_playable", CANNOT))

    def _send_back(self, room: RoomId, name: SocketId, batch: Batch) -> None:
        """Whoever is connected and says something must say it again later: it does not count now."""
        try:
            kept, _ = load_room(self.rooms[room], self.paces.get(room, b""))
        except msgspec.DecodeError:
            return
        socket = kept.sockets.get(name)
        if socket is not None:
            bye = farewell(name, socket.wire, Close.SERVER_BUSY, BUSY)
            self._send(room, socket.web, [bye], batch)

    def _close(self, room: RoomId, reason: str, batch: Batch) -> None:
        batch.closed.append(room)
        try:
            kept, _ = load_room(self.rooms.pop(room), self.paces.pop(room, b""))
        except msgspec.DecodeError:  # not even its seats can be read: whoever is connected learns it at the next try
            return
        if kept.phase == "playing":
            kept.journalled = 0  # what there is of a journal has no end, and goes
            batch.given_up.append((room, kept.match))
            batch.outbox.append(_encode(record_of(kept, (), reason)))
        for web, directs in _farewells(kept, reason).items():
            self._send(room, web, directs, batch)

    def _send(self, room: RoomId, web: WebId, directs: list[Direct], batch: Batch) -> None:
        batch.parcels.setdefault(web, []).append(Delivery(room, self._epoch, 0, 0, [], [], directs))


def _farewells(room: Room, reason: str) -> dict[WebId, list[Direct]]:
    """A goodbye for every socket, by web process."""
    byes: dict[WebId, list[Direct]] = {}
    for name, socket in room.sockets.items():
        byes.setdefault(socket.web, []).append(farewell(name, socket.wire, Close.ROOM_CLOSED, reason))
    return byes
