"""What can go wrong between a bot and its room, in the caller's words."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """The room refused an input: `code` for programs, `message` for people, `legal` where few would do."""

    def __init__(self, code: str, message: str, legal: tuple[Any, ...] = ()) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.legal = code, message, legal


class Ended(Exception):
    """The room let go for good. `code` is the close code (docs/protocol.md), `reason` says why in words."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}" if reason else str(code))
        self.code, self.reason = code, reason


class Forgotten(Exception):
    """The room came back as another one (its server lost what it knew): nobody knows if an input counted."""


class OutboxFull(Exception):
    """Too many inputs wait for an answer: wait for some before sending more."""
