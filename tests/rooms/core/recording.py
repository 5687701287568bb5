"""Matches of every game, played by lot in a real room that is killed now and then, with the journals they leave."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import msgspec

from rooms.core import journal
from rooms.core.effects import Effects
from rooms.core.inputs import MoveBody, ReadyBody, StartBody
from rooms.core.rng import Rng
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB, Driver

GAMES = ("arena", "battleship", "snake", "tictactoe")
SHORT: dict[str, dict[str, Any]] = {
    "arena": {"score": 3, "seconds": 30},
    "battleship": {"size": 8},
    "snake": {"rounds": 1, "width": 12, "height": 12},
    "tictactoe": {},
}
"""Options with which a match by lot is soon over."""
MOST_PASSES = 3000


class Recorder:
    """Collects the journal of a room's first match, as the commits write it."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self._items: list[bytes] = []

    def take(self, *passes: Effects) -> None:
        """What these passes wrote."""
        self._items += [journal.dump_lines(fx.journal[1]) for fx in passes if 1 in fx.journal]

    @property
    def raw(self) -> bytes:
        """All lines so far, as the database keeps them."""
        return journal.join_items(self._items)


def begin(driver: Driver) -> list[Effects]:
    """Ann and Bob sit, and the match begins."""
    passes = [driver.attach(ANN), driver.attach(BOB), driver.do(BOB, ReadyBody(True)), driver.do(ANN, StartBody())]
    assert driver.room.phase == "playing"
    return passes


def record(game: str, seed: int) -> tuple[Driver, bytes]:
    """A match by lot of Ann and Bob to its end; the engine dies several times. The room, and the journal."""
    chance = Random(f"{game}:{seed}")
    driver = Driver(get_rules(game))
    driver.room.seed = f"seed {seed}"
    driver.room.options = msgspec.to_builtins(driver.rules.options(**SHORT[game]))
    recorder = Recorder(driver)
    recorder.take(*begin(driver))
    for _ in range(MOST_PASSES):
        if driver.room.phase != "playing":
            return driver, recorder.raw
        driver.now = driver.room.ms + chance.randrange(100, 3000)
        recorder.take(driver.act(*_moves(driver, chance)))
        if chance.random() < 0.03:
            driver.kill()
    raise AssertionError(f"{game} by lot was not over after {MOST_PASSES} passes")


@cache
def recorded(game: str) -> tuple[Driver, bytes]:
    """One such match of each game, for tests that change nothing in the room."""
    return record(game, 1)


def _moves(driver: Driver, chance: Random) -> list[Any]:
    """What Ann and Bob send before the next pass; sometimes a move that the rules refuse."""
    rules, commands = driver.rules, []
    for seat, player in ((0, ANN), (1, BOB)):
        if rules.tick_hz and chance.random() < 0.7:
            continue
        rng = Rng(chance.random())
        mover = 1 - seat if chance.random() < 0.35 else seat  # a move of the other is often none of one's own
        move = rules.sample_move(driver.live.state, mover, rng)
        if move is not None:
            commands.append(driver.command(player, MoveBody(msgspec.msgpack.encode(move))))
    return commands
