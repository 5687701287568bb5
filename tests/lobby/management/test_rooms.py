from __future__ import annotations

import asyncio
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.lobby.paused import paused_room, runs
from tests.lobby.world import Lobby, until
from tests.support.faulty import Switch, switch
from tests.support.temp_game import install_game

__all__ = ["install_game", "switch"]


async def command(*words: str) -> str:
    """Run it as from a terminal: in a thread with an event loop of its own."""
    out = StringIO()

    def run() -> Any:
        return call_command("rooms", *words, stdout=out)

    await asyncio.to_thread(run)
    return out.getvalue()


@pytest.mark.usefixtures("engine")
async def test_a_paused_room_is_listed_shown_resumed_and_closed(lobby: Lobby, switch: Switch) -> None:
    room = await paused_room(switch)
    listed = await command("list", "--paused")
    assert [line.split()[:4] for line in listed.splitlines()[1:]] == [[room, "paused", "faulty", "v1"]]
    shown = await command("show", room)
    for part in ("rules_fault", "RuntimeError: step was told to fail", '"what":"start"', "seat 0    Ann", '"ticks"'):
        assert part in shown, part
    assert "goes on" in await command("resume", room)
    await until(lambda: runs(room, 0))
    assert await command("list", "--paused") == "No such room is open.\n"
    assert room in await command("list")
    with pytest.raises(CommandError, match="not paused"):
        await command("resume", room)
    assert "closed" in await command("close", room, "--reason", "Done.")
    with pytest.raises(CommandError, match="no such room"):
        await command("show", room)


@pytest.mark.parametrize("words", [("show", "x"), ("close", "n" * 21), ("resume", "")])
async def test_a_word_that_is_no_room_is_answered(lobby: Lobby, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="no such room"):
        await command(*words)
