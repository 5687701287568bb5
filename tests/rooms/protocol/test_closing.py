"""Close codes say whether to come back."""

from __future__ import annotations

from rooms.protocol.closing import Close, may_reconnect


def test_the_border_is_4500() -> None:
    assert may_reconnect(4499)
    assert not may_reconnect(4500)
    assert may_reconnect(1012)


def test_final_codes_are_final() -> None:
    back = {code.name for code in Close if may_reconnect(code)}
    assert back == {"SLOW_DOWN", "TOO_SLOW", "NO_HELLO", "SERVER_BUSY"}


def test_codes_are_the_applications_own() -> None:
    assert all(4000 <= code <= 4999 for code in Close)
