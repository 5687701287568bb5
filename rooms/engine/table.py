"""One room in an engine: the room, what its viewers have been shown, what waits for its next pass.

A fault in the room ends here (law 7): it is undone to the last commit, the room is paused, and what arrived is applied
to the paused room, which runs no rules.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Final

import msgspec

from rooms.core import ending, match, tick, versions
from rooms.core.effects import Effects
from rooms.core.ids import WebId
from rooms.core.room import PACE_BYTES, Arrived, Live, dump_live, dump_pace, load_room, revive, wall_ms
from rooms.engine.broadcast import Stage
from rooms.engine.watch import StepTooLong, Watch
from rooms.protocol.bus import Delivery

logger = logging.getLogger(__name__)


class RoomTooLarge(Exception):
    """The state has grown past what a room may take: of its rules' making, so it is the room's fault (law 7)."""


FAULTS: Final[dict[type[BaseException], str]] = {StepTooLong: "too_long", RoomTooLarge: "too_large"}
"""Codes of faults that are told apart; any other is "room_fault"."""


@dataclass(slots=True)
class Table:
    """Lives as long as its room, or as long as this engine owns the shard."""

    live: Live
    stage: Stage
    arrived: list[Arrived] = field(default_factory=list)
    blob: bytes = b""
    """As it was last encoded for a commit: what a fault is undone to."""
    pace: bytes = b""
    """How far it has gone on since then in passes that were all plain; b"" when it has not."""
    card: bytes = b""
    """As it was last given to the lobby."""
    carded: int = -1
    """The `roster` of which that is."""
    due_ms: int | None = None
    """Wall time of the next pass without input; None: none. Not kept while ticking."""
    filed_ms: int | None = None
    """The time under which it is filed in its shard's heap of alarms, `due_ms` or earlier; None: it is not."""
    owed: Effects | None = None
    """What happened to the room when it was loaded: part of its first pass that succeeds."""
    unkept: bool = False
    """It differs from what Redis has, though nothing has arrived: the next pass commits it."""
    lost: bool = False
    """Its data went back while nobody could keep them: the next pass ends it."""
    ticking: bool = False
    """It waits for the next tick of its rate, and for nothing else."""
    shown: int | None = None
    """The room's tick when its viewers' frames were last worked out; None: not by this engine since an undo."""
    acked: str = ""
    """The newest entry that had been applied then."""

    def advance(self, now_ms: int, watch: Watch) -> tuple[Effects, dict[WebId, Delivery]]:
        """One pass: the effects, what to deliver, and the new `blob`. Never raises for a fault of the room."""
        arrived = self.arrived
        if arrived:
            self.arrived = []
        try:
            with watch.room():
                fx = self._attempt(arrived, now_ms)
                deliveries = self._encode(fx)
            self.owed = None
            return fx, deliveries
        except (Exception, StepTooLong) as error:
            # Rules, views and states are the game author's, and our own code may err: it is this room's alone (law 7).
            logger.exception("room %s failed in a pass; it is paused", self.live.room.id)
            return self._salvage(arrived, now_ms, error, watch)

    def _attempt(self, arrived: list[Arrived], now_ms: int) -> Effects:
        fx = ending.lose_room(self.live) if self.lost else tick.advance(self.live, arrived, now_ms)
        if not fx.plain:  # else it ticks on, and is due at no time of its own
            self.note_due()
        if self.unkept or self.owed is not None:
            self._add_what_is_owed(fx)
        return fx

    def _add_what_is_owed(self, fx: Effects) -> None:
        fx.plain = False
        if self.unkept and not fx.changed:
            self.live.room.tick += 1  # its viewers get a keyframe of it, and no tick is ever shown twice
            fx.changed = True
        self.unkept = False
        if self.owed is not None:
            fx.follow(self.owed)

    def _encode(self, fx: Effects) -> dict[WebId, Delivery]:
        if not (fx.changed or fx.replies):
            return {}
        live, before = self.live, self.live.saved
        if live.room.fault is None:  # it was resumed: its game is shown again
            self.stage.blind = False
        pace = dump_pace(live) if fx.plain else b""
        fx.plain = 0 < len(pace) <= PACE_BYTES
        if fx.plain:
            nobody = not live.room.sockets
            deliveries = {} if nobody or (live.saved == before and self._is_fresh()) else self._show(fx)
            self.pace = pace
        else:
            blob = dump_live(live)
            deliveries = self._show(fx)
            self._keep(blob)
        return deliveries

    def _show(self, fx: Effects) -> dict[WebId, Delivery]:
        deliveries = self.stage.deliveries(fx)
        self.shown, self.acked = self.live.room.tick, self.live.room.applied
        return deliveries

    def _is_fresh(self) -> bool:
        """True when what is shown was worked out within the last second, and nothing has come since that is to be
        acknowledged: a view shows the state and nothing else.
        """
        room, hz = self.live.room, self.live.rules.tick_hz
        return self.shown is not None and room.tick - self.shown < hz and room.applied == self.acked

    def _keep(self, blob: bytes) -> None:
        """Take `blob` for the next commit. Raises RoomTooLarge."""
        limit = self.live.bounds.room_bytes
        if len(blob) > limit:
            raise RoomTooLarge(f"the room would take {len(blob)} bytes; it may have {limit}")
        self.blob, self.pace = blob, b""

    def _salvage(
        self, arrived: list[Arrived], now_ms: int, error: BaseException, watch: Watch
    ) -> tuple[Effects, dict[WebId, Delivery]]:
        """Undo the pass, pause the room, and apply what arrived to the paused room, which runs no rules.

        When the game cannot even be shown, the room is shown without it. What cannot be applied at all is given up, or
        it would end every engine that reads it.
        """
        for blind in (False, True):
            try:
                fault = self._pause_undone(error)
                self.stage.blind = blind
                with watch.room():
                    fx = self._attempt(arrived, now_ms)
                    fx.events[:0] = fault.events
                    fx.changed, fx.plain = True, False
                    deliveries = self._encode(fx)
                self.owed = None
                return fx, deliveries
            except (Exception, StepTooLong):
                logger.exception(
                    "room %s cannot be saved %s its game", self.live.room.id, "without" if blind else "with"
                )
        logger.error("room %s: %d entries that it could not take are lost", self.live.room.id, len(arrived))
        fx = self._pause_undone(error)
        self.note_due()
        if self.owed is not None:
            fx.follow(self.owed)
            self.owed = None
        if arrived:
            self.live.room.applied = arrived[-1][0]
        self.live.room.tick += 1
        self.unkept = False
        self.blob, self.pace = dump_live(self.live), b""
        return fx, {}

    def _pause_undone(self, error: BaseException) -> Effects:
        heard = self.live.heard
        if self.blob:
            self._undo()
        self.live.heard = heard
        self.unkept = True  # what it is undone to was shown already; that it is paused is news even if nothing arrived
        fx = Effects(changed=True)
        match.pause(self.live, fx, error, FAULTS.get(type(error), "room_fault"))
        return fx

    def _undo(self) -> None:
        room, state = load_room(self.blob, self.pace)
        rules = versions.rules_of(self.live, room.version)
        try:
            live = revive(room, state, rules, self.live.bounds, [])
        except msgspec.DecodeError:  # the rules broke their State's own constraints: the room goes on without a game
            logger.exception("the state of room %s cannot be read back", room.id)
            live = Live(room, rules, self.live.bounds)
        live = versions.keep_older(live, self.live.newer or self.live.rules)
        live.events = self.live.events
        while live.events and live.events[-1].offset > room.offset:
            live.events.pop()
        live.roster = self.live.roster + 1
        self.live = live
        self.stage, self.shown = Stage(live, self.stage.epoch), None

    def note_due(self) -> None:
        """Work out when the next pass is due without input. Raises whatever the game's `deadline` does."""
        room_ms = None if tick.is_ticking(self.live) else tick.next_due(self.live)
        self.due_ms = None if room_ms is None else wall_ms(self.live.room, room_ms)
