"""How a bot goes. What a table does with a real server: tests/lobby/management/test_loadtest.py."""

from __future__ import annotations

from typing import Any, cast

import pytest

from rooms.bots.client import RoomClient
from rooms.bots.errors import Ended
from rooms.load.table import Table
from rooms.load.tally import Tally
from tests.rooms.load.making import plan


class Going:
    """A client at the end of the test."""

    def __init__(self, state: str = "live", connects: int = 1, ended: Ended | None = None) -> None:
        self.state, self.connects, self.ended = state, connects, ended
        self.left = 0

    async def leave(self) -> None:
        self.left += 1


@pytest.mark.parametrize(
    ("client", "errors", "left"),
    [
        (Going(), {}, 1),
        (Going(connects=3), {"reconnects": 2}, 1),
        (Going("reconnecting"), {"not_back": 1}, 0),
        (Going("reconnecting", connects=2), {"reconnects": 1, "not_back": 1}, 0),
        (Going("ended", ended=Ended(4510, "closed")), {"ended_4510": 1}, 0),
    ],
)
async def test_how_a_bot_fared_is_counted_when_it_goes(client: Going, errors: dict[str, int], left: int) -> None:
    tally = Tally()
    await Table(plan(), ["hf_a", "hf_b"], tally)._leave(cast(RoomClient, cast(Any, client)))
    assert (dict(tally.errors), client.left) == (errors, left)
