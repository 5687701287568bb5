"""How much one socket may send: token buckets on messages, bytes and relays, and a bound on ignoring them.

browser | bot -> [limits] -> consumer
"""

from __future__ import annotations

from typing import Final

MESSAGES_PER_S: Final = 60
MESSAGES_BURST: Final = 120
BYTES_PER_S: Final = 32 * 1024
BYTES_BURST: Final = 64 * 1024
RELAYS_PER_S: Final = 30
RELAYS_BURST: Final = 60
RELAY_BYTES: Final = 512
STRIKES_PER_S: Final = 1
STRIKES_BURST: Final = 60
"""Messages beyond the limits that are refused one by one; further ones end the connection."""


class Bucket:
    """Holds up to `burst` tokens and gains `rate` of them a second."""

    __slots__ = ("_at", "_left", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        """Full at `now` (monotonic seconds)."""
        self.rate, self.burst = rate, burst
        self._left, self._at = burst, now

    def take(self, now: float, amount: float = 1.0) -> bool:
        """Take `amount` tokens if they are there; False, and nothing is taken, when they are not."""
        left = min(self.burst, self._left + (now - self._at) * self.rate)
        self._at = now
        enough = left >= amount
        self._left = left - amount if enough else left
        return enough


class Allowance:
    """What one socket may still send. `now` is monotonic seconds throughout."""

    __slots__ = ("_at", "_bytes", "_messages", "_relays", "_strikes")

    def __init__(self, now: float) -> None:
        """Everything is full at first."""
        self._at, self._messages, self._bytes = now, float(MESSAGES_BURST), float(BYTES_BURST)
        self._relays = Bucket(RELAYS_PER_S, RELAYS_BURST, now)
        self._strikes = Bucket(STRIKES_PER_S, STRIKES_BURST, now)

    def message(self, now: float, size: int) -> bool:
        """Whether a message of `size` bytes is within the limits.

        Asked for every message: two Buckets in one, because two calls would take twice the time.
        """
        since, self._at = now - self._at, now
        messages, size_left = self._messages + since * MESSAGES_PER_S, self._bytes + since * BYTES_PER_S
        messages = min(messages, MESSAGES_BURST)
        size_left = min(size_left, BYTES_BURST)
        if messages < 1:
            self._messages, self._bytes = messages, size_left
            return False
        self._messages = messages - 1
        if size_left < size:
            self._bytes = size_left
            return False
        self._bytes = size_left - size
        return True

    def relay(self, now: float) -> bool:
        """Whether one more relayed message is within the limits."""
        return self._relays.take(now)

    def forgive(self, now: float) -> bool:
        """Whether a message beyond the limits may be refused once more without ending the connection."""
        return self._strikes.take(now)
