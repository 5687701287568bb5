"""What a pass over a room asks to be sent, kept or told, besides the room itself. The engine carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from rooms.core.facts import BotCall, MatchOver, Reply
from rooms.core.ids import PlayerId, Seat, SocketId, WebId
from rooms.core.inputs import Resume, Wire
from rooms.core.room import Live, Told


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input's refusal, for its sender alone."""

    socket: SocketId
    player: PlayerId
    seq: int
    code: str
    message: str
    legal: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Farewell:
    """A socket to be closed. It carries its own address, because the room has forgotten the socket."""

    socket: SocketId
    web: WebId
    wire: Wire
    code: int
    reason: str


class Effects(msgspec.Struct):
    """Collected during one pass over one room; empty means that nothing needs sending.

    A struct, because each room that ticks has one made for every tick, and a dataclass takes twice as long.
    """

    changed: bool = False
    """The room differs from what was last committed."""
    plain: bool = False
    """It was a step of the match with nothing but moves that counted: of the room only what `Pace` has changed."""
    events: list[Told] = []
    refusals: list[Refusal] = []
    welcomes: dict[SocketId, Resume | None] = {}
    acks: set[SocketId] = set()
    farewells: list[Farewell] = []
    replies: list[tuple[str, Reply]] = []
    calls: list[BotCall] = []
    matches: list[MatchOver] = []
    journal: dict[int, list[bytes]] = {}
    """New lines of a match's journal, encoded (rooms/core/journal.py)."""
    unjournalled: list[int] = []
    """Matches whose journal outgrew its bound in this pass: what is kept of it goes."""
    closed: bool = False

    def tell(self, live: Live, kind: str, body: dict[str, Any], seats: tuple[Seat, ...] | None = None) -> None:
        """Add an event with the room's next offset."""
        live.room.offset += 1
        told = Told(live.room.offset, kind, body, seats)
        live.events.append(told)
        self.events.append(told)
        self.changed = True

    def follow(self, earlier: Effects) -> None:
        """Put what happened in this room before in front; both are committed together."""
        self.events[:0] = earlier.events
        self.matches[:0] = earlier.matches
        self.unjournalled[:0] = earlier.unjournalled
        self.farewells[:0] = earlier.farewells
        self.welcomes.update(earlier.welcomes)
        self.changed = True
        self.closed = self.closed or earlier.closed

    def roster(self, live: Live) -> None:
        """Note that the room's own view or card has changed."""
        live.roster += 1
        self.changed = True

    def reply(self, token: str, reply: Reply) -> None:
        """Answer a caller that waits, if one does."""
        if token:
            self.replies.append((token, reply))
