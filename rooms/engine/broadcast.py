"""From what a pass did to what each web process must deliver: encoded once per view and wire format.

Effects -> [Delivery per web process] -> commit -> hub
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

from rooms.core.effects import Effects
from rooms.core.ids import PlayerId, Seat, SocketId, WebId
from rooms.core.inputs import Resume, Wire
from rooms.core.room import Live, Socket, Told, seat_of, wall_ms
from rooms.core.shape import names_of
from rooms.core.tick import is_ticking
from rooms.core.view import game_view, room_tree
from rooms.engine.frames import Acks, Shown, ViewStream, whole_of
from rooms.engine.mosaic import Mosaic
from rooms.protocol import server
from rooms.protocol.bus import SHARED, WATCH, Broadcast, Delivery, Direct, View, ViewFrame
from rooms.protocol.closing import may_reconnect
from rooms.protocol.codec import MAX_MESSAGE, dump

LIMITS: Final = server.Limits(message_bytes=MAX_MESSAGE, messages_per_s=60, chat_letters=300, relay_bytes=512)
"""What a welcome tells a client; rooms/limits.py holds the sockets to it."""
_NONE: Final[list[Any]] = []
_NOTHING: Final[dict[int, Any]] = {}
UNRECOVERED: Final = 50
"""Events given to a client that starts afresh: enough chat to see what is going on."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is here and sees what. The same until somebody comes, goes or changes seats."""

    views: dict[View, set[Wire]]
    needs: dict[WebId, set[tuple[View, Wire]]]
    """Of each web process."""
    held: Counter[WebId]
    """How many sockets of each web process the room holds."""
    players: tuple[PlayerId, ...]
    """By seat; "" where nobody sits."""
    alike: bool
    """All see the same in the same wire format."""


