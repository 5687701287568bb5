"""Token buckets: bursts, refill, and when patience ends."""

from __future__ import annotations

from rooms import limits
from rooms.limits import Allowance, Bucket


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(rate=10, burst=3, now=0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(0.1), bucket.take(0.1)] == [True, False]


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    bucket = Bucket(rate=10, burst=3, now=0.0)
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]


def test_what_is_refused_costs_nothing() -> None:
    bucket = Bucket(rate=1, burst=10, now=0.0)
    assert not bucket.take(0.0, 11)
    assert bucket.take(0.0, 10)


def test_messages_are_limited_by_number() -> None:
    allowance = Allowance(0.0)
    taken = sum(allowance.message(0.0, 1) for _ in range(1000))
    assert taken == limits.MESSAGES_BURST
    assert sum(allowance.message(1.0, 1) for _ in range(1000)) == limits.MESSAGES_PER_S


def test_messages_are_limited_by_bytes() -> None:
    allowance = Allowance(0.0)
    taken = sum(allowance.message(0.0, 4096) for _ in range(100))
    assert taken == limits.BYTES_BURST // 4096


def test_relays_have_a_limit_of_their_own() -> None:
    allowance = Allowance(0.0)
    assert sum(allowance.relay(0.0) for _ in range(1000)) == limits.RELAYS_BURST


def test_patience_ends_and_comes_back() -> None:
    allowance = Allowance(0.0)
    assert sum(allowance.forgive(0.0) for _ in range(1000)) == limits.STRIKES_BURST
    assert allowance.forgive(1.0)
    assert not allowance.forgive(1.0)


def test_the_welcome_tells_the_same_limits() -> None:
    from rooms.engine.broadcast import LIMITS

    assert (LIMITS.messages_per_s, LIMITS.relay_bytes) == (limits.MESSAGES_PER_S, limits.RELAY_BYTES)
