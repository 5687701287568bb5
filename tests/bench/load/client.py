"""One client of any server, and what a whole crowd of them counts together.

Every state has a number `n` (tests/bench/games) and, where players do something, the number of each player's last
input that it has seen. Both are read off the decoded state, on every server alike.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from picows import WSFrame, WSListener, WSMsgType, WSTransport


@dataclass(slots=True, repr=False)  # asyncio shows a task's arguments when it restores signals: this has a million
class Tally:
    """What all clients of a crowd have seen."""

    frames: int = 0
    """New states."""
    bytes: int = 0
    """Of those, without the WebSocket's header."""
    skipped: int = 0
    """States that a client was not shown: the next it saw was a later one."""
    stale: int = 0
    """States that were not newer than the one before."""
    sent: int = 0
    """Inputs."""
    answered: int = 0
    """Inputs that a state has seen."""
    refused: int = 0
    lost: int = 0
    """Connections that ended without our asking."""
    codes: Counter[int] = field(default_factory=Counter)
    """The close codes that servers gave for it."""
    latencies: array[float] = field(default_factory=lambda: array("d"))
    """Seconds from the moment an input was due to be sent to the state that has seen it."""

    def counts(self) -> dict[str, float]:
        """All numbers, for a Window."""
        names = ("frames", "bytes", "skipped", "stale", "sent", "answered", "refused", "lost")
        codes = {f"closed {code}": float(count) for code, count in self.codes.items()}
        return {name: float(getattr(self, name)) for name in names} | codes


@dataclass(slots=True)
class Beat:
    """When a client's inputs are due: number k at `first` + k * `every` (loop time, seconds). No moment is left out
    because the one before was late, so a server that stalls is charged for all that waited.
    """

    first: float
    every: float

    def due(self, mark: int) -> float:
        """When input `mark` was to be sent."""
        return self.first + mark * self.every


class Client(WSListener):
    """One WebSocket. Subclasses decode what comes and call `see`; they set `seat` before they set `ready`."""

    def __init__(self, tally: Tally) -> None:
        """Not connected: picows makes it when the handshake is done."""
        self.tally = tally
        self.ready = asyncio.Event()
        self.seat = 0
        self.n = -1
        self.mark = 0
        """The last of its inputs that a state has seen."""
        self.beat: Beat | None = None
        self.leaving = False
        self.transport: WSTransport | None = None
        self._clock = asyncio.get_running_loop().time

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done."""
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Counted, unless it was we who left."""
        self.transport = None
        self.tally.lost += not self.leaving

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A whole message."""
        if frame.msg_type in (WSMsgType.BINARY, WSMsgType.TEXT):
            self.take(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            self.tally.codes[int.from_bytes(frame.get_payload_as_bytes()[:2], "big")] += not self.leaving
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()

    def take(self, payload: bytes) -> None:
        """One message of the server."""
        raise NotImplementedError

    def say(self, mark: int) -> None:
        """Send input number `mark`."""
        raise NotImplementedError

    def see(self, n: int, marks: Sequence[int] | None, size: int) -> None:
        """A state came: its number, the players' marks by seat, its bytes."""
        tally, last = self.tally, self.n
        self.n = n
        if n <= last:
            tally.stale += 1
            return
        tally.frames += 1
        tally.bytes += size
        if last >= 0:
            tally.skipped += n - last - 1
        if marks is not None and self.beat is not None:
            self._answered(marks[self.seat])

    def _answered(self, mark: int) -> None:
        """All inputs up to `mark` had their effect by now."""
        beat = self.beat
        if beat is None or mark <= self.mark:
            return
        now = self._clock()
        for one in range(self.mark + 1, mark + 1):
            self.tally.latencies.append(now - beat.due(one))
        self.tally.answered += mark - self.mark
        self.mark = mark

    def leave(self) -> None:
        """Go, without a word."""
        self.leaving = True
        if self.transport is not None:
            self.transport.disconnect(graceful=False)
