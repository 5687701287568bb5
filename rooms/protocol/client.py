"""What a client may send. Unknown fields and kinds are refused; sizes are limited before decoding (see codec.py)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from rooms.core.inputs import Want

Seq = Annotated[int, Meta(ge=1, le=2**53 - 1)]
"""Counts a player's own inputs in a room from 1. Sent again with the same seq, an input counts once."""
SeatNumber = Annotated[int, Meta(ge=0, le=255)]
Offset = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""Of an event. Bounded, as it goes into the log as it came."""
Text = Annotated[str, Meta(min_length=1, max_length=300)]


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="t"):
    pass


class Hello(_Message, frozen=True, tag="hello"):
    """The first message of every connection: what one wants, and where one stopped."""

    want: Want = "auto"
    incarnation: Annotated[str, Meta(max_length=40)] = ""
    """The `incarnation` of the last welcome, or "" for a first visit."""
    offset: Offset = 0
    """The last event offset seen."""


class Move(_Message, frozen=True, tag="move"):
    """The game's own move; its shape is the game's `Move` (GET /api/v1/games)."""

    seq: Seq
    move: msgspec.Raw


class Relay(_Message, frozen=True, tag="relay"):
    """An ephemeral message for the others in the room, past the rules: an emote, or a kind the game declares."""

    kind: Annotated[str, Meta(max_length=20)]
    body: msgspec.Raw


class Chat(_Message, frozen=True, tag="chat"):
    seq: Seq
    text: Text


class Ready(_Message, frozen=True, tag="ready"):
    seq: Seq
    ready: bool = True


class Start(_Message, frozen=True, tag="start"):
    """The host starts the match."""

    seq: Seq


class Rematch(_Message, frozen=True, tag="rematch"):
    seq: Seq


class Sit(_Message, frozen=True, tag="sit"):
    seq: Seq
    seat: SeatNumber | None = None


class Stand(_Message, frozen=True, tag="stand"):
    seq: Seq


class Leave(_Message, frozen=True, tag="leave"):
    seq: Seq


class Kick(_Message, frozen=True, tag="kick"):
    seq: Seq
    seat: SeatNumber


class Host(_Message, frozen=True, tag="host"):
    seq: Seq
    seat: SeatNumber


class Bot(_Message, frozen=True, tag="bot"):
    """The host puts a built-in bot into a seat."""

    seq: Seq
    strength: Annotated[str, Meta(max_length=20)]
    seat: SeatNumber | None = None


class Resync(_Message, frozen=True, tag="resync"):
    """Something is missing: send me a welcome from `offset` on, or with the whole."""

    offset: Offset = 0


class Ping(_Message, frozen=True, tag="ping"):
    """Answered at once with pong. `time` is the client's own clock and comes back unchanged."""

    n: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    time: Annotated[float, Meta(ge=-(2**53), le=2**53)] = 0.0


FromClient = (
    Hello | Move | Relay | Chat | Ready | Start | Rematch | Sit | Stand | Leave | Kick | Host | Bot | Resync | Ping
)
