"""One open socket of this process, in one room: what it was shown, and what waits while it is slow.

engine -> Redis -> hub -> crowd -> [link] -> wire -> browser | bot

While all is well it is one of a cohort, which holds where it stands. A socket that does not take what it is sent keeps
only the newest state and a bounded number of events; when it reads again it gets those at once, and when it does not
within SLOW_S it is closed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from rooms import meters
from rooms.cohort import Cohort
from rooms.core.ids import RoomId, Seat, SocketId, WebId
from rooms.core.inputs import JSON, Attach, Player, Resume, Want
from rooms.core.inputs import Wire as Format
from rooms.held import Held, Keyframe
from rooms.protocol import codec, server
from rooms.protocol.bus import View
from rooms.protocol.closing import Close, may_reconnect
from rooms.wire import MOST_BUFFERED, Wire

SLOW_BYTES: Final = 16 * 1024
"""Bytes waiting for a socket above which it counts as slow. With what is held for it it stays below 64 KiB."""
SLOW_S: Final = 15.0


class _Game(msgspec.Struct, frozen=True):
    """Of the game: which version its rules are."""

    version: int = 1


class _Known(msgspec.Struct):
    """The part of a welcome that the hub must remember to ask for another."""

    incarnation: str
    game: _Game = _Game()


_json, _msgpack = msgspec.json.Decoder(_Known), msgspec.msgpack.Decoder(_Known)


@dataclass(slots=True)
class Given:
    """What a client has been given in a room whose viewers get different parts."""

    cells: dict[int, int] = field(default_factory=dict)
    """Of a large world: the cells that it has, with the tick of their keyframe; -1: it needs that anew."""
    changes: bytes | None = None
    """What it was told last; None: it must be told."""


class Link:
    """A socket as the hub sees it. `view` is None until its welcome."""

    __slots__ = (
        "_base",
        "_offset",
        "asked_at",
        "below",
        "born_ms",
        "closed",
        "cohort",
        "first",
        "full",
        "given",
        "held",
        "id",
        "incarnation",
        "last",
        "on_part",
        "on_room",
        "player",
        "resume",
        "room",
        "seat",
        "text",
        "told",
        "top",
        "version",
        "view",
        "want",
        "wire",
        "wire_format",
    )  # fmt: skip

    def __init__(self, room: RoomId, player: Player, wire_format: Format, wire: Wire) -> None:
        """Open, but not in the room yet: its hello comes first (`hello`)."""
        self.id = SocketId(secrets.token_urlsafe(9))
        self.born_ms = time.time_ns() // 1_000_000
        self.room, self.player, self.wire_format, self.wire = room, player, wire_format, wire
        self.text = wire_format == JSON
        self.want: Want = "auto"
        self.resume: Resume | None = None
        self.view: View | None = None
        self.seat: Seat = -1
        self._base, self._offset, self.given = -1, 0, Given()
        self.cohort: Cohort | None = None
        """Those it is written to with; None: its writes are its own."""
        self.incarnation = ""
        self.version = 1
        """Of the rules that the room is played by, as its newest welcome says."""
        self.asked_at: float | None = None
        """When a welcome was asked for that has not come; None when none is due."""
        self.told = False
        """It was told that the answer takes long."""
        self.last = self.below = self.first = self.top = 0
        """Of the inputs handed on: the last one; from `first` to `top` all were; `below` is the greatest before."""
        self.full = False
        """More than SLOW_BYTES wait for it."""
        self.on_part: Callable[[Link], None] | None = None
        """Called when it leaves its cohort."""
        self.on_room: Callable[[Link], None] | None = None
        """Called when a slow socket takes what it is sent again."""
        self.held: Held | None = None
        self.closed = False
        wire.watch(self._flow, SLOW_BYTES)

    # -- where it stands

    @property
    def base(self) -> int:
        """Tick of the keyframe that the client holds."""
        return self._base if self.cohort is None else self.cohort.base

    @base.setter
    def base(self, tick: int) -> None:
        self.part()
        self._base = tick

    @property
    def offset(self) -> int:
        """Every event up to this one that is meant for it was written."""
        return self._offset if self.cohort is None else self.cohort.offset

    @offset.setter
    def offset(self, offset: int) -> None:
        self.part()
        self._offset = offset

    @property
    def in_step(self) -> bool:
        """It may be written to with others that stand where it does."""
        return self.view is not None and self.asked_at is None and not (self.full or self.held or self.closed)

    def join(self, cohort: Cohort) -> None:
        """From now on it stands where the cohort stands."""
        self.cohort = cohort
        cohort.add(self)

    def part(self) -> None:
        """From now on it stands by itself."""
        cohort = self.cohort
        if cohort is not None:
            self._base, self._offset, self.cohort = cohort.base, cohort.offset, None
            cohort.remove(self)
            if self.on_part is not None:
                self.on_part(self)

    def ask(self, now: float) -> None:
        """A welcome is asked for: until it comes, nothing that goes on from where this link stands may be written."""
        self.part()
        self.asked_at = now

    def _flow(self, full: bool) -> None:
        """The wire has more than SLOW_BYTES, or has written nearly all."""
        self.full = full
        if full:
            meters.count("sockets_slow")
            self.part()
        elif self.on_room is not None:
            self.on_room(self)

    def attach(self, web: WebId) -> Attach:
        """The entry that brings this socket into its room, or back into it, from where it stands."""
        again = self.view is not None
        want = self.want if not again else "watch" if self.seat < 0 else "auto"
        return Attach(self.id, web, self.player, self.wire_format, want, self.stand(), again, self.born_ms)

    def stand(self) -> Resume | None:
        """Where this client's events end: what a new welcome must go on from."""
        if self.view is None:
            return self.resume
        held = self.held
        return Resume(self.incarnation, held.offset if held is not None and held.overflown else self.offset)

    @property
    def waiting(self) -> int:
        """Bytes that this process keeps for it, because it does not read."""
        return self.wire.buffered + (0 if self.held is None else self.held.size)

    def before(self, seq: int) -> int:
        """The input that must be counted before `seq`, which is handed on now: what `Command.prev` says; 0: none.

        Whatever its client says again, and in which order: what was handed on once is not passed over.
        """
        top, last = self.top, self.last if self.last < seq else 0
        self.last = seq
        if seq > top:
            if seq != top + 1:
                self.first, self.below = seq, top
            self.top = seq
            return top
        if seq > self.first:
            return seq - 1
        return max(last, self.below) if seq == self.first else last

    # -- writing

    def write(self, payload: bytes) -> None:
        """Send one message, whatever waits already; too much ends the connection."""
        if self.closed:
            return
        if self.full and self.wire.buffered > MOST_BUFFERED:
            self.goodbye(Close.TOO_SLOW, "You do not read what you are sent.")
            return
        self.wire.write(payload, self.text)

    def say(self, message: Any) -> None:
        """Send a message of the protocol that is for this socket alone."""
        self.write(codec.dump(message, self.wire_format))

    def goodbye(self, code: int, reason: str) -> None:
        """Close, with the reason as the last message."""
        self.end(codec.dump(server.Goodbye(int(code), reason, may_reconnect(code)), self.wire_format), code, reason)

    def end(self, payload: bytes, code: int, reason: str) -> None:
        """Send a goodbye that is encoded already, then close."""
        if self.closed:
            return
        self.closed = True
        self.part()
        meters.count(f"closed_{int(code)}")
        self.wire.write(payload, self.text)
        self.wire.close(int(code), reason)

    # -- what a delivery brings

    def welcome(self, payload: bytes, view: View, seat: Seat, tick: int, offset: int, resumed: int = -1) -> bool:
        """The engine's answer to hello or resync: the whole, from which everything later goes on.

        One that came unasked (for a seat) may go on from after events that were lost here; then it is not shown, and
        the one to come brings all. False when none is to come: one must be asked for.
        """
        stand = self.stand()
        if resumed > (-1 if stand is None else stand.offset):
            if self.view is not None:
                self.view, self.seat = view, seat
            return self.asked_at is not None or (self.held is not None and self.held.overflown)
        if self.held is not None and not self.held.overflown:
            for event in self.held.events:
                self.write(event)
        self.held = None
        if self.told:
            self.say(server.Status("ok"))
        self.part()
        self.view, self.seat, self._base, self._offset = view, seat, tick, offset
        self.given = Given()
        self.asked_at, self.told = None, False
        known = (_json if self.text else _msgpack).decode(payload)
        self.incarnation, self.version = known.incarnation, known.game.version
        self.write(payload)
        return True

    def event(self, payload: bytes, now: float) -> None:
        """An event meant for this socket."""
        held = self._held(now)
        if held is None:
            self.write(payload)
        else:
            held.event(payload)

    def whole(self, keyframe: Keyframe, now: float) -> None:
        """A keyframe of its view."""
        held = self._held(now)
        self.base, self.given.changes = keyframe.tick, None
        if held is None:
            self.write(keyframe.payload)
        else:
            held.whole(keyframe.payload)
            meters.count("frames_skipped")

    def patch(self, payload: bytes, now: float) -> None:
        """A delta against the keyframe it holds."""
        held = self._held(now)
        if held is None:
            self.write(payload)
        else:
            held.patch(payload)
            meters.count("frames_skipped")

    def is_slow(self, now: float) -> bool:
        """Whether what it is sent waits; noted as of now."""
        return self._held(now) is not None

    def _held(self, now: float) -> Held | None:
        if self.held is None and self.full:
            self.held = Held(now, self.offset)
        return self.held

    def ease(self, now: float) -> bool:
        """For a slow socket, from time to time: give it what is held once it reads, or close it.

        True when it lost events and must be welcomed again.
        """
        held = self.held
        if held is None or self.closed:
            return False
        if self.full:
            if now - held.since >= SLOW_S:
                self.goodbye(Close.TOO_SLOW, "You could not follow. Connect again for the newest state.")
            return False
        self.held = None
        if held.overflown:
            self.offset = held.offset
            return True
        for payload in held.messages():
            self.write(payload)
        return False
