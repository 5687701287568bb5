"""What a server sends. Fields that hold their default are left out."""

from __future__ import annotations

from typing import Any

import msgspec

from rooms.core.ids import Seat


class _Message(msgspec.Struct, frozen=True, tag_field="t", omit_defaults=True):
    pass


class You(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who the reader of a welcome is. `seat` None: a spectator."""

    player: str
    name: str
    kind: str = "guest"
    seat: Seat | None = None


class GameInfo(msgspec.Struct, frozen=True):
    """The game of the room: enough for a client to load its drawing and pace itself."""

    slug: str
    title: str
    version: int
    tick_hz: int
    strengths: tuple[str, ...]
    relays: tuple[str, ...]
    options: dict[str, Any]
    fields: tuple[str, ...] = ()
    """The names of the fields of the game's view, in the order in which deltas number them; () when they do not."""
    cells: tuple[str, ...] = ()
    """The same of a cell's; () for a game without cells."""


class Limits(msgspec.Struct, frozen=True):
    """What the server holds a client to: bytes of a message, messages a second, letters of a chat line."""

    message_bytes: int
    messages_per_s: int
    chat_letters: int
    relay_bytes: int


class Event(_Message, frozen=True, tag="event"):
    """One thing that happened. Offsets grow by one for each event of the room; a viewer gets those meant for it."""

    offset: int
    kind: str
    body: dict[str, Any] = {}


class Frame(_Message, frozen=True, tag="frame"):
    """A keyframe: the whole state at `tick`, and the base of the deltas that follow.

    `whole` is {"room": RoomView, "game": the game's view or null}. `acks` holds, by seat, the last seq that counted
    (0: none): of every seat where all see the same, else of the viewer's own alone (0 elsewhere).
    """

    tick: int
    ms: int
    acks: tuple[int, ...] = ()
    whole: Any = None


class Delta(_Message, frozen=True, tag="delta"):
    """What has changed `age` ticks after the newest whole that this connection was sent, in a frame or a welcome.

    The one message that is an array on the wire: [age, what, change, what, change, ...]; rooms/core/snapshot.py tells
    the changes. None: the state equals that whole.
    """

    age: int
    changes: list[Any] = []


class Welcome(_Message, frozen=True, tag="welcome"):
    """The answer to hello and resync: who you are, and all that you may see now.

    `seq` is the last of your inputs that counted: send every later one again. `events` are those after the offset you
    gave when `recovered`, else the newest kept. `offset` is that of the newest event of the room. `tick`, `ms`, `acks`,
    `whole`: as in Frame, the base of the deltas that follow.
    """

    you: You
    game: GameInfo
    room: str
    incarnation: str
    epoch: int
    seq: int
    offset: int
    recovered: bool
    events: tuple[Event, ...]
    tick: int
    ms: int
    whole: Any
    limits: Limits
    server_ms: float
    refused: tuple[Reject, ...] = ()
    """The last of your inputs that were refused, in case you have not been told; `legal` is left out."""
    acks: tuple[int, ...] = ()


class Reject(_Message, frozen=True, tag="reject"):
    """An input was refused: which, why, and what would do. It will not count; do not send it again."""

    seq: int
    code: str
    message: str
    legal: tuple[Any, ...] = ()


class Ack(_Message, frozen=True, tag="ack"):
    """For a spectator, whose seq no frame carries: everything up to `seq` has counted or was refused."""

    seq: int


class Relayed(_Message, frozen=True, tag="relay"):
    """An ephemeral message of another player, past the rules. May be lost; never the truth."""

    seat: Seat
    kind: str
    body: Any


class Pong(_Message, frozen=True, tag="pong"):
    n: int
    time: float
    server_ms: float
    """The server's wall clock, milliseconds since 1970."""


class Status(_Message, frozen=True, tag="status"):
    """The service's health as this connection sees it: "ok", or "degraded" while Redis cannot be reached."""

    state: str
    message: str = ""


class Goodbye(_Message, frozen=True, tag="goodbye"):
    """The last message before the server closes with `code` (closing.py). `reconnect`: come back, or never."""

    code: int
    reason: str
    reconnect: bool


FromServer = Welcome | Frame | Delta | Event | Reject | Ack | Relayed | Pong | Status | Goodbye
