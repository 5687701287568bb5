"""From the table of tunables to the numbers of a socket."""

from __future__ import annotations

from gameserver.transport.limits import Limits
from gameserver.tunables import read_tunables


def test_the_limits_are_those_that_operators_set() -> None:
    env = {
        "HOLDFAST_MAX_INPUT_BYTES": "300",
        "HOLDFAST_MAX_SOCKETS": "7",
        "HOLDFAST_PING_S": "8",
        "HOLDFAST_PONG_S": "9",
    }
    assert Limits.of(read_tunables(env), 5.0) == Limits(300, 7, 8, 9, 5.0)
