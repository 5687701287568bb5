"""Every row, in the order of the table: a module each. Adding one: write it, list it here."""

from __future__ import annotations

from tests.bench.row import Row
from tests.bench.rows.bytes import Bytes
from tests.bench.rows.capacity import Capacity
from tests.bench.rows.fan_out import FanOut
from tests.bench.rows.game import WholeGame
from tests.bench.rows.idle import IdleRow
from tests.bench.rows.inputs import Inputs
from tests.bench.rows.join_storm import JoinStorm
from tests.bench.rows.latency import Latency
from tests.bench.rows.lobby import Lobby
from tests.bench.rows.room_tick import RoomTick
from tests.bench.rows.slow_readers import SlowReaders

GAME = WholeGame()
ROWS: tuple[Row, ...] = (
    FanOut(),
    Inputs(),
    GAME,
    Latency(GAME),
    Capacity(GAME),
    Bytes(),
    RoomTick(),
    IdleRow(),
    JoinStorm(),
    SlowReaders(),
    Lobby(),
)
TOGETHER = {"fan-out", "input", "game", "latency", "capacity", "bytes", "join-storm"}
"""Rows that are played on the same servers, kept warm from one to the next; they come first."""


def named(names: str) -> list[Row]:
    """The rows of these names, parted by commas; "" is all. Raises LookupError that names those there are."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    known = {row.name: row for row in ROWS}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise LookupError(f"No row is called {', '.join(unknown)}. There are: {', '.join(known)}.")
    return [known[name] for name in wanted] if wanted else list(ROWS)
