"""A viewer of a room over JSON, for tests: every delta becomes the whole frame that it stands for.

follower = Follower()
follower.read(raw)     # a message as a dict; of a delta: {"t": "frame", "tick", "ms", "acks", "whole"}
"""

from __future__ import annotations

import json
from typing import Any

from rooms.core.snapshot import Reading, Snapshot, later


class Follower:
    """Keeps the newest whole of one connection."""

    def __init__(self) -> None:
        """Before the welcome."""
        self._base: Snapshot | None = None
        self._reading = Reading()

    def read(self, raw: str | bytes) -> dict[str, Any]:
        """One message. A delta that does not fit raises."""
        said: Any = json.loads(raw)
        if isinstance(said, list):
            assert self._base is not None, "a delta before the first whole"
            return _told(later(self._base, said[0], said[1:], self._reading))
        if said["t"] == "welcome":
            self._reading = Reading(tuple(said["game"]["fields"]), said["game"]["tick_hz"])
        if said["t"] in ("welcome", "frame") and "whole" in said:
            whole = said["whole"]
            acks = tuple(said.get("acks", ()))
            self._base = Snapshot(said["tick"], said["ms"], acks, whole["room"], whole["game"])
        return dict(said)


def _told(seen: Snapshot) -> dict[str, Any]:
    whole = {"room": seen.room, "game": seen.game}
    return {"t": "frame", "tick": seen.tick, "ms": seen.ms, "acks": list(seen.acks), "whole": whole}
