"""A room: what is kept of it in Redis (`Room`), and the same with its rules and game state alive (`Live`).

Only rooms/core/tick.py and the modules it calls change one.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from rooms.core.bounds import Bounds
from rooms.core.facts import Phase
from rooms.core.game import Outcome, Rules
from rooms.core.ids import PlayerId, RoomId, Seat, SocketId, WebId
from rooms.core.inputs import Act, Player, Wire


class Sitter(msgspec.Struct, array_like=True, gc=False):
    """Who sits in a seat. `away_ms`: the room time since which no socket is there, None while one is."""

    player: Player
    strength: str = ""
    """Of a built-in bot; "" for everyone else."""
    ready: bool = False
    rematch: bool = False
    away_ms: int | None = None
    came: bool = False
    """A socket has been there at least once (else the seat is only reserved)."""
    called_ms: int = -1
    """Of a bot: when it was last called for; -1 never."""
    since: int = 0
    """The room's offset when they sat down: what this seat alone was told before was for another."""


class Socket(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One connection to the room."""

    web: WebId
    player: Player
    wire: Wire
    born_ms: int = 0
    """Of one player's sockets the last to be opened counts."""


class Cast(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One who took part in the current match, kept when the seat is given up."""

    player: Player
    strength: str


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """Why a room is paused, and since when. `trace` and `inputs` are for the operator alone: no frame has them."""

    code: str
    message: str
    trace: str = ""
    inputs: str = ""
    """The last inputs up to the failure, as JSON text for people (rooms/core/faults.py)."""
    ms: int = 0
    """The room time of the failure; a room that goes on later makes up for the time since."""
    at_ms: int = 0
    """The same as wall time, in milliseconds since 1970."""
    match_tick: int = 0
    """The last step of the match that counts."""
    gone: tuple[Seat, ...] = ()
    """Seats given up since: the rules hear of it when the room goes on."""


class Talk(msgspec.Struct, array_like=True):
    """A player's chat allowance: `left` lines at room time `at_ms`."""

    left: float
    at_ms: int


class Room(msgspec.Struct, array_like=True):
    """All that is kept of a room besides its game's state.

    Times are room milliseconds, except `opened_ms` (since 1970).
    """

    id: RoomId
    incarnation: str
    game: str
    version: int
    options: dict[str, Any]
    seed: str
    size: int
    private: bool
    quick: bool
    opened_ms: int
    seats: list[Sitter | None]
    phase: Phase = "waiting"
    tick: int = 0
    ms: int = 0
    match: int = 0
    match_ms: int | None = None
    match_tick: int = 0
    host: PlayerId | None = None
    sockets: dict[SocketId, Socket] = {}
    seqs: dict[PlayerId, int] = {}
    talk: dict[PlayerId, Talk] = {}
    banned: list[PlayerId] = []
    cast: dict[Seat, Cast] = {}
    offset: int = 0
    applied: str = "0-0"
    """The id of the last log entry whose effect is in here."""
    idle_ms: int | None = 0
    fill_ms: int | None = None
    outcome: Outcome | None = None
    fault: Fault | None = None
    lost_ms: int = 0
    """Time in which no engine ran the room: it does not count, so a stopped server costs nobody a deadline."""
    chain: int = 0
    """The check of the last line in the journal of the match (rooms/core/journal.py)."""
    journalled: int = 0
    """Bytes in that journal; 0 when no match runs, below when the journal was given up."""
    memory: str = ""
    """The word of its shard's memory when it was opened (rooms/store/memory.py); "" for a room from before there
    were words.
    """
    refused: dict[PlayerId, list[tuple[int, str, str]]] = {}
    """The last refusals of each player: seq, code, message. The next welcome repeats them."""


class Pace(msgspec.Struct, frozen=True, array_like=True):
    """What a plain pass changes of a room (effects.py), and so all that is kept of it at most ticks.

    It builds on a `Room` that was kept at an earlier tick, and counts while none of its tick or a later one was.
    """

    tick: int
    ms: int
    match_tick: int
    applied: str
    seqs: list[int]
    """In the order of the room's."""
    chain: int
    journalled: int
    state: msgspec.Raw


PACE_BYTES: Final = 8192
"""A longer one is not kept beside the room: all of a shard's are written together, also those that stand still."""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """An event as it is kept: `seats` None means everyone, else only these seats."""

    offset: int
    kind: str
    body: dict[str, Any]
    seats: tuple[Seat, ...] | None = None


HEARD: Final = 16
"""How many of the newest entries are shown with a fault."""
Arrived = tuple[str, Act, str]
"""One entry of the log for a room: its id, the act, and the reply token or ""."""
Heard = tuple[int, Arrived]
"""An entry that was applied, behind the step of the match before it."""


@dataclass(slots=True)
class Live:
    """A room in an engine's hands. `state` is None before the first match."""

    room: Room
    rules: Rules
    bounds: Bounds
    state: Any = None
    events: deque[Told] = field(default_factory=deque)
    saved: bytes = b"\xc0"
    """`state` encoded, as it last was sound: what a step that raised is undone to."""
    newer: Rules | None = None
    """The rules that the next match is played by, when `rules` are older ones (rooms/core/versions.py)."""
    heard: deque[Heard] = field(default_factory=lambda: deque(maxlen=HEARD))
    """The newest entries that were applied, oldest first: should the rules fail, the operator sees them."""
    roster: int = 0
    """Grows with every change that the room's own view or card shows, and with every change of seats and sockets."""
    alarm: int | None = None
    """The room time at which something besides the match is next due, as of the last pass that was not plain."""
    calm: bool = False
    """The last pass was plain (effects.py): `alarm` still holds."""
    seated: tuple[int, dict[PlayerId, Seat]] = (-1, {})
    """The seats by player, and the `roster` of which they are."""

    def __post_init__(self) -> None:
        self.events = deque(self.events, maxlen=self.bounds.events)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[Room, msgspec.Raw])
_pace_decoder = msgspec.msgpack.Decoder(Pace)
_told_decoder = msgspec.msgpack.Decoder(Told)


def dump_live(live: Live) -> bytes:
    """The bytes that Redis keeps of a room. Raises TypeError or OverflowError when the state cannot be encoded."""
    keep_state(live)
    return _encoder.encode((live.room, msgspec.Raw(live.saved)))


def dump_pace(live: Live) -> bytes:
    """The same of a room whose last pass was plain. Raises what `dump_live` raises."""
    room, encode = live.room, _encoder.encode
    live.saved = saved = encode(live.state)
    seqs = list(room.seqs.values())
    return encode(
        (room.tick, room.ms, room.match_tick, room.applied, seqs, room.chain, room.journalled, msgspec.Raw(saved))
    )


def load_room(raw: bytes, pace: bytes = b"") -> tuple[Room, bytes]:
    """The room in `raw`, or as it was at `pace` if that is later, and its game's state still encoded.

    Raises msgspec.DecodeError.
    """
    room, state = _decoder.decode(raw)
    if pace:
        later = _pace_decoder.decode(pace)
        if later.tick > room.tick:
            state = later.state
            _go_on(room, later)
    return room, bytes(state)


def _go_on(room: Room, pace: Pace) -> None:
    if len(pace.seqs) != len(room.seqs):
        raise msgspec.ValidationError("the pace is of another room")
    room.tick, room.ms, room.match_tick, room.applied = pace.tick, pace.ms, pace.match_tick, pace.applied
    room.seqs = dict(zip(room.seqs, pace.seqs, strict=True))
    room.chain, room.journalled = pace.chain, pace.journalled


def revive(room: Room, state: bytes, rules: Rules, bounds: Bounds, events: list[bytes]) -> Live:
    """The room alive again. Raises msgspec.DecodeError when the state is not of these rules."""
    live = Live(room, rules, bounds, None, deque(read_told(events)), state)
    live.state = read_state(live)
    return live


def keep_state(live: Live) -> None:
    """Take the state as it is for sound."""
    live.saved = _encoder.encode(live.state)


def read_state(live: Live) -> Any:
    """The state that was last sound, afresh."""
    return msgspec.msgpack.decode(live.saved, type=live.rules.state | None)


def read_told(events: list[bytes]) -> list[Told]:
    """Events as they were kept. Raises msgspec.DecodeError."""
    return [_told_decoder.decode(raw) for raw in events]


def dump_told(told: Told) -> bytes:
    """The bytes that Redis keeps of an event."""
    return _encoder.encode(told)


def wall_ms(room: Room, ms: int) -> int:
    """The wall time, in milliseconds since 1970, of a room time (past the last gap without an engine)."""
    return room.opened_ms + room.lost_ms + ms


def taken(room: Room) -> list[Seat]:
    """The seats that somebody has."""
    return [seat for seat, sitter in enumerate(room.seats) if sitter is not None]


def seat_of(room: Room, player: PlayerId) -> Seat | None:
    """The seat of a player, or None for a spectator or stranger."""
    for seat, sitter in enumerate(room.seats):
        if sitter is not None and sitter.player.id == player:
            return seat
    return None


def seats_by(live: Live) -> dict[PlayerId, Seat]:
    """The same for all players, without a look at every seat: for each input of a room with many. To be read only."""
    roster, seated = live.seated
    if roster != live.roster:
        seated = {sitter.player.id: seat for seat, sitter in enumerate(live.room.seats) if sitter is not None}
        live.seated = live.roster, seated
    return seated


def free_seat(room: Room, wanted: Seat | None = None) -> Seat | None:
    """`wanted` when it is free, or the first free seat; None when there is none."""
    if wanted is not None:
        return wanted if wanted < room.size and room.seats[wanted] is None else None
    return next((seat for seat, sitter in enumerate(room.seats) if sitter is None), None)


def sockets_of(room: Room, player: PlayerId) -> list[SocketId]:
    """The open connections of a player; more than one only while a newer replaces an older."""
    return [name for name, socket in room.sockets.items() if socket.player.id == player]


def is_person(player: Player) -> bool:
    """True for all but Holdfast's own bots: a program with a token counts as someone who is there."""
    return player.kind != "bot"
