"""The numbers a WebSocket is held to, out of settings.HOLDFAST. docs/operations.md explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Of every socket of this process."""

    message_bytes: int
    """One message of a client, and one frame of it."""
    sockets: int
    """Open at once, handshakes counted in."""
    ping_s: float
    """Time between two pings."""
    pong_s: float
    """How long one may go unanswered."""
    handshake_s: float
    """How long the application may take to answer a handshake."""

    @classmethod
    def of(cls, tunables: Mapping[str, int], handshake_s: float) -> Limits:
        """From settings.HOLDFAST."""
        return cls(
            tunables["MAX_INPUT_BYTES"], tunables["MAX_SOCKETS"], tunables["PING_S"], tunables["PONG_S"], handshake_s
        )
