"""A room whose viewers get different parts of one view: what is private to a seat, and the cells of a large world.

Each part is encoded once for each wire format; each web process gets those that some socket of its own may see, and its
hub puts every viewer's together (rooms/mosaic.py). A cell has keyframes and deltas of its own, so that whoever comes
to see it needs nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from rooms.core.ids import Seat, WebId
from rooms.core.inputs import MSGPACK, Wire
from rooms.core.room import Live, seat_of
from rooms.core.shape import Field, names_of, shape_of
from rooms.core.snapshot import ACK, CELL_LATER, FIELDS, HOWS
from rooms.core.snapshot import CELL as CELL_KEY
from rooms.core.view import eyes_of
from rooms.engine.fields import Changes, Kept, Thrift, pack
from rooms.protocol.bus import CELL, WATCH, Piece
from rooms.protocol.codec import join_delta

Sight = tuple[int, ...]


class CellStream:
    """The state of one cell between frames."""

    def __init__(self, number: int, fields: tuple[Field, ...]) -> None:
        self.number, self.fields = number, fields
        self.key_tick = -1
        self.version = 0
        """Grows with each change of the keyframe or of what is told against it."""
        self.key: list[Piece] = []
        self.delta: list[Piece] = []
        self._kept = Kept(None, ())
        self._thrift = Thrift(0)
        self._last = b""

    def advance(self, value: Any, tick: int, wires: Collection[Wire]) -> None:
        """The cell at a tick."""
        if self.key_tick < 0 or len(self.key) != len(wires) or self._thrift.is_time():
            self._renew(value, tick, wires)
            return
        changes = Changes()
        self._kept.compare(value, changes)
        body = b"".join(changes.packed)
        if body == self._last:
            return
        self._last = body
        self._thrift.note(len(body), 0)
        self.version += 1
        self.delta = [self._later(changes, wire) for wire in wires] if body else self._same(wires)

    def _renew(self, value: Any, tick: int, wires: Iterable[Wire]) -> None:
        self._kept, self.key_tick, self._last = Kept(value, self.fields, in_order=False), tick, b""
        told = Changes()
        whole = [self.number, value]
        told.add(CELL_KEY, pack(whole), whole)
        self.key = [Piece(CELL + self.number, wire, tick, told.body(wire), 2, True) for wire in wires]
        self.delta = self._same(wires)
        self._thrift = Thrift(len(self.key[0].body))
        self.version += 1

    def _later(self, changes: Changes, wire: Wire) -> Piece:
        told = Changes()
        packed = join_delta(self.number, b"".join(changes.packed), len(changes.packed), MSGPACK)
        told.add(CELL_LATER, packed, [self.number, *changes.plain])
        return Piece(CELL + self.number, wire, self.key_tick, told.body(wire), 2)

    def _same(self, wires: Iterable[Wire]) -> list[Piece]:
        return [Piece(CELL + self.number, wire, self.key_tick) for wire in wires]


class Private:
    """What one seat alone is told beside its cells: its private fields, and how many of its inputs have counted."""

    def __init__(self) -> None:
        self.version = 0
        self.pieces: list[Piece] = []
        self._last = b""

    def advance(self, seat: Seat, fields: Iterable[tuple[int, Any]], seq: int, wires: Iterable[Wire]) -> None:
        """`fields`: of the view, by number."""
        told = Changes()
        told.add(ACK, pack((seat, seq)), (seat, seq))
        for number, value in fields:
            told.add(FIELDS + number * HOWS, pack(value), value)
        body = b"".join(told.packed)
        if body != self._last or {one.wire for one in self.pieces} != set(wires):
            self._last = body
            self.version += 1
            self.pieces = [Piece(seat, wire, -1, told.body(wire), len(told.packed)) for wire in wires]


class _Web:
    """What one web process has been told."""

    def __init__(self) -> None:
        self.versions: dict[int, int] = {}
        self.keys: dict[int, int] = {}
        self.sights: dict[int, Sight] = {}


class Mosaic:
    """The parts of one room. `advance` once in a pass, then `told` for each web process."""

    def __init__(self) -> None:
        self._roster = -1
        self._viewers: dict[WebId, set[int]] = {}
        """The seats that sockets of each web process look through; WATCH: spectators."""
        self._wires: set[Wire] = set()
        self._cells: dict[int, CellStream] = {}
        self._private: dict[int, Private] = {}
        self._sights: dict[int, Sight] = {}
        self._webs: dict[WebId, _Web] = {}

    def advance(self, live: Live, blind: bool) -> None:
        """Everything as it is after this pass. `blind`: the game cannot be shown."""
        if self._roster != live.roster:
            self._look_round(live)
        seats = set().union(*self._viewers.values())
        self._sights = dict.fromkeys(seats, ())
        if live.state is None or blind:
            self._cells.clear()
        elif live.rules.cells is not None:
            self._look_at_cells(live, live.rules.cells(live.state), seats)
        self._look_at_private(live, seats, blind)

    def _look_round(self, live: Live) -> None:
        self._roster, self._viewers = live.roster, {}
        for socket in live.room.sockets.values():
            seat = seat_of(live.room, socket.player.id)
            self._viewers.setdefault(socket.web, set()).add(WATCH if seat is None else seat)
        wires = {socket.wire for socket in live.room.sockets.values()}
        if wires != self._wires:  # every cell gets a keyframe in each of them
            self._wires, self._cells = wires, {}
            self._webs.clear()
        for web in self._webs.keys() - self._viewers.keys():
            del self._webs[web]

    def _look_at_cells(self, live: Live, cells: Mapping[int, Any], seats: Iterable[int]) -> None:
        see, fields = live.rules.cells_seen, shape_of(live.rules.cell_type)
        assert see is not None
        seen: set[int] = set()
        for seat in seats:
            eyes = None if seat == WATCH else eyes_of(live, seat)
            self._sights[seat] = tuple(sorted(cell for cell in see(live.state, eyes) if cell in cells))
            seen.update(self._sights[seat])
        for cell in self._cells.keys() - seen:
            del self._cells[cell]
        for cell in seen:
            stream = self._cells.get(cell)
            if stream is None:
                stream = self._cells[cell] = CellStream(cell, fields)
            stream.advance(cells[cell], live.room.tick, self._wires)

    def _look_at_private(self, live: Live, seats: Iterable[int], blind: bool) -> None:
        names = names_of(live.rules.view_type)
        for seat in seats:
            if seat == WATCH:
                continue
            sitter = live.room.seats[seat]
            seq = 0 if sitter is None else live.room.seqs.get(sitter.player.id, 0)
            fields: list[tuple[int, Any]] = []
            if live.rules.private is not None and live.state is not None and not blind:
                eyes = eyes_of(live, seat)
                mine = None if eyes is None else live.rules.private(live.state, eyes)
                fields = [] if mine is None else [(names.index(n), v) for n, v in _named(mine)]
            self._private.setdefault(seat, Private()).advance(seat, fields, seq, self._wires)

    def forget(self, web: WebId) -> None:
        """A web process may lack what it was told: a socket of its own is welcomed."""
        self._webs.pop(web, None)

    def told(self, web: WebId) -> tuple[list[Piece], dict[int, Sight]]:
        """What is new for a web process: the parts that its sockets may see, and which cells these are by seat."""
        viewers = self._viewers.get(web, set())
        known = self._webs.setdefault(web, _Web())
        sights = {seat: self._sights[seat] for seat in viewers if self._sights[seat] != known.sights.get(seat)}
        known.sights = {seat: self._sights[seat] for seat in viewers}
        pieces: list[Piece] = []
        versions: dict[int, int] = {}
        for seat in viewers:
            private = self._private.get(seat)
            if private is not None and seat != WATCH:
                versions[seat] = private.version
                if known.versions.get(seat) != private.version:
                    pieces += private.pieces
        for cell in set().union(*known.sights.values()):
            stream = self._cells[cell]
            versions[CELL + cell] = stream.version
            if known.versions.get(CELL + cell) != stream.version:
                pieces += stream.delta if known.keys.get(cell) == stream.key_tick else [*stream.key, *stream.delta]
                known.keys[cell] = stream.key_tick
        known.keys = {cell: tick for cell, tick in known.keys.items() if CELL + cell in versions}
        known.versions = versions
        return pieces, sights


def _named(value: Any) -> Iterable[tuple[str, Any]]:
    """A struct's fields by the names they have on the wire."""
    return zip(names_of(type(value)), msgspec.structs.astuple(value), strict=True)
