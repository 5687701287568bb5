"""One room in an engine: the room, what its viewers have been shown, what waits for its next pass.

A fault in the room ends here (law 7): it is undone to the last commit, the room is paused, and what arrived is applied
to the paused room, which runs no rules.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from rooms.core import match, tick
from rooms.core.effects import Effects
from rooms.core.ids import WebId
from rooms.core.room import Live, dump_live, load_room, revive, wall_ms
from rooms.core.tick import Arrived
from rooms.engine.broadcast import Stage
from rooms.protocol.bus import Delivery

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Table:
    """Lives as long as its room, or as long as this engine owns the shard."""

    live: Live
    stage: Stage
    arrived: list[Arrived] = field(default_factory=list)
    blob: bytes = b""
    """As it was last encoded for a commit: what a fault is undone to."""
    card: bytes = b""
    due_ms: int | None = None
    """Wall time of the next pass without input; None: none. Not kept while ticking."""
    unkept: bool = False
    """It differs from what Redis has, though nothing has arrived: the next pass commits it."""

    def advance(self, now_ms: int) -> tuple[Effects, dict[WebId, Delivery]]:
        """One pass: the effects, what to deliver, and the new `blob`. Never raises for a fault of the room."""
        arrived, self.arrived = self.arrived, []
        try:
            fx = tick.advance(self.live, arrived, now_ms)
            fx.changed = fx.changed or self.unkept
            self.unkept = False
            return fx, self._encode(fx)
        except Exception as error:  # law 7: rules, views and states are the game author's, and our own code may err
            logger.exception("room %s failed in a pass; it is paused", self.live.room.id)
            return self._salvage(arrived, now_ms, error)

    def _encode(self, fx: Effects) -> dict[WebId, Delivery]:
        if not (fx.changed or fx.replies):
            return {}
        deliveries = self.stage.deliveries(fx)
        self.blob = dump_live(self.live)
        return deliveries

    def _salvage(self, arrived: list[Arrived], now_ms: int, error: Exception) -> tuple[Effects, dict[WebId, Delivery]]:
        if self.blob:
            self._undo()
        fault = Effects()
        match.pause(self.live, fault, error, "room_fault")
        fx = tick.advance(self.live, arrived, now_ms)
        fx.events[:0] = fault.events
        fx.changed = True
        return fx, self._encode(fx)

    def _undo(self) -> None:
        room, state = load_room(self.blob)
        live = revive(room, state, self.live.rules, self.live.bounds, [])
        live.events = self.live.events
        while live.events and live.events[-1].offset > room.offset:
            live.events.pop()
        live.roster = self.live.roster + 1
        self.live = live
        self.stage = Stage(live, self.stage.epoch)

    def note_due(self) -> None:
        """Work out when the next pass is due without input."""
        room_ms = None if tick.is_ticking(self.live) else tick.next_due(self.live)
        self.due_ms = None if room_ms is None else wall_ms(self.live.room, room_ms)
