"""A game that fails when it is told to: its part that is named in a file fails, until the file is emptied.

Install it with `install_game("faulty", FAULTY)` and name the file in the environment as FAULTY_PART, for this process
and those it starts. Only rooms opened with the option `faulty` fail; all others play on.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rooms.core.ids import SocketId, WebId
from rooms.core.inputs import JSON, Act, Attach, Command, Player, ReadyBody, StartBody
from tests.support.temp_game import InstalledGame, InstallGame

PARTS = ("step", "outcome", "view", "endless", "unencodable", "bloated", "leave", "join")
CODES = {"endless": "too_long", "bloated": "too_large"}
"""Codes of faults that have one of their own; others are `rules_fault` or `room_fault`."""

FAULTY = '''
"""A counter that ticks; see tests/support/faulty.py."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from rooms.core.game import Seats, Step

TITLE, SUMMARY, SEATS, TICK_HZ, LATE_JOIN = "Faulty", "Counts, until it fails.", Seats(1, 4), 20, True


class Options(msgspec.Struct, forbid_unknown_fields=True):
    faulty: bool = False


class Move(msgspec.Struct, forbid_unknown_fields=True):
    add: int


class State(msgspec.Struct):
    faulty: bool
    ticks: int = 0
    sum: int = 0
    junk: Any = None


class View(msgspec.Struct):
    ticks: int
    sum: int


def broken(state, part):
    if state.faulty:
        with open(os.environ["FAULTY_PART"], encoding="utf-8") as file:
            return file.read() == part
    return False


def trip(state, part):
    if broken(state, part):
        raise RuntimeError(f"{part} was told to fail")


def setup(options, seats, rng):
    state = State(options.faulty)
    trip(state, "setup")
    return state


def step(state, inputs, now, rng):
    trip(state, "step")
    while broken(state, "endless"):
        pass
    state.ticks += 1
    state.sum += sum(one.move.add for one in inputs)
    if broken(state, "unencodable"):
        state.junk = object()
    if broken(state, "bloated"):
        state.junk = "x" * 1_000_000
    return Step(state)


def view(state, seat):
    trip(state, "view")
    return View(state.ticks, state.sum)


def outcome(state):
    trip(state, "outcome")
    return None


def join(state, seat, rng):
    trip(state, "join")
    return state


def leave(state, seat, rng):
    trip(state, "leave")
    return state


def sample_move(state, seat, rng):
    return Move(1)
'''


class Switch:
    """Decides what fails: `switch("step")`, and nothing any more with `switch("")`."""

    def __init__(self, path: Path, game: InstalledGame) -> None:
        self.path, self.game = path, game
        self("")

    def __call__(self, part: str) -> None:
        beside = self.path.with_suffix(".new")
        beside.write_text(part, encoding="utf-8")
        beside.replace(self.path)  # never half written for who reads it twenty times a second

    @property
    def environment(self) -> dict[str, str]:
        """For processes that the test starts."""
        return {**self.game.environment, "FAULTY_PART": str(self.path)}


@pytest.fixture
def switch(install_game: InstallGame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Switch:
    """The game is installed, and nothing of it fails yet."""
    path = tmp_path / "part"
    monkeypatch.setenv("FAULTY_PART", str(path))
    return Switch(path, install_game("faulty", FAULTY))


def begin(player: Player) -> list[Act]:
    """What brings the host of a room of this game into a match."""
    socket = SocketId(f"s-{player.id}")
    return [
        Attach(socket, WebId("w"), player, JSON),
        Command(socket, player.id, 1, ReadyBody(True)),
        Command(socket, player.id, 2, StartBody()),
    ]
