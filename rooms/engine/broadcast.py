"""From what a pass did to what each web process must deliver: encoded once per view and wire format.

Effects -> [Delivery per web process] -> commit -> hub
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from rooms.core import view as views
from rooms.core.effects import Effects
from rooms.core.ids import Seat, SocketId, WebId
from rooms.core.inputs import Resume, Wire
from rooms.core.room import Live, Socket, Told, seat_of, wall_ms
from rooms.engine.frames import Acks, ViewStream
from rooms.protocol import server
from rooms.protocol.bus import SHARED, WATCH, Broadcast, Delivery, Direct, View, ViewFrame
from rooms.protocol.closing import may_reconnect
from rooms.protocol.codec import MAX_MESSAGE, dump

LIMITS: Final = server.Limits(message_bytes=MAX_MESSAGE, messages_per_s=60, chat_letters=300, relay_bytes=512)
"""What a welcome tells a client; rooms/limits.py holds the sockets to it."""
UNRECOVERED: Final = 50
"""Events given to a client that starts afresh: enough chat to see what is going on."""


class Stage:
    """What the viewers of one room have been shown. Belongs to an engine, dies with it: then all get keyframes."""

    def __init__(self, live: Live, epoch: int) -> None:
        self.live, self.epoch = live, epoch
        self._streams: dict[View, ViewStream] = {}
        self._roster = -1
        self._room_tree: Any = None
        self._crowd = -1
        """The roster of the next three."""
        self._audience: dict[View, set[Wire]] = {}
        self._needs: dict[WebId, set[tuple[View, Wire]]] = {}
        """What each web process must have."""
        self._held: Counter[WebId] = Counter()
        """The sockets of each web process."""
        self.blind = False
        """The game's view failed: its players are shown the paused room without it."""

    def deliveries(self, fx: Effects) -> dict[WebId, Delivery]:
        """What each web process with a socket here must deliver after this pass."""
        audience = self._audience_now()
        welcomed = {self.view_of(socket) for name, socket in self._named(fx.welcomes)}
        trees = {seen: self._tree(seen) for seen in audience}
        frames = [frame for seen in audience for frame in self._frames(seen, trees[seen], audience[seen], welcomed)]
        directs = self._directs(fx, trees)
        boxes: dict[WebId, Delivery] = {}
        if not (frames or fx.events or directs):
            return boxes
        held = self._held
        for web, needs in self._needs.items():
            events = [e for told in fx.events for e in self._broadcasts(told, {wire for _, wire in needs})]
            wanted = [frame for frame in frames if (frame.view, frame.wire) in needs]
            if events or wanted:
                boxes[web] = self._box(events, wanted, held[web])
        for web, direct in directs:
            boxes.setdefault(web, self._box([], [], held[web])).directs.append(direct)
        return boxes

    def view_of(self, socket: Socket) -> View:
        """Whose view a socket is shown: all share one, or each seat has its own."""
        if not self.live.rules.hidden:
            return SHARED
        seat = seat_of(self.live.room, socket.player.id)
        return WATCH if seat is None else seat

    def _box(self, events: list[Broadcast], frames: list[ViewFrame], held: int) -> Delivery:
        room = self.live.room
        return Delivery(room.id, self.epoch, room.tick, room.offset, events, frames, [], held)

    def _audience_now(self) -> dict[View, set[Wire]]:
        """The wires in which each view is looked at. It and the two beside it are worked out when the roster changes:
        for eight sockets that takes longer than a tick of a small game.
        """
        if self._crowd != self.live.roster:
            self._crowd, self._audience, self._needs, self._held = self.live.roster, {}, {}, Counter()
            for socket in self.live.room.sockets.values():
                seen = self.view_of(socket)
                self._audience.setdefault(seen, set()).add(socket.wire)
                self._needs.setdefault(socket.web, set()).add((seen, socket.wire))
                self._held[socket.web] += 1
        return self._audience

    def _named(self, names: Iterable[SocketId]) -> list[tuple[SocketId, Socket]]:
        sockets = self.live.room.sockets
        return [(name, sockets[name]) for name in names if name in sockets]

    def _tree(self, seen: View) -> Any:
        if self._roster != self.live.roster:
            self._roster, self._room_tree = self.live.roster, views.room_tree(self.live)
        return {"room": self._room_tree, "game": self._game_tree(seen if seen >= 0 else None)}

    def _game_tree(self, seat: Seat | None) -> Any:
        return None if self.blind else views.game_tree(self.live, seat)

    def _frames(self, seen: View, tree: Any, wires: set[Wire], welcomed: set[View]) -> list[ViewFrame]:
        room = self.live.room
        stream = self._streams.get(seen)
        if stream is None:
            stream = self._streams[seen] = ViewStream(seen)
        return stream.frames(tree, self._acks(seen), (room.tick, room.ms), wires, seen in welcomed)

    def _acks(self, seen: View) -> Acks:
        room = self.live.room
        return tuple(
            room.seqs.get(sitter.player.id, 0) if sitter is not None and seen in (SHARED, seat) else None
            for seat, sitter in enumerate(room.seats)
        )

    def _broadcasts(self, told: Told, wires: set[Wire]) -> list[Broadcast]:
        shown = None if told.seats is None or not self.live.rules.hidden else told.seats
        event = _event(told)
        return [Broadcast(told.offset, shown, told.seats, wire, dump(event, wire)) for wire in wires]

    def _directs(self, fx: Effects, trees: dict[View, Any]) -> list[tuple[WebId, Direct]]:
        sockets = self.live.room.sockets
        directs: list[tuple[WebId, Direct]] = []
        for no in fx.refusals:
            if no.socket in sockets:
                to = sockets[no.socket]
                reject = server.Reject(no.seq, no.code, no.message, no.legal)
                directs.append((to.web, Direct(no.socket, dump(reject, to.wire))))
        for name, socket in self._named(fx.acks):
            ack = server.Ack(self.live.room.seqs.get(socket.player.id, 0))
            directs.append((socket.web, Direct(name, dump(ack, socket.wire))))
        for name, socket in self._named(fx.welcomes):
            directs.append((socket.web, self._welcome(name, socket, fx.welcomes[name], trees)))
        for bye in fx.farewells:
            directs.append((bye.web, farewell(bye.socket, bye.wire, bye.code, bye.reason)))
        return directs

    def _welcome(self, name: SocketId, socket: Socket, resume: Resume | None, trees: dict[View, Any]) -> Direct:
        room, rules = self.live.room, self.live.rules
        seen, seat = self.view_of(socket), seat_of(room, socket.player.id)
        recovered, events = self._missed(seat, resume)
        game = server.GameInfo(
            rules.slug,
            rules.title,
            rules.version,
            rules.tick_hz,
            rules.strengths,
            tuple(rules.relays),
            room.options,
        )
        welcome = server.Welcome(
            you=server.You(socket.player.id, socket.player.name, socket.player.kind, seat),
            game=game,
            room=room.id,
            incarnation=room.incarnation,
            epoch=self.epoch,
            seq=room.seqs.get(socket.player.id, 0),
            offset=room.offset,
            recovered=recovered,
            events=events,
            tick=room.tick,
            ms=room.ms,
            whole=trees[seen],
            limits=LIMITS,
            server_ms=float(wall_ms(room, room.ms)),
            refused=tuple(server.Reject(*kept) for kept in room.refused.get(socket.player.id, ())),
        )
        seat_number = -1 if seat is None else seat
        resumed = resume.offset if recovered and resume is not None else -1
        return Direct(name, dump(welcome, socket.wire), view=seen, seat=seat_number, resumed=resumed)

    def _missed(self, seat: Seat | None, resume: Resume | None) -> tuple[bool, tuple[server.Event, ...]]:
        """The events a viewer may see after `resume`; (False, the newest) when there is a hole or no resume."""
        live = self.live
        sitter = None if seat is None else live.room.seats[seat]
        since = 0 if sitter is None else sitter.since
        seen = [told for told in live.events if told.seats is None or (seat in told.seats and told.offset > since)]
        oldest = live.events[0].offset if live.events else live.room.offset + 1
        same = resume is not None and resume.incarnation == live.room.incarnation
        if resume is not None and same and oldest - 1 <= resume.offset <= live.room.offset:
            return True, tuple(_event(told) for told in seen if told.offset > resume.offset)
        return False, tuple(_event(told) for told in seen[-UNRECOVERED:])


def _event(told: Told) -> server.Event:
    return server.Event(told.offset, told.kind, told.body)


def farewell(socket: SocketId, wire: Wire, code: int, reason: str) -> Direct:
    """A goodbye for one socket, which is closed after it."""
    goodbye = server.Goodbye(code, reason, may_reconnect(code))
    return Direct(socket, dump(goodbye, wire), close=code, reason=reason)
