"""One shard in an engine's hands: its rooms, what the log brought for them, and one commit per pass.

log -> inbox -> [pass: advance, encode] -> Commit -> Redis
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Final

import msgspec

from rooms.core import tick, versions
from rooms.core.effects import Effects
from rooms.core.facts import Reply
from rooms.core.ids import RoomId
from rooms.core.inputs import Act, Attach, Entry, Lapse, Open, Operate, Reserve, parse_entry, parse_pack, split_pack
from rooms.core.room import Arrived, dump_live, dump_told, load_room, wall_ms
from rooms.core.view import card
from rooms.engine.batch import Batch
from rooms.engine.broadcast import Stage, farewell
from rooms.engine.clock import Clock
from rooms.engine.config import EngineConfig
from rooms.engine.foreign import Foreign
from rooms.engine.table import Table
from rooms.engine.watch import StepTooLong, Watch
from rooms.games import UnknownGame, get_rules
from rooms.protocol.bus import Delivery
from rooms.protocol.closing import Close
from rooms.store import Commit, Lease, Loaded

logger = logging.getLogger(__name__)
GONE: Final = "There is no such room (any more)."
FOREIGN: Final = 0
"""The group of the paces of rooms that cannot be played here; the others' are the tick rates."""
TRIM_COMMITS: Final = 16
"""While rooms tick, the log loses what is applied with every so many of the commits that applied something: nobody
reads it again, and each time costs Redis."""
TRIM_BYTES: Final = 65_536
"""Or when so much of it was read."""
_encode = msgspec.msgpack.Encoder().encode