class Stage:
    """What the viewers of one room have been shown. Belongs to an engine, dies with it: then all get keyframes."""

    def __init__(self, live: Live, epoch: int) -> None:
        self.live, self.epoch = live, epoch
        self._streams: dict[View, ViewStream] = {}
        self._known: tuple[int, int] | None = None
        """The roster, and how many sockets there were, as `_audience` and `_room` show them."""
        self._audience = Audience({}, {}, Counter(), (), True)
        self._room: Any = None
        self._acked: tuple[str, Acks] = ("", ())
        """The acks of all, and the newest entry that they count."""
        self._mosaic = Mosaic() if live.rules.pieced else None
        self.ahead_ms: int | None = None
        """From about when what is delivered now arrives to the next tick of the room's rate, if that is known."""
        self.blind = False
        """The game's view failed: its players are shown the paused room without it."""

    def deliveries(self, fx: Effects) -> dict[WebId, Delivery]:
        """What each web process with a socket here must deliver after this pass."""
        audience = self._look()
        if not (audience.views or fx.farewells):
            return {}  # nobody is here: no event, refusal or welcome has a reader either
        if fx.plain and not (fx.acks or fx.farewells) and self._mosaic is None:
            return self._ticked(audience)
        welcomed = {self.view_of(socket) for _, socket in self._named(fx.welcomes)} if fx.welcomes else ()
        shown = {seen: self._shown(seen) for seen in audience.views}
        if self._mosaic is not None:
            boxes = self._lay(self._mosaic, fx, audience, shown)
        else:
            frames = self._frames(audience, shown, welcomed)
            boxes = self._boxes(fx, audience, frames) if frames or fx.events else {}
        for web, direct in self._directs(fx, shown):
            if web not in boxes:
                boxes[web] = self._box([], [], audience.held[web])
            boxes[web].directs.append(direct)
        return boxes

    def _ticked(self, audience: Audience) -> dict[WebId, Delivery]:
        """The same after most ticks of most rooms: there is nothing to tell but the state."""
        frames: list[ViewFrame] = []
        for seen, wires in audience.views.items():
            stream = self._streams.get(seen) or self._stream(seen)
            frames += stream.frames(self._shown(seen), wires, False)
        if not frames:
            return {}
        if audience.alike:  # nothing is put into these boxes any more, so what is empty in them is so in all
            head, beat = (self.live.room.id, self.epoch, self.live.room.tick, self.live.room.offset), self._beat()
            return {
                web: Delivery(*head, _NONE, frames, _NONE, held, _NONE, _NOTHING, *beat)
                for web, held in audience.held.items()
            }
        boxes: dict[WebId, Delivery] = {}
        for web, needs in audience.needs.items():
            if wanted := [frame for frame in frames if (frame.view, frame.wire) in needs]:
                boxes[web] = self._box([], wanted, audience.held[web])
        return boxes

    def _frames(self, audience: Audience, shown: dict[View, Shown], welcomed: Collection[View]) -> list[ViewFrame]:
        frames: list[ViewFrame] = []
        for seen, wires in audience.views.items():
            frames += self._stream(seen).frames(shown[seen], wires, seen in welcomed)
        return frames

    def _stream(self, seen: View) -> ViewStream:
        stream = self._streams.get(seen)
        if stream is None:
            stream = self._streams[seen] = ViewStream(seen)
        return stream

    def _lay(self, mosaic: Mosaic, fx: Effects, audience: Audience, shown: dict[View, Shown]) -> dict[WebId, Delivery]:
        """The boxes of a room whose frames are put together out of pieces: a keyframe for all, and what is news of the
        pieces that each web process' sockets may see.
        """
        if not audience.views:
            return {}
        wires = audience.views[SHARED]
        frames, shared, news = self._stream(SHARED).pieces(shown[SHARED], wires, bool(fx.welcomes))
        boxes = self._boxes(fx, audience, frames) if frames or fx.events else {}
        mosaic.advance(self.live, self.blind)
        for _, socket in self._named(fx.welcomes):
            mosaic.forget(socket.web)
        for web in audience.needs:
            pieces, sights = mosaic.told(web)
            if pieces or sights or news:
                if web not in boxes:
                    boxes[web] = self._box([], [], audience.held[web])
                boxes[web].pieces.extend([*shared, *pieces])
                boxes[web].sights.update(sights)
        return boxes

    def _boxes(self, fx: Effects, audience: Audience, frames: list[ViewFrame]) -> dict[WebId, Delivery]:
        boxes: dict[WebId, Delivery] = {}
        for web, needs in audience.needs.items():
            events = [e for told in fx.events for e in self._broadcasts(told, {wire for _, wire in needs})]
            wanted = [frame for frame in frames if (frame.view, frame.wire) in needs]
            if events or wanted:
                boxes[web] = self._box(events, wanted, audience.held[web])
        return boxes

    def view_of(self, socket: Socket) -> View:
        """Whose view a socket is shown: all share one, or each seat has its own."""
        if not self.live.rules.hidden:
            return SHARED
        seat = seat_of(self.live.room, socket.player.id)
        return WATCH if seat is None else seat

    def _box(self, events: list[Broadcast], frames: list[ViewFrame], held: int) -> Delivery:
        room = self.live.room
        return Delivery(room.id, self.epoch, room.tick, room.offset, events, frames, [], held, [], {}, *self._beat())

    def _beat(self) -> tuple[int, int]:
        """`hz` and `ahead_ms` of a delivery."""
        if self.ahead_ms is None or not is_ticking(self.live):
            return 0, 0
        return self.live.rules.tick_hz, self.ahead_ms

    def _look(self) -> Audience:
        """The audience, and the room's part, afresh when they may have changed."""
        sockets, known = self.live.room.sockets, (self.live.roster, len(self.live.room.sockets))
        if known == self._known:
            return self._audience
        views: dict[View, set[Wire]] = {}
        needs: dict[WebId, set[tuple[View, Wire]]] = {}
        for socket in sockets.values():
            seen = self.view_of(socket)
            views.setdefault(seen, set()).add(socket.wire)
            needs.setdefault(socket.web, set()).add((seen, socket.wire))
        held = Counter(socket.web for socket in sockets.values())
        players = tuple(PlayerId("") if one is None else one.player.id for one in self.live.room.seats)
        alike = len(views) == 1 and len(next(iter(views.values()))) == 1
        self._known, self._audience = known, Audience(views, needs, held, players, alike)
        self._room, self._acked = room_tree(self.live), ("", ())
        return self._audience

    def _named(self, names: Iterable[SocketId]) -> list[tuple[SocketId, Socket]]:
        sockets = self.live.room.sockets
        return [(name, sockets[name]) for name in names if name in sockets]

    def _shown(self, seen: View) -> Shown:
        live, room = self.live, self.live.room
        game = None if self.blind else game_view(live, seen if seen >= 0 else None)
        known = seen == SHARED and self._acked[0] == room.applied
        acks = self._acked[1] if known else self._acks(seen)
        return Shown(room.tick, room.ms, acks, self._room, game, live.rules)

    def _acks(self, seen: View) -> Acks:
        """By seat, of those that this view may know of."""
        players, room = self._audience.players, self.live.room
        seqs = room.seqs
        if self._mosaic is not None:  # each seat's stands in its own piece
            return ()
        if seen == SHARED:
            acks = tuple(map(seqs.get, players, repeat(0)))
            self._acked = room.applied, acks
            return acks
        return (*repeat(0, seen), seqs.get(players[seen], 0)) if seen >= 0 else ()

    def _broadcasts(self, told: Told, wires: set[Wire]) -> list[Broadcast]:
        shown = None if told.seats is None or not self.live.rules.hidden else told.seats
        event = _event(told)
        return [Broadcast(told.offset, shown, told.seats, wire, dump(event, wire)) for wire in wires]

    def _directs(self, fx: Effects, shown: dict[View, Shown]) -> list[tuple[WebId, Direct]]:
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
            directs.append((socket.web, self._welcome(name, socket, fx.welcomes[name], shown)))
        for bye in fx.farewells:
            directs.append((bye.web, farewell(bye.socket, bye.wire, bye.code, bye.reason)))
        return directs

    def _welcome(self, name: SocketId, socket: Socket, resume: Resume | None, shown: dict[View, Shown]) -> Direct:
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
            names_of(rules.view_type),
            names_of(rules.cell_type),
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
            whole=whole_of(shown[seen]),
            limits=LIMITS,
            server_ms=float(wall_ms(room, room.ms)),
            refused=tuple(server.Reject(*kept) for kept in room.refused.get(socket.player.id, ())),
            acks=shown[seen].acks,
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
