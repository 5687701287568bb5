"""What a room tells the world outside it: its card in the lobby, finished matches, calls for bots, replies."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from rooms.core.ids import PlayerId, RoomId, Seat
from rooms.core.inputs import Kind

Phase = Literal["waiting", "playing", "finished", "rematch", "closed"]


class Card(msgspec.Struct, frozen=True):
    """A room as the lobby shows it. Times are wall-clock milliseconds since 1970."""

    room: RoomId
    game: str
    phase: Phase
    size: int
    players: int
    """Seats taken, bots and held seats included."""
    bots: int
    spectators: int
    host: str
    """The host's name, or ""."""
    names: tuple[str, ...]
    options: dict[str, Any]
    private: bool
    joinable: bool
    """A person could take a seat now (a bot's seat does not count)."""
    paused: bool
    quick: bool
    """Opened by quick play: people may be sent here."""
    opened_ms: int
    match: int
    version: int = 1
    """Of the game's rules that the room is played by."""


class Reply(msgspec.Struct, frozen=True):
    """The engine's answer to an entry that named a caller waiting for one."""

    ok: bool
    code: str = ""
    message: str = ""
    seat: Seat | None = None


class BotCall(msgspec.Struct, frozen=True):
    """A seat waits for a built-in bot to connect to it."""

    room: RoomId
    game: str
    seat: Seat
    player: PlayerId
    name: str
    strength: str


class Finisher(msgspec.Struct, frozen=True):
    """One player's part in a finished match."""

    seat: Seat
    player: PlayerId
    name: str
    kind: Kind
    strength: str
    rank: int
    score: int


class MatchOver(msgspec.Struct, frozen=True):
    """A finished match, to be recorded once: (room, incarnation, match) is its key."""

    room: RoomId
    incarnation: str
    match: int
    game: str
    version: int
    options: dict[str, Any]
    seed: str
    finishers: tuple[Finisher, ...]
    reason: str
    ticks: int
    started_ms: int
    ended_ms: int
    private: bool = False
    """Of a private room: shown to those who took part, and to nobody else."""
    journalled: bool = False
    """Its journal is whole and waits in Redis beside this fact."""
