"""How much of everything Redis keeps (docs/redis.md says what happens at each limit)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

COMMAND_S: Final = 1.0
"""How long a command may take before Redis counts as silent."""
CONNECT_S: Final = 1.0
"""How long a connection may take to open."""
CONNECTING: Final = 4
"""Connections that a process opens at the same time; others wait their turn."""
LOAD_S: Final = 10.0
"""The same for one reply while a shard is loaded: whole rooms travel."""
WAIT_MS: Final = 500
"""How long replicas may take to have a commit (HOLDFAST_WAIT_REPLICAS); then it counts as failed."""
QUEUE_S: Final = 5.0
"""How long a call waits for a free connection when all are busy."""
COMMAND_CONNECTIONS: Final = 16
"""Connections of one process for commands."""
WAITING_CONNECTIONS: Final = 128
"""Connections of one process for calls that wait for something to arrive."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operator or a test may set otherwise."""

    log_entries: int = 100_000
    """Unread packs of one shard's log; more are refused (LogFull)."""
    entry_bytes: int = 131_072
    """One entry of the log; a larger one is refused (TooLarge)."""
    events: int = 256
    """Events a room keeps; the oldest go."""
    outbox: int = 10_000
    """Finished matches of a shard waiting for the lobby worker; about this many, the oldest go."""
    bots: int = 1_000
    """Calls for bots of a shard; about this many, the oldest go."""
    room_bytes: int = 524_288
    """One room's state: the engine holds it and pauses a room that outgrows it; the store takes what it gets."""
    reply_ms: int = 30_000
    """How long an answer waits for its reader."""
    journal_ms: int = 7 * 24 * 3_600_000
    """How long the journal of a finished match waits for the lobby worker to record it."""
    message_bytes: int = 1_048_576
    """Parcels of several shards that travel in one message to a web process; more make another message."""
    lapsed_ms: int = 60_000
    """How long a web process that fell silent is still listed as lapsed."""
    wait_replicas: int = 0
    """Replicas that must have a commit before anybody is told of it."""
