"""Close codes."""

from __future__ import annotations

import pytest

from gameserver.transport.closing import NO_CODE, NORMAL, PROTOCOL_ERROR, may_be_sent, reply_to


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1011, 1014, 3000, 4409, 4999])
def test_a_sound_code_is_sent_back(code: int) -> None:
    assert may_be_sent(code)
    assert reply_to(code) == code


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65535])
def test_a_code_that_nobody_may_send_is_a_fault(code: int) -> None:
    assert not may_be_sent(code)
    assert reply_to(code) == PROTOCOL_ERROR


def test_a_close_without_a_code_is_answered_as_a_normal_one() -> None:
    assert reply_to(NO_CODE) == NORMAL