class Shard:
    """A shard that this engine owns. All methods run on the engine's loop, none waits."""

    def __init__(self, lease: Lease, loaded: Loaded, config: EngineConfig, clock: Clock) -> None:
        self.lease, self.config, self.clock = lease, config, clock
        self.read = loaded.last
        """The id of the last entry read from the log."""
        self._committed = loaded.last
        self._trimmable, self._untrimmed = 0, TRIM_COMMITS
        """Bytes read, and commits that applied some, since the log was last trimmed; another engine may have left some.
        """
        self._rereads = True
        """What is read may be applied already: in the rooms that were ahead of the others when this was loaded."""
        self.tables: dict[RoomId, Table] = {}
        self._waiting: dict[RoomId, Table] = {}
        """The tables with entries that are not applied yet, whose first came first in front."""
        self._pressing: dict[RoomId, Table] = {}
        """Those of them that wait for no tick."""
        self._entries = 0
        """How many entries are waiting in all."""
        self._ticking: dict[int, dict[RoomId, Table]] = {}
        """The tables that are ticking, by tick rate."""
        self._alarms: list[tuple[int, RoomId]] = []
        """A heap of the times at which rooms are due; an entry that is not its table's `filed_ms` is stale."""
        self._moved: set[int] = set(loaded.groups)
        """The tick rates whose paces the next commit writes. Those of before go with the first one: it writes all rooms
        that have any anew, because the rate of one may be another now.
        """
        self._fresh: list[Table] = []
        """The tables that were just loaded: they get a pass at once, ticking or not, so that nobody waits longer."""
        self._strays: list[tuple[RoomId, Act, str]] = []
        """Entries for rooms that are not here: answered at the next pass."""
        self.foreign = Foreign(lease.shard, lease.epoch)
        self._load(loaded)
        self._ahead = max((table.live.room.applied for table in self.tables.values()), key=_parse_id, default=self.read)

    def _load(self, loaded: Loaded) -> None:
        watch = Watch(self.config.step_ms)
        with watch.over_pass():
            for room_id, raw in loaded.rooms.items():
                pace = loaded.paces.get(room_id, b"")
                self._revive(room_id, raw, pace, loaded.events.get(room_id, []), watch)
        if self.foreign.paces:
            self._moved.add(FOREIGN)

    def _revive(self, room_id: RoomId, raw: bytes, pace: bytes, events: list[bytes], watch: Watch) -> None:
        try:
            room, state = load_room(raw, pace)
            with watch.room():  # a migration is the game author's code
                live, owed = versions.adopt(room, state, get_rules(room.game), self.config.bounds, events)
        except (UnknownGame, msgspec.DecodeError, versions.Unplayable, StepTooLong) as error:
            self.foreign.add(room_id, raw, error, pace)
            return
        room.lost_ms += self.lease.gap_ms
        table = Table(live, Stage(live, self.lease.epoch), blob=dump_live(live), owed=owed)
        table.unkept = owed is not None or self.lease.gap_ms > 0 or bool(pace)
        table.lost = room.memory not in ("", self.lease.memory)
        self.tables[room_id] = table
        try:
            table.note_due()
        except Exception:  # the game's own deadline: its next pass, at once, meets the same fault and pauses it
            logger.exception("room %s does not say when it is due", room_id)
            table.unkept = True
        self._settle(table)
        self._fresh.append(table)

    # -- the log

    def take_in(self, packs: Iterable[tuple[str, bytes]]) -> int:
        """Put the entries of packs of the log into the inboxes of their rooms. Returns how many entries."""
        count = 0
        for pack_id, raw in packs:
            if self._rereads:
                self._rereads = _is_before(pack_id, self._ahead)
            self.read = pack_id
            self._trimmable += len(raw)
            entries = self._unpack(pack_id, raw)
            count += len(entries)
            for entry in entries:
                table = self.tables.get(entry.room)
                if table is None:
                    self._route(pack_id, entry)
                elif table.arrived and not self._rereads:  # it is filed already
                    table.arrived.append((pack_id, entry.act, entry.reply))
                    self._entries += 1
                else:
                    self._put(table, (pack_id, entry.act, entry.reply))
        return count

    def _unpack(self, pack_id: str, raw: bytes) -> list[Entry]:
        """The readable entries of a pack: one that is not does not take the others with it."""
        try:
            return parse_pack(raw)
        except msgspec.DecodeError as error:
            unreadable = error
        entries = []
        try:
            for part in split_pack(raw):
                try:
                    entries.append(parse_entry(part))
                except msgspec.DecodeError as error:
                    logger.error(
                        "shard %d: an entry of %s is not readable, skipped: %s", self.lease.shard, pack_id, error
                    )
        except msgspec.DecodeError:
            logger.error("shard %d: %s is not readable, skipped: %s", self.lease.shard, pack_id, unreadable)
        return entries

    def _route(self, entry_id: str, entry: Entry) -> None:
        """An entry for no room here: for all of them, for one to be opened, or for one that is gone."""
        arrived = (entry_id, entry.act, entry.reply)
        if not entry.room and isinstance(entry.act, Lapse):
            for table in self.tables.values():
                if table.arrived or any(s.web == entry.act.web for s in table.live.room.sockets.values()):
                    self._put(table, arrived)
            return
        if isinstance(entry.act, Open) and entry.room not in self.foreign:
            self._open(entry_id, entry.room, entry.act, entry.reply)
        else:
            self._strays.append((entry.room, entry.act, entry.reply))

    def _put(self, table: Table, arrived: Arrived) -> None:
        if self._rereads and _is_before(arrived[0], table.live.room.applied):
            return
        table.arrived.append(arrived)
        self._entries += 1
        room_id = table.live.room.id
        self._waiting[room_id] = table
        if not table.ticking:
            self._pressing[room_id] = table

    def _open(self, entry_id: str, room_id: RoomId, act: Open, token: str) -> None:
        if len(self.tables) >= self.config.rooms_per_shard:
            self._strays.append((room_id, act, token))
            return
        try:
            rules = get_rules(act.game)
            msgspec.convert(act.options, rules.options)
        except (UnknownGame, msgspec.ValidationError) as error:
            logger.warning("room %s was not opened: %s", room_id, error)
            self._strays.append((room_id, act, token))
            return
        live = tick.open_room(room_id, act, rules, self.config.bounds, self.clock.wall_ms())
        live.room.memory = self.lease.memory
        table = Table(live, Stage(live, self.lease.epoch))
        self.tables[room_id] = table
        self._put(table, (entry_id, act, token))

    # -- a pass

    def due(self, ticking_hz: frozenset[int], now_ms: int) -> list[Table]:
        """The tables that need a pass now: of the tick rates due, with entries, or whose time has come.

        Costs nothing for rooms that are none of these: idle rooms are not looked at.
        """
        found = dict(self._pressing)
        if self._fresh:
            found.update((table.live.room.id, table) for table in self._fresh)
            self._fresh = []
        for hz in ticking_hz:
            found.update(self._ticking.get(hz, {}))
        while self._alarms and self._alarms[0][0] <= now_ms:
            due_ms, room_id = heappop(self._alarms)
            table = self.tables.get(room_id)
            if table is None or table.filed_ms != due_ms:
                continue
            table.filed_ms = None
            if table.due_ms is not None and table.due_ms <= now_ms:
                found[room_id] = table
            else:
                self._file(table)
        return list(found.values())

    def next_due_ms(self) -> int | None:
        """The wall time at which some room that is not ticking is next due, or a time shortly before it."""
        return self._alarms[0][0] if self._alarms else None

    def has_arrivals(self) -> bool:
        """True when entries wait that no tick will take."""
        return bool(self._strays or self._fresh or self._pressing)

    def only_ticks(self) -> bool:
        """True when every room here is ticking, and nobody is owed an answer before its tick."""
        return not self.has_arrivals() and sum(map(len, self._ticking.values())) == len(self.tables)

    def ticking(self) -> set[int]:
        """The tick rates of the rooms that are ticking."""
        return {hz for hz, tables in self._ticking.items() if tables}

    def waiting(self) -> int:
        """Entries read and not yet applied."""
        return self._entries + len(self._strays)

    def _settle(self, table: Table) -> None:
        """File a table under what wakes it next."""
        room_id, hz = table.live.room.id, table.live.rules.tick_hz
        table.ticking = room_id in self.tables and tick.is_ticking(table.live)
        if table.ticking:
            self._ticking.setdefault(hz, {})[room_id] = table
        elif self._ticking.get(hz, {}).pop(room_id, None) is not None:
            self._moved.add(hz)
        if room_id in self.tables:
            self._file(table)

    def _file(self, table: Table) -> None:
        """See to it that an alarm rings when the table is due, or before: then it is filed again.

        So a due time that is put off and off (a deadline, with each move) leaves one alarm in the heap.
        """
        if table.due_ms is not None and (table.filed_ms is None or table.due_ms < table.filed_ms):
            table.filed_ms = table.due_ms
            heappush(self._alarms, (table.due_ms, table.live.room.id))

    def advance(self, tables: list[Table], watch: Watch) -> Commit | None:
        """Advance these rooms and answer strays: one commit, or None when nothing came of it.

        `watch` limits the time of each room.
        """
        batch, wall = Batch(self.lease), self.clock.wall_ms()
        for table in tables:
            self._advance(table, wall, batch, watch)
        for stray in self._strays:
            if stray[0] in self.foreign:
                self.foreign.answer(*stray, batch)
                self._moved.add(FOREIGN)  # it may have been closed
            else:
                self._answer_stray(*stray, batch)
        self._strays = []
        if self._moved:
            self._keep_paces(batch)
        last = self._applied_up_to()
        if batch.is_empty() and (last == self._committed or self._waiting):
            return None  # what waits for a tick moves `last` when it is applied
        moved = last != self._committed
        self._committed = last
        trims = self._trims(moved)
        return batch.commit(last if moved or trims else None, trims=trims)

    def _trims(self, moved: bool) -> bool:
        """Whether this commit is to trim the log; `moved`: it applies something."""
        self._untrimmed += moved
        if not self._untrimmed or (
            self._untrimmed < TRIM_COMMITS and self._trimmable < TRIM_BYTES and any(self._ticking.values())
        ):
            return False
        self._trimmable = self._untrimmed = 0
        return True

    def _advance(self, table: Table, wall: int, batch: Batch, watch: Watch) -> None:
        """`wall`: now, in milliseconds since 1970."""
        room = table.live.room
        room_id = room.id
        if table.arrived:
            self._entries -= len(table.arrived)
            del self._waiting[room_id]
            self._pressing.pop(room_id, None)
        table.stage.ahead_ms = self.clock.ahead_ms.get(table.live.rules.tick_hz)
        fx, deliveries = table.advance(wall - wall_ms(room, 0), watch)
        for web, delivery in deliveries.items():
            batch.parcels.setdefault(web, []).append(delivery)
        if fx.plain:
            self._moved.add(table.live.rules.tick_hz)
            if fx.journal or fx.unjournalled:
                batch.journal(room_id, fx)
            return
        batch.replies.update({token: _encode(reply) for token, reply in fx.replies})
        batch.outbox += [_encode(over) for over in fx.matches]
        batch.bots += [_encode(call) for call in fx.calls]
        batch.journal(room_id, fx)
        if fx.closed:
            batch.closed.append(room_id)
            del self.tables[room_id]
        elif fx.changed:
            self._keep(table, fx, batch)
        self._settle(table)

    def _keep(self, table: Table, fx: Effects, batch: Batch) -> None:
        room_id = table.live.room.id
        batch.rooms[room_id] = table.blob
        if fx.events:
            batch.events[room_id] = [dump_told(told) for told in fx.events]
        if table.carded == table.live.roster:
            return
        table.carded = table.live.roster
        shown = _encode(card(table.live))
        if shown != table.card:
            table.card = batch.cards[room_id] = shown

    def _keep_paces(self, batch: Batch) -> None:
        """All paces of each rate that moved: also of rooms that had no pass, as they are kept in one value."""
        for hz in self._moved:
            tables = self._ticking.get(hz, {}).values()
            batch.paces[hz] = {table.live.room.id: table.pace for table in tables if table.pace}
        if FOREIGN in self._moved:
            batch.paces[FOREIGN] = dict(self.foreign.paces)
        self._moved.clear()

    def _answer_stray(self, room_id: RoomId, act: Act, token: str, batch: Batch) -> None:
        if isinstance(act, Attach):
            bye = farewell(act.socket, act.wire, Close.NOT_FOUND, GONE)
            gone = Delivery(room_id, self.lease.epoch, 0, 0, [], [], [bye])
            batch.parcels.setdefault(act.web, []).append(gone)
        elif token and isinstance(act, Reserve | Operate):
            batch.replies[token] = _encode(Reply(False, "not_found", GONE))
        elif token:
            full = len(self.tables) >= self.config.rooms_per_shard
            text = "The server has as many rooms as it may." if full else "The game or its options are not valid here."
            batch.replies[token] = _encode(Reply(False, "server_full" if full else "bad_options", text))

    def _applied_up_to(self) -> str:
        """The id up to which every entry is applied: what lies behind it may be trimmed."""
        first = next(iter(self._waiting.values()), None)
        return self.read if first is None else _before(first.arrived[0][0])


def _parse_id(entry_id: str) -> tuple[int, int]:
    ms, _, seq = entry_id.partition("-")
    return int(ms), int(seq)


def _is_before(entry_id: str, applied: str) -> bool:
    """True when an entry is already applied in a room loaded from its last commit."""
    return _parse_id(entry_id) <= _parse_id(applied)


def _before(entry_id: str) -> str:
    """The id just before: what a reader gives to get `entry_id` first."""
    ms, seq = _parse_id(entry_id)
    return f"{ms}-{seq - 1}" if seq else f"{ms - 1}-{2**64 - 1}"
